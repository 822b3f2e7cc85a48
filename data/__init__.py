"""What comes in: contracts, mappings, ingestion and the demo bank."""

"""Ingestion: contract checks, readers, delivery ledger, quarantine. Pure Python and DuckDB."""

"""Dagster: when things happen. The only place that imports dagster."""

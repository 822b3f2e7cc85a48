"""Assets, one module per stage in the order in which data flows.

No `from __future__ import annotations` here: Dagster reads the types of `context` and resources as it runs.
"""

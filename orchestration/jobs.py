"""The one job: from landing to the published snapshot."""

from __future__ import annotations

import dagster as dg

RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"

build = dg.define_asset_job(
    "build",
    selection="*",
    # the event log holds all of it; printing a line for each month of each asset costs as much again
    config={"loggers": {"console": {"config": {"log_level": "WARNING"}}}},
    description="Load what was delivered, rebuild the run's months and all that depends on them, publish.",
)


def build_job() -> dg.JobDefinition:
    """The job with everything it needs, for a run in a process of its own."""
    from orchestration.definitions import defs

    return defs.resolve_job_def("build")


def range_tags(first: str, last: str) -> dict[str, str]:
    """The run tags that make one run of all months from `first` to `last`."""
    return {RANGE_START: first, RANGE_END: last}

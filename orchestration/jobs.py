"""The one job: from landing to the published snapshot."""

from __future__ import annotations

from difflib import get_close_matches

import dagster as dg

from runtime.errors import BankError

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


def selected_assets(selection: str) -> list[dg.AssetKey]:
    """The assets that a selection in Dagster's own words names (as in the UI's search), and publication.

    Raises:
        BankError: it can't be read, or names nothing.
    """
    from dagster_shared.error import DagsterError

    from orchestration.definitions import defs

    graph = defs.resolve_asset_graph()
    try:
        chosen = dg.AssetSelection.from_string(selection).resolve(graph)
    except DagsterError as error:
        near = get_close_matches(selection, [key.to_user_string() for key in graph.get_all_asset_keys()])
        raise BankError(
            f"The selection {selection!r} names no asset.",
            str(error).splitlines()[0],
            f"Did you mean {' or '.join(near)}?"
            if near
            else "Write it as in the Dagster UI, such as: kpi_finance_month, fct_transaction+, group:fraud.",
        ) from error
    return sorted((chosen & graph.materializable_asset_keys) | {dg.AssetKey("published_snapshot")})

"""The warehouse: dbt's models as assets, its tests as checks of them.

Three calls of dbt, because each start of it costs seconds. What is partitioned, that is every incremental
model and all of its ancestors, is built for the months of a run, widened by the reach of what is built, so
that a backfill equals a build from scratch: once for what models read, once for what is made of their
results. The rest is built whole at the end.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtCliInvocation, dbt_assets
from dagster_dbt.errors import DagsterDbtCliRuntimeError

from data.ingest.views import register
from orchestration.dbt import (
    BELOW_MODELS,
    BUILD,
    INCREMENTAL,
    PARTITIONED,
    build_args,
    prune_calls,
    reach_end,
    reaches,
)
from orchestration.partitions import first_day, months_between, next_month
from orchestration.resources import OWNER, WAREHOUSE_POOL, Bank, Dbt, dbt_project
from orchestration.warehouse_state import note_building
from runtime.settings import Settings


class Translator(DagsterDbtTranslator):
    """Dbt's models as Dagster shows them: the key is the table's name, the group its domain."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """The table's name; a source keeps its schema, as the assets that write it do."""
        if dbt_resource_props["resource_type"] == "source":
            return dg.AssetKey([dbt_resource_props["source_name"], dbt_resource_props["name"]])
        return dg.AssetKey(dbt_resource_props["name"])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """The domain, as the model's `meta.domain` says."""
        return dbt_resource_props.get("config", {}).get("meta", {}).get("domain")

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        """The team that mends it."""
        return [OWNER]


def warehouse_assets(
    settings: Settings, manifest_path: Path, partitions: dg.MonthlyPartitionsDefinition
) -> list[dg.AssetsDefinition]:
    """The dbt graph in the order in which it is built: before models, after models, the rest."""
    manifest = json.loads(manifest_path.read_text())
    shared: dict[str, Any] = {
        "manifest": manifest,
        "project": dbt_project(settings),
        "pool": WAREHOUSE_POOL,
        "dagster_dbt_translator": Translator(DagsterDbtTranslatorSettings(enable_code_references=True)),
    }
    by_month = shared | {"partitions_def": partitions, "backfill_policy": dg.BackfillPolicy.single_run()}

    def build_months(context: dg.AssetExecutionContext, dbt: Dbt, bank: Bank) -> Iterator[Any]:
        window = context.partition_key_range
        selected = [key.path[-1] for key in context.selected_asset_keys]
        last = partitions.get_last_partition_key() or window.end
        end = reach_end(months_between(window.start, window.end), reaches(manifest, selected), last)
        if end != window.end:
            context.log.info(f"Months to {end} are rebuilt too: what changes in {window.start} reaches them.")
        note_building(bank.settings, context.run.run_id, months_between(window.start, end))
        _prepare(bank)
        arguments = build_args(first_day(window.start), next_month(first_day(end)))
        yield from _events(dbt.cli(arguments, context=context), bank)

    @dbt_assets(name="dbt_by_month", select=PARTITIONED, exclude=BELOW_MODELS, **by_month)
    def dbt_by_month(context: dg.AssetExecutionContext, dbt: Dbt, bank: Bank) -> Iterator[Any]:
        yield from build_months(context, dbt, bank)

    @dbt_assets(name="dbt_below_models", select=f"{BELOW_MODELS},{INCREMENTAL}", **by_month)
    def dbt_below_models(context: dg.AssetExecutionContext, dbt: Dbt, bank: Bank) -> Iterator[Any]:
        yield from build_months(context, dbt, bank)

    @dbt_assets(name="dbt_whole", exclude=PARTITIONED, **shared)
    def dbt_whole(context: dg.AssetExecutionContext, dbt: Dbt, bank: Bank) -> Iterator[Any]:
        _prepare(bank)
        yield from _events(dbt.cli(BUILD, context=context), bank)

    return [dbt_by_month, dbt_below_models, dbt_whole]


def _prepare(bank: Bank) -> None:
    """What dbt finds when it starts: its sources, and room for what it leaves."""
    prune_calls(bank.settings.dbt_target)
    with bank.connect(read_only=False) as connection:
        register(connection, bank.settings)


def _events(call: DbtCliInvocation, bank: Bank) -> Iterator[Any]:
    """What a call of dbt made and tested, each table with its number of rows.

    Check results come as they happen. Tables wait for the end of the call: until then dbt has the warehouse
    to itself. (dagster-dbt's own `fetch_row_counts` waits in a loop that takes a whole core.)
    """
    made, failure = [], None
    try:
        for event in call.stream():
            if isinstance(event, dg.Output):
                made.append(event)
            else:
                yield event
    except DagsterDbtCliRuntimeError as error:
        failure = error
    with bank.connect(read_only=True) as connection:
        for event in made:
            node = call.manifest["nodes"][event.metadata["unique_id"].text]
            if node["config"]["materialized"] == "view":
                yield event
                continue
            (rows,) = connection.execute(f"select count(*) from {node['relation_name']}").fetchone() or (0,)
            yield event.with_metadata({**event.metadata, "dagster/row_count": rows})
    if failure:
        raise failure

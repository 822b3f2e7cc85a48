"""Raw: what the bank delivered, checked against its contract, as immutable Parquet.

Materializing a month loads the files in landing that speak of it and were not loaded yet, and reports
what the ledger holds. Files already loaded are left alone.
"""

from collections.abc import Iterable, Iterator

import dagster as dg

from data.ingest.contracts import Contract, load_contracts
from data.ingest.ledger import table_rows
from data.ingest.load import IngestReport, ingest
from orchestration.partitions import months_between, waiting_months
from orchestration.resources import OWNER, Bank


def _spec(contract: Contract) -> dg.AssetSpec:
    return dg.AssetSpec(
        key=["raw", contract.table],
        description=contract.description,
        group_name=contract.domain,
        kinds={"python", "parquet"},
        owners=[OWNER],
        tags={"layer": "raw", "kind": contract.kind},
        skippable=True,
        metadata={
            "dagster/column_schema": dg.TableSchema(
                columns=[
                    dg.TableColumn(
                        column.name,
                        column.physical_type,
                        description=column.description,
                        constraints=dg.TableColumnConstraints(nullable=not column.required),
                    )
                    for column in contract.columns
                ]
            ),
            "contract": dg.MetadataValue.path(f"data/contracts/{contract.table}.odcs.yaml"),
        },
    )


def _with_parents(tables: Iterable[str]) -> set[str]:
    """The tables and all that their rows refer to: loaded with them, so that no row waits for its parent."""
    contracts = load_contracts()
    found: set[str] = set()
    missing = set(tables)
    while missing:
        found |= missing
        keys = [column.foreign_key for table in missing for column in contracts[table].parents]
        missing = {key.table for key in keys if key} - found
    return found


def _load(
    bank: Bank, context: dg.AssetExecutionContext, months: list[str] | None
) -> Iterator[dg.MaterializeResult]:
    tables = sorted(key.path[-1] for key in context.selected_asset_keys)
    waiting = waiting_months(bank.settings)
    delivered = None if months is None else sorted(set().union(*(waiting.get(month, ()) for month in months)))
    report = (
        ingest(bank.settings, tables=sorted(_with_parents(tables)), months=delivered)
        if bank.settings.as_of is None
        else IngestReport()
    )
    if report.files:
        context.log.info(report.summary())
    for table in tables:
        counts = table_rows(bank.settings, table, months)
        yield dg.MaterializeResult(
            asset_key=["raw", table],
            metadata={
                "dagster/row_count": counts.rows_loaded,
                "rows quarantined": counts.rows_quarantined,
                "live deliveries": counts.deliveries,
                "files loaded now": report.files_of(table),
            },
        )


QUARANTINE_COUNT = dg.AssetSpec(
    key=["raw", "quarantine_count"],
    deps=[["raw", "batch"]],
    description="How many rows of each live delivery lie in quarantine, by rule, as the ledger says.",
    group_name="control",
    kinds={"python", "duckdb"},
    owners=[OWNER],
    tags={"layer": "raw"},
)
"""Nobody materializes it: like the views over raw files, it is made anew before each call of dbt."""

CHECK_RESULT = dg.AssetSpec(
    key=["raw", "check_result"],
    deps=[["raw", "batch"]],
    description="What each rule of the contract examined of each live delivery, and what broke it.",
    group_name="control",
    kinds={"python", "duckdb"},
    owners=[OWNER],
    tags={"layer": "raw"},
)
"""Made anew before each call of dbt, too."""

REPORTING_CURRENCY = dg.AssetSpec(
    key=["raw", "reporting_currency"],
    description="The currency of every figure: the setting REPORTING_CURRENCY, else what the mapping says.",
    group_name="finance",
    kinds={"python", "duckdb"},
    owners=[OWNER],
    tags={"layer": "raw"},
)
"""Made anew before each call of dbt, too."""


def raw_assets(
    partitions: dg.MonthlyPartitionsDefinition,
) -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """The contract's tables: events and positions by month, reference tables whole."""
    contracts = load_contracts().values()

    @dg.multi_asset(
        name="raw_by_month",
        specs=[_spec(contract) for contract in contracts if contract.by_month],
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        can_subset=True,
    )
    def raw_by_month(context: dg.AssetExecutionContext, bank: Bank) -> Iterator[dg.MaterializeResult]:
        window = context.partition_key_range
        yield from _load(bank, context, months_between(window.start, window.end))

    @dg.multi_asset(
        name="raw_reference",
        specs=[_spec(contract) for contract in contracts if not contract.by_month],
        can_subset=True,
    )
    def raw_reference(context: dg.AssetExecutionContext, bank: Bank) -> Iterator[dg.MaterializeResult]:
        yield from _load(bank, context, None)

    return [raw_reference, raw_by_month, QUARANTINE_COUNT, CHECK_RESULT, REPORTING_CURRENCY]

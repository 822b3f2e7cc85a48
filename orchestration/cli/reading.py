"""Verbs of those who read: metrics, lineage, sql. None loads Dagster or dbt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from dashboards.metrics import Lineage
    from dashboards.metrics.lineage import Source
    from dashboards.snapshot import Snapshot

metrics = typer.Typer(help="The metrics of the published snapshot.", no_args_is_help=True)

Format = Annotated[
    str, typer.Option("--format", help="table, csv, json or parquet (parquet goes to stdout).")
]


def add_commands(app: typer.Typer) -> None:
    """Register this module's verbs."""
    app.add_typer(metrics, name="metrics")
    app.command()(lineage)
    app.command()(sql)


def _snapshot() -> Snapshot:
    from dashboards.snapshot import current
    from runtime.errors import BankError
    from runtime.settings import load_settings

    snapshot = current(load_settings().published)
    if snapshot is None:
        raise BankError(
            "There is nothing to read yet.",
            "No snapshot has been published.",
            "Run ./bank up, or ./bank build.",
        )
    return snapshot


@metrics.command("list")
def list_() -> None:
    """All metrics with unit and authority, and what those not available need."""
    from dashboards.metrics import catalogue
    from orchestration.cli import console

    console.table(["metric", "label", "domain", "unit", "authority", "newest month"], catalogue(_snapshot()))


@metrics.command()
def show(metric: str) -> None:
    """One metric: definition, formula, SQL, authority, what it needs, tests, freshness."""
    from dashboards.metrics import describe

    typer.echo(describe(_snapshot(), metric))


@metrics.command()
def query(
    metrics_: Annotated[str, typer.Option("--metrics", help="Metric names, separated by commas.")],
    group_by: Annotated[
        str, typer.Option(help="Dimensions, separated by commas, as metric_time__month,branch.")
    ] = "",
    where: Annotated[
        list[str] | None, typer.Option(help="A condition, as \"branch = 'B01'\"; repeatable.")
    ] = None,
    start: Annotated[str | None, typer.Option(help="First day.")] = None,
    end: Annotated[str | None, typer.Option(help="Last day.")] = None,
    order: Annotated[str, typer.Option(help="Columns to order by, separated by commas; -x descends.")] = "",
    limit: Annotated[int | None, typer.Option(min=1)] = None,
    over: Annotated[
        str,
        typer.Option(help="What each figure runs over: period, ytd (year to date) or ttm (twelve months)."),
    ] = "period",
    compare_with: Annotated[
        str,
        typer.Option("--compare", help="previous, last_year, target, peers, or several separated by commas."),
    ] = "",
    format_: Format = "table",
) -> None:
    """Ask for metrics by name, split by dimensions."""
    from dashboards.metrics import MetricRequest, compare, write
    from dashboards.metrics import query as ask
    from dashboards.snapshot import ALL_BREAKS, provisional

    snapshot = _snapshot()
    request = MetricRequest.of(metrics_, group_by, where or (), start, end, order, limit, over)
    against = tuple(part.strip() for part in compare_with.split(",") if part.strip())
    answer = compare(snapshot, request, against) if against else ask(snapshot, request)
    if not_final := provisional(snapshot.info):
        typer.echo(f"{not_final}. To list them: {ALL_BREAKS}", err=True)
    for metric, why in [*answer.unavailable.items(), *answer.undefined.items()]:
        typer.echo(f"{metric}: {why}", err=True)
    write(answer, format_)


def lineage(
    metric: str,
    period: Annotated[
        str | None, typer.Option(help="2025, 2025-Q4, 2025-12 or 2025-12-31; default: the last month.")
    ] = None,
    format_: Annotated[str, typer.Option("--format", help="table or json.")] = "table",
) -> None:
    """From a number to the files behind it: definition, SQL, models, sources, deliveries, checks, run."""
    import json
    from dataclasses import asdict

    from dashboards.metrics import lineage as trace
    from runtime.errors import BankError

    if format_ not in ("table", "json"):
        raise BankError(
            f"There is no format {format_}.", "Lineage comes as table or json.", "Choose one of these."
        )
    found = trace(_snapshot(), metric, period)
    if format_ == "json":
        typer.echo(json.dumps(asdict(found), indent=1, ensure_ascii=False, default=str))
    else:
        _show_lineage(found)


def _show_lineage(found: Lineage) -> None:
    from rich.markup import escape

    from dashboards.metrics.format import exact
    from orchestration.cli.console import say, table

    def heading(text: str) -> None:
        say(f"\n[bold]{escape(text)}[/]")

    number = found.parts[0]
    first, last = found.period
    currency = f" {found.currency}" if found.unit == "ccy" else ""
    value = "" if found.value is None else f": {exact(float(found.value), found.unit)}{currency}"
    heading(f"{number.label} ({found.metric}), {first} to {last}{value}")
    for text in (found.said, number.definition, number.authority):
        if text:
            say(escape(text))
    heading("Formula")
    table(
        ["metric", "is", "definition"],
        ((part.metric, part.formula, part.definition) for part in found.parts),
    )
    heading("SQL")
    say(escape(found.sql))
    heading("Models")
    table(
        ["layer", "model", "reads", "description"],
        ((one.layer, one.name, ", ".join(one.reads), one.description) for one in found.models),
    )
    heading("Contract columns it needs")
    table(
        ["column", "for the period", "description"],
        ((one.column, "delivered" if one.delivered else "missing", one.description) for one in found.needs),
    )
    heading("Deliveries")
    table(
        ["table", "kind", "business date", "source", "file", "rows", "arrived", "sha256"],
        (
            row
            for source in found.sources
            for row in [
                (
                    source.table,
                    source.kind,
                    one["business_date"],
                    one["source"],
                    one["file_name"],
                    one["rows_loaded"],
                    one["received_at"],
                    one["sha256"],
                )
                for one in source.deliveries
            ]
            or [(source.table, source.kind, "", "", _not_delivered(source), "", "", "")]
        ),
        right=["rows"],
    )
    heading("Checks")
    table(
        ["state", "rows", "model", "check"],
        (
            (
                "passed" if one["passed"] else "failed" if one["blocking"] else "warns",
                one["failed_rows"],
                one["asset"],
                one["name"],
            )
            for one in found.checks
        ),
        right=["rows"],
    )
    heading("Run")
    table(["", ""], found.run.items())


def _not_delivered(source: Source) -> str:
    return "written by the platform" if source.kind in ("manifest", "models") else "nothing delivered"


def sql(
    statement: Annotated[str, typer.Argument(help="One SELECT over the published marts.")],
    format_: Format = "table",
) -> None:
    """Read-only SQL over the published marts."""
    from dashboards.metrics import sql as ask
    from dashboards.metrics import write

    write(ask(_snapshot(), statement), format_)

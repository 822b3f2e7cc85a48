"""Verbs of those who read: metrics, sql. Neither loads Dagster or dbt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from dashboards.snapshot import Snapshot

metrics = typer.Typer(help="The metrics of the published snapshot.", no_args_is_help=True)

Format = Annotated[
    str, typer.Option("--format", help="table, csv, json or parquet (parquet goes to stdout).")
]


def add_commands(app: typer.Typer) -> None:
    """Register this module's verbs."""
    app.add_typer(metrics, name="metrics")
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

    snapshot = _snapshot()
    request = MetricRequest.of(metrics_, group_by, where or (), start, end, order, limit, over)
    against = tuple(part.strip() for part in compare_with.split(",") if part.strip())
    answer = compare(snapshot, request, against) if against else ask(snapshot, request)
    for metric, why in [*answer.unavailable.items(), *answer.undefined.items()]:
        typer.echo(f"{metric}: {why}", err=True)
    write(answer, format_)


def sql(
    statement: Annotated[str, typer.Argument(help="One SELECT over the published marts.")],
    format_: Format = "table",
) -> None:
    """Read-only SQL over the published marts."""
    from dashboards.metrics import sql as ask
    from dashboards.metrics import write

    write(ask(_snapshot(), statement), format_)

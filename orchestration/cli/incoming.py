"""Verbs of what comes in: demo, contract check, ingest, deliveries, quarantine."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

contract = typer.Typer(help="The contract of source tables.", no_args_is_help=True)


def add_commands(app: typer.Typer) -> None:
    """Register this module's verbs."""
    app.command()(demo)
    app.add_typer(contract, name="contract")
    app.command()(ingest)
    app.command()(deliveries)
    app.command()(quarantine)


def demo(
    customers: Annotated[int, typer.Option(min=50, help="How many customers.")] = 2000,
    months: Annotated[int, typer.Option(min=2, max=240, help="How many months of business.")] = 36,
    end: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The last business day.")] = datetime(
        2025, 12, 31
    ),
    seed: Annotated[int | None, typer.Option(help="Seed; the same seed writes the same bytes.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder to write to; default: the landing folder.")] = None,
) -> None:
    """Write a complete demo bank's extracts, as a bank would send them."""
    from orchestration.cli.console import Steps, say
    from orchestration.demo import write_demo_bank
    from runtime.settings import load_settings

    settings = load_settings()
    steps = Steps(1)
    steps.begin(f"Demo bank: {customers} customers, {months} months to {end:%Y-%m-%d}")
    written = write_demo_bank(settings, customers, months, end.date(), seed, out)
    steps.end(f"{written.files} files, {written.size / 1e6:.0f} MB")
    say(f"      {written.folder}")
    if out is None:
        say("Next: ./bank ingest, then ./bank build; or ./bank up for everything.")


@contract.command()
def check(
    directory: Annotated[
        Path, typer.Argument(exists=True, file_okay=False, help="Folder of delivered files.")
    ],
    source: Annotated[str, typer.Option(help="Name of the mapping in data/sources.")],
    json_: Annotated[Path | None, typer.Option("--json", help="Write the report as JSON here.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write the report as HTML here.")] = None,
) -> None:
    """Check files against the contract without loading them; exit 1 if something would be refused."""
    from data.ingest import conformance
    from orchestration.cli.console import say
    from runtime.files import write_atomic

    report = conformance.check(directory, source)
    say(report.as_text())
    if json_:
        write_atomic(json_, report.as_json())
    if html:
        write_atomic(html, report.as_html())
    if report.refused:
        raise typer.Exit(1)


@contract.command()
def sources() -> None:
    """Write dbt's sources (dbt_project/models/staging/_sources.yml) from the contracts."""
    from data.ingest.dbt_sources import SOURCES_YAML, write
    from orchestration.cli.console import say

    write()
    say(f"Written: {SOURCES_YAML}")


def ingest(
    directory: Annotated[
        Path | None, typer.Argument(exists=True, file_okay=False, help="Folder of files; copied to landing.")
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="Name of the mapping in data/sources; default: all.")
    ] = None,
) -> None:
    """Land and load a bank's files; what breaks a rule goes to quarantine with its reason.

    Exit 1 if a file was refused whole; the others are loaded. Rows in quarantine are no failure.
    """
    from data.ingest.load import ingest as load
    from orchestration.cli.console import FileProgress, complain, say
    from runtime.errors import BankError
    from runtime.settings import load_settings

    if directory is not None and source is None:
        raise BankError(
            "It is not known how to read this folder.",
            "A folder of files needs the name of its mapping in data/sources.",
            f"Run: ./bank ingest --source NAME {directory}",
        )
    settings = load_settings()
    with FileProgress() as progress:
        report = load(settings, source, directory, progress=progress)
    say(report.summary())
    if report.rows_quarantined:
        say("See which rows are in quarantine and why: ./bank quarantine")
    if report.files:
        say("Next: ./bank build")
    if refusals := report.refusals():
        complain(
            "Files were refused: nothing of them is loaded.",
            "\n  ".join(refusals),
            "Do what each line says and run the same command again. The other files are loaded, "
            "and what was delivered before stays as it was.",
        )
        raise typer.Exit(1)


def deliveries(
    table: Annotated[str | None, typer.Option(help="Only this table.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 40,
) -> None:
    """Show what came in, what of it was loaded, and what superseded what."""
    from data.ingest import ledger
    from orchestration.cli import console
    from runtime.settings import load_settings

    rows = ledger.deliveries(load_settings())
    if table:
        rows = [row for row in rows if row["table_name"] == table]
    console.table(
        ["business date", "table", "file", "delivered", "loaded", "quarantined", "state", "version"],
        (
            [
                row["business_date"],
                row["table_name"],
                row["file_name"],
                row["rows_delivered"],
                row["rows_loaded"],
                row["rows_quarantined"],
                row["state"],
                row["version_id"],
            ]
            for row in reversed(rows[-limit:])
        ),
        right=["delivered", "loaded", "quarantined"],
    )
    if len(rows) > limit:
        console.say(f"{len(rows) - limit} more; --limit shows them.")


def quarantine(
    table: Annotated[str | None, typer.Option(help="Only this table.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = 40,
) -> None:
    """Show refused files and rows: where they stand, which rule they break, and the value that breaks it."""
    from rich.markup import escape

    from data.ingest import ledger
    from orchestration.cli import console
    from runtime.settings import load_settings

    settings = load_settings()
    refused = [row for row in ledger.deliveries(settings) if row["state"] == "refused"]
    for row in refused:
        console.say(escape(f"refused: {row['file_name']}: {row['reason']}"))
    counts = ledger.quarantine_counts(settings)
    total = sum(row["rows"] for row in counts if table in (None, row["table_name"]))
    rows = ledger.quarantined(settings, table, limit)
    if rows:
        names = ("file_name", "line_number", "column_name", "value", "rule", "reason")
        console.table(
            ["file", "line", "column", "value", "rule", "reason"],
            ([row[name] for name in names] for row in rows),
            right=["line"],
        )
    if total > limit:
        console.say(f"{total - limit} more; --limit shows them.")
    if not rows and not refused:
        console.say("Quarantine is empty: every row delivered was loaded.")

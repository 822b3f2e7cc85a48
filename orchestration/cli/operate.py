"""Verbs of the whole: up, build, doctor."""

from __future__ import annotations

from typing import Annotated

import typer


def add_commands(app: typer.Typer) -> None:
    """Register this module's verbs."""
    app.command()(up)
    app.command()(build)
    app.command()(doctor)


def up() -> None:
    """Everything: demo data if nothing was delivered yet, build what changed, publish, start both servers."""
    from orchestration.up import up as run
    from runtime.settings import load_settings

    run(load_settings())


MONTH = r"^\d{4}-(0[1-9]|1[0-2])(-\d{2})?$"


def _month(value: str | None) -> str | None:
    import re

    if value is not None and not re.match(MONTH, value):
        raise typer.BadParameter(f"{value!r} is not a month; write it as 2024-06.")
    return value[:7] if value else None


def build(
    from_: Annotated[
        str | None, typer.Option("--from", callback=_month, help="First month, as 2024-01.")
    ] = None,
    to: Annotated[str | None, typer.Option("--to", callback=_month, help="Last month, as 2024-12.")] = None,
    select: Annotated[
        str | None,
        typer.Option(help="Only these assets, as in the Dagster UI: kpi_finance_month, fct_loan_month+."),
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(help="As it was known at this moment, 2026-01-31T18:00; into a folder of its own."),
    ] = None,
) -> None:
    """Materialize and publish: what changed since the last build, or the months asked for."""
    import os

    from dashboards.snapshot import ALL_BREAKS, provisional
    from orchestration.build import build as run
    from orchestration.cli.console import BUILD_LOG, BuildLines, Steps, output_of_others_to, say
    from orchestration.publication import current_info
    from runtime.settings import load_settings

    if as_of is not None:
        os.environ["BANK_AS_OF"] = as_of  # also for every process of the build
    settings = load_settings()
    steps = Steps(1)
    steps.begin("Build")
    with output_of_others_to(settings.logs / BUILD_LOG):
        result = run(settings, first=from_, last=to, select=select, show=BuildLines(), say=say)
    if result.built and result.months:
        steps.end(f"months {result.months[0]} to {result.months[1]}, published as {result.snapshot}")
    else:
        steps.end("nothing changed since the last build; --from and --to rebuild months all the same")
    if not_final := provisional(current_info(settings.published) or {}):
        say(f"{not_final}. To list them: ./{ALL_BREAKS}")
    if settings.as_of is not None:
        say(f"To read it: BANK_AS_OF={settings.as_of:%Y-%m-%dT%H:%M:%S} ./bank metrics … (or sql, dashboard)")


def doctor() -> None:
    """What is wrong here and how to mend it: environment, disk, ports, locks, runs, age of the snapshot."""
    from orchestration.cli.console import out
    from orchestration.doctor import examine
    from runtime.settings import load_settings

    findings = examine(load_settings())
    for finding in findings:
        mark = {"ok": "[green]✓[/]", "note": "[yellow]·[/]", "bad": "[red]✗[/]"}[finding.state]
        out.print(f"  {mark} {finding.what}")
        if finding.fix:
            out.print(f"      [bold]→[/] {finding.fix}")
    if any(finding.state == "bad" for finding in findings):
        raise typer.Exit(1)

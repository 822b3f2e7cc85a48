"""Verbs of those who build the platform: test, lint, bench, docs."""

from __future__ import annotations

from typing import Annotated

import typer

PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True}


def add_commands(app: typer.Typer) -> None:
    """Register this module's verbs."""
    app.command(context_settings=PASS_ON)(test)
    app.command()(lint)
    app.command()(bench)
    app.command()(docs)


def test(
    context: typer.Context,
    full: Annotated[bool, typer.Option("--full", help="The long ones too.")] = False,
) -> None:
    """Run the tests; anything more is handed to pytest (./bank test tests/ml -k frozen)."""
    from orchestration.developing import run_tests

    raise typer.Exit(run_tests(context.args, full=full))


def lint() -> None:
    """Check style, types, SQL and who imports whom."""
    from orchestration.developing import run_lint

    raise typer.Exit(run_lint())


def bench(
    customers: Annotated[int, typer.Option(min=200, help="Size of the demo bank to measure on.")] = 2000,
    large: Annotated[
        bool, typer.Option("--large", help="Also twice the months and ten times the size.")
    ] = False,
) -> None:
    """Measure builds, loads, starts and pages, as ratios to what is measured beside them in the same run."""
    from tests.benchmarks.run import run_benchmarks

    run_benchmarks(customers=customers, large=large)


def docs() -> None:
    """Build the documentation: source tables, models with their columns, every metric."""
    from orchestration.developing import build_docs
    from runtime.settings import load_settings

    build_docs(load_settings())

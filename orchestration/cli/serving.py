"""Verbs of the servers: dashboard, dagster."""

from __future__ import annotations

import typer


def add_commands(app: typer.Typer) -> None:
    """Register this module's verbs."""
    app.command()(dashboard)
    app.command()(dagster)


def dashboard() -> None:
    """Serve the dashboard alone, on loopback."""
    from dashboards.app import serve
    from runtime.settings import load_settings

    serve(load_settings())


def dagster() -> None:
    """Serve the Dagster UI and its daemon alone, on loopback."""
    from orchestration.up import serve_dagster
    from runtime.settings import load_settings

    serve_dagster(load_settings())

"""`bank up`: from nothing to a dashboard with data and a Dagster UI, and back to nothing at Ctrl-C."""

from __future__ import annotations

import shutil
import socket
import sys
import time
from collections.abc import Mapping
from datetime import date

import psutil

from dashboards.snapshot import ALL_BREAKS, provisional
from orchestration import publication, supervision
from orchestration.build import UP_LOCK, build, recover
from orchestration.cli.console import (
    BUILD_LOG,
    BuildLines,
    FileProgress,
    Steps,
    output_of_others_to,
    say,
    seconds,
)
from orchestration.dbt import ensure_manifest
from orchestration.demo import write_demo_bank
from orchestration.instance import open_instance
from orchestration.servers import serve
from runtime.errors import BankError
from runtime.locks import file_lock
from runtime.settings import Settings

DEMO_CUSTOMERS = 2000
DEMO_MONTHS = 36
DEMO_END = date(2025, 12, 31)

NEEDED_DISK_GB = 2
"""For the demo bank: extracts, raw, warehouse, two snapshots, and a build's temporary files."""


def up(settings: Settings) -> None:
    """Bring everything up, say where it is, and keep it running until told to stop.

    Raises:
        BankError: a port is taken, the disk is full, somebody else is at work, a build or a server failed.
    """
    from data.ingest.load import ingest

    started = time.monotonic()
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    with file_lock(settings.dagster_home / UP_LOCK, "bank up"):
        steps = Steps(5)
        steps.begin("Environment")
        supervision.mark_self(str(settings.dagster_home))
        instance = open_instance(settings)
        for sentence in recover(settings, instance, servers_alive=False):
            say(f"      {sentence}")
        check_ports({"DASHBOARD_PORT": settings.dashboard_port, "DAGSTER_PORT": settings.dagster_port})
        check_disk(settings)
        ensure_manifest(settings)
        steps.end(f"Python {sys.version.split()[0]}, data in {settings.data}")

        steps.begin("Deliveries")
        if is_empty(settings):
            written = write_demo_bank(settings, DEMO_CUSTOMERS, DEMO_MONTHS, DEMO_END, None, None)
            steps.end(
                f"no delivery yet: demo bank written, {written.files} files, {written.size / 1e6:.0f} MB"
            )
        else:
            steps.end("found what was delivered before")

        steps.begin("Ingest")
        with FileProgress() as progress:
            report = ingest(settings, progress=progress)
        steps.end(report.summary())

        steps.begin("Build")
        with output_of_others_to(settings.logs / BUILD_LOG):
            result = build(settings, show=BuildLines(), say=say)
        steps.end(
            f"published as {result.snapshot}" if result.built else "nothing changed since the last build"
        )

        steps.begin("Servers")

        def when_ready() -> None:
            steps.end("running on this machine only (loopback)")
            _welcome(settings, time.monotonic() - started)

        serve(settings, instance, dashboard=True, when_ready=when_ready)
        say("Stopped.")


def serve_dagster(settings: Settings) -> None:
    """The Dagster UI and its daemon until told to stop."""
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    with file_lock(settings.dagster_home / UP_LOCK, "bank dagster"):
        supervision.mark_self(str(settings.dagster_home))
        instance = open_instance(settings)
        for sentence in recover(settings, instance, servers_alive=False):
            say(sentence)
        check_ports({"DAGSTER_PORT": settings.dagster_port})
        ensure_manifest(settings)
        address = f"http://127.0.0.1:{settings.dagster_port}"
        serve(settings, instance, dashboard=False, when_ready=lambda: say(f"Dagster UI: {address}"))


def is_empty(settings: Settings) -> bool:
    """Whether nothing was ever delivered here."""
    return (
        not any(path.is_file() for path in settings.landing.rglob("*")) if settings.landing.exists() else True
    )


def check_ports(ports: Mapping[str, int]) -> None:
    """Refuse ports that are taken, naming who holds them.

    Raises:
        BankError: a port is taken.
    """
    for setting, port in ports.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise BankError(
                    f"Port {port} is taken.",
                    f"{_port_holder(port)} listens there.",
                    f"Stop it, or choose another port: {setting}={port + 1} ./bank up",
                ) from error


def check_disk(settings: Settings) -> None:
    """Refuse to start where a build could not finish.

    Raises:
        BankError: too little disk is free.
    """
    free = shutil.disk_usage(settings.data).free / 1e9
    if free < NEEDED_DISK_GB:
        raise BankError(
            f"The disk is too full: {free:.1f} GB free under {settings.data}.",
            f"A build needs {NEEDED_DISK_GB} GB.",
            "Free some space, or set BANK_DATA to a folder on another disk.",
        )


def _welcome(settings: Settings, elapsed: float) -> None:
    info = publication.current_info(settings.published) or {}
    say("")
    say(f"[bold]Ready in {seconds(elapsed)}.[/]")
    say(f"  Dashboard    [bold]http://127.0.0.1:{settings.dashboard_port}[/]")
    say(f"  Dagster UI   [bold]http://127.0.0.1:{settings.dagster_port}[/]")
    if info:
        say(
            f"  Data         {info['bank']}, books to {info['business_date']}, "
            f"{info['checks_passed']} checks passed, {info['checks_warned']} warned"
        )
    if not_final := provisional(info):
        say(f"               [yellow]{not_final}[/]. To list them: ./{ALL_BREAKS}")
    say("")
    say("Try: click a filter on the dashboard · ./bank metrics list · ./bank deliveries · ./bank doctor")
    say("Your own bank: ./bank ingest --source NAME DIR (README: “Your own data”). Stop: Ctrl-C")


def _port_holder(port: int) -> str:
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and connection.laddr.port == port and connection.status == psutil.CONN_LISTEN:
                process = psutil.Process(connection.pid)
                return f"Process {process.pid} ({process.name()})"
    except (psutil.AccessDenied, psutil.NoSuchProcess, TypeError):
        pass
    return "Another process"

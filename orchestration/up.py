"""`bank up`: from nothing to a dashboard with data and a Dagster UI, and back to nothing at Ctrl-C."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import psutil

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
from orchestration.instance import open_instance, prepare_environment
from runtime.errors import BankError
from runtime.locks import file_lock
from runtime.settings import PROJECT_ROOT, Settings

DEMO_CUSTOMERS = 2000
DEMO_MONTHS = 36
DEMO_END = date(2025, 12, 31)

NEEDED_DISK_GB = 2
"""For the demo bank: extracts, raw, warehouse, two snapshots, and a build's temporary files."""


@dataclass(frozen=True)
class Server:
    """A process that `bank up` keeps running."""

    name: str
    arguments: list[str]
    url: str | None = None


def servers(settings: Settings) -> list[Server]:
    """What `bank up` starts."""
    return [*dagster_servers(settings), dashboard_server(settings)]


def dagster_servers(settings: Settings) -> list[Server]:
    """The Dagster UI and the daemon behind schedules and sensors."""
    workspace = str(PROJECT_ROOT / "workspace.yaml")
    port = settings.dagster_port
    return [
        Server(
            "dagster-webserver",
            [sys.executable, "-P", "-m", "orchestration.webserver", str(port)],
            f"http://127.0.0.1:{port}/server_info",
        ),
        Server("dagster-daemon", [sys.executable, "-P", "-m", "dagster._daemon", "run", "-w", workspace]),
    ]


def dashboard_server(settings: Settings) -> Server:
    """The dashboard."""
    port = settings.dashboard_port
    return Server(
        "dashboard",
        [sys.executable, "-P", "-m", "orchestration.cli", "dashboard"],
        f"http://127.0.0.1:{port}/overview",
    )


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
        running = start(settings, servers(settings))
        try:
            wait_until_ready(running)
            steps.end("running on this machine only (loopback)")
            _welcome(settings, time.monotonic() - started)
            watch(settings, running)
        finally:
            stop_all(settings)
            say("Stopped.")


def serve_dagster(settings: Settings) -> None:
    """The Dagster UI and its daemon until told to stop."""
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    with file_lock(settings.dagster_home / UP_LOCK, "bank dagster"):
        supervision.mark_self(str(settings.dagster_home))
        for sentence in recover(settings, open_instance(settings), servers_alive=False):
            say(sentence)
        check_ports({"DAGSTER_PORT": settings.dagster_port})
        ensure_manifest(settings)
        running = start(settings, dagster_servers(settings))
        try:
            wait_until_ready(running)
            say(f"Dagster UI: http://127.0.0.1:{settings.dagster_port}")
            watch(settings, running)
        finally:
            stop_all(settings)


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


def start(settings: Settings, wanted: list[Server]) -> dict[str, tuple[Server, subprocess.Popen[bytes]]]:
    """Start servers, each with its own log file."""
    prepare_environment(settings)
    settings.logs.mkdir(parents=True, exist_ok=True)
    running = {}
    for server in wanted:
        with (settings.logs / f"{server.name}.log").open("ab") as log:
            process = subprocess.Popen(
                server.arguments,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                cwd=PROJECT_ROOT,
                # Ctrl-C reaches us alone, and we end them in order.
                start_new_session=True,
            )
        running[server.name] = (server, process)
    return running


def wait_until_ready(
    running: Mapping[str, tuple[Server, subprocess.Popen[bytes]]], limit_seconds: float = 120
) -> None:
    """Wait until every server with an address answers.

    Raises:
        BankError: one ended, or did not answer in time.
    """
    deadline = time.monotonic() + limit_seconds
    for server, process in running.values():
        while server.url and not _answers(server.url):
            if process.poll() is not None:
                raise _ended(server)
            if time.monotonic() > deadline:
                raise BankError(
                    f"The {server.name} does not answer after {limit_seconds:.0f} s.",
                    f"It was started and is still trying, at {server.url}.",
                    f"Read the end of logs/{server.name}.log in BANK_DATA.",
                )
            time.sleep(0.2)


def watch(settings: Settings, running: Mapping[str, tuple[Server, subprocess.Popen[bytes]]]) -> None:
    """Return when asked to stop (Ctrl-C, SIGTERM).

    Raises:
        BankError: a server ended by itself.
    """
    asked = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: asked.set())
    while not asked.wait(1):
        for server, process in running.values():
            if process.poll() is not None:
                raise _ended(server)


def stop_all(settings: Settings) -> None:
    """End every process that this one started, also those whose parent went first."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not leave half of them behind
    supervision.stop_children()
    supervision.stop(supervision.marked_by_self())


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
    say("")
    say("Try: click a filter on the dashboard · ./bank metrics list · ./bank deliveries · ./bank doctor")
    say("Your own bank: ./bank ingest --source NAME DIR (README: “Your own data”). Stop: Ctrl-C")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return response.status == 200
    except (urllib.error.URLError, OSError):
        return False


def _ended(server: Server) -> BankError:
    return BankError(
        f"The {server.name} ended by itself.",
        "Its last words are in its log.",
        f"Read logs/{server.name}.log in BANK_DATA, then ./bank doctor.",
    )


def _port_holder(port: int) -> str:
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and connection.laddr.port == port and connection.status == psutil.CONN_LISTEN:
                process = psutil.Process(connection.pid)
                return f"Process {process.pid} ({process.name()})"
    except (psutil.AccessDenied, psutil.NoSuchProcess, TypeError):
        pass
    return "Another process"

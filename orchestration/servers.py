"""The processes that `bank up` keeps running: started, waited for, watched, and ended in order."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestration import supervision
from orchestration.cli.console import say
from orchestration.code_location import CodeLocation, code_location
from orchestration.instance import prepare_environment
from runtime.errors import BankError
from runtime.settings import PROJECT_ROOT, Settings

if TYPE_CHECKING:
    from dagster import DagsterInstance

WATCH_SECONDS = 10
"""How often it is looked whether a delivery brought a new month."""

PATIENCE_SECONDS = 3


@dataclass(frozen=True)
class Server:
    """A process that is kept running. `answers` says whether it is ready; None: nobody waits for it."""

    name: str
    arguments: list[str]
    answers: Callable[[], bool] | None = None


Running = dict[str, tuple[Server, "subprocess.Popen[bytes]"]]


def serve(
    settings: Settings, instance: DagsterInstance, *, dashboard: bool, when_ready: Callable[[], None]
) -> None:
    """Run the servers until asked to stop, and end them all. `when_ready` is called once they answer.

    Raises:
        BankError: a server did not come up, or ended by itself.
    """
    try:
        with code_location(settings, instance) as location:
            first = [code_server(location), *([dashboard_server(settings)] if dashboard else [])]
            running = start(settings, first)
            wait_until_ready(running)  # what finds no code server says so in its log, and in the UI
            running |= start(settings, dagster_servers(settings, location))
            wait_until_ready(running)
            when_ready()
            watch(running, location)
    finally:
        stop_all()


def code_server(location: CodeLocation) -> Server:
    """The process that imports the definitions, for the UI and the daemon together."""
    return Server("dagster-code-server", location.command(), location.answers)


def dagster_servers(settings: Settings, location: CodeLocation) -> list[Server]:
    """The Dagster UI and the daemon behind schedules and sensors."""
    workspace, port = str(location.workspace), settings.dagster_port
    return [
        Server(
            "dagster-webserver",
            [sys.executable, "-P", "-m", "orchestration.webserver", workspace, str(port)],
            lambda: _answers(f"http://127.0.0.1:{port}/server_info"),
        ),
        Server("dagster-daemon", [sys.executable, "-P", "-m", "dagster._daemon", "run", "-w", workspace]),
    ]


def dashboard_server(settings: Settings) -> Server:
    """The dashboard."""
    return Server(
        "dashboard",
        [sys.executable, "-P", "-m", "orchestration.cli", "dashboard"],
        lambda: _answers(f"http://127.0.0.1:{settings.dashboard_port}/overview"),
    )


def start(settings: Settings, wanted: Sequence[Server]) -> Running:
    """Start servers, each with its own log file."""
    prepare_environment(settings)
    settings.logs.mkdir(parents=True, exist_ok=True)
    running: Running = {}
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


def wait_until_ready(running: Running, limit_seconds: float = 120) -> None:
    """Wait until every server that can say so is ready.

    Raises:
        BankError: one ended, or did not answer in time.
    """
    deadline = time.monotonic() + limit_seconds
    for server, process in running.values():
        while server.answers and not server.answers():
            if process.poll() is not None:
                raise _ended(server)
            if time.monotonic() > deadline:
                raise BankError(
                    f"The {server.name} does not answer after {limit_seconds:.0f} s.",
                    "It was started and is still trying.",
                    f"Read the end of logs/{server.name}.log in BANK_DATA.",
                )
            time.sleep(0.2)


def watch(running: Running, location: CodeLocation) -> None:
    """Return when asked to stop (Ctrl-C, SIGTERM); until then keep the UI's months up to date.

    Raises:
        BankError: a server ended by itself.
    """
    asked = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: asked.set())
    looked = time.monotonic()
    while not asked.wait(1):
        for server, process in running.values():
            if process.poll() is not None:
                raise _ended(server)
        if time.monotonic() - looked > WATCH_SECONDS:
            _follow(location)
            looked = time.monotonic()


def _follow(location: CodeLocation) -> None:
    # A mapping that is being edited, or a file that is gone again: the sensor tells of it, servers go on.
    with suppress(BankError, OSError):
        if months := location.reload_when_months_changed():
            say(f"Deliveries speak of {months[0]} to {months[1]} now; the Dagster UI shows these months.")


def stop_all() -> None:
    """End every process that this one started, also those whose parent went first.

    Code servers wait ten seconds for calls that nobody makes any more, so they are not waited for. A run that
    is under way is interrupted either way; the next start repairs what it left.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not leave half of them behind
    supervision.stop_children(PATIENCE_SECONDS)
    supervision.stop(supervision.marked_by_self(), PATIENCE_SECONDS)


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

"""What a command costs: CPU of itself and all its children, wall time, peak memory."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from runtime.settings import PROJECT_ROOT


@dataclass(frozen=True)
class Cost:
    """One measurement. CPU seconds are user and system time of the whole process tree."""

    cpu_seconds: float
    wall_seconds: float
    peak_mb: float

    def __truediv__(self, floor: Cost) -> float:
        return self.cpu_seconds / floor.cpu_seconds

    def less(self, empty: Cost) -> Cost:
        """What is left when the cost of an empty run is taken off."""
        return Cost(
            self.cpu_seconds - empty.cpu_seconds, self.wall_seconds - empty.wall_seconds, self.peak_mb
        )


def run(command: Sequence[str], environment: Mapping[str, str], until: str | None = None) -> Cost:
    """Run a command to its end, or stop it as soon as it says `until`: wall time and memory up to there.

    Raises:
        RuntimeError: it failed; says its last words.
    """
    before = os.times()
    started = time.monotonic()
    with tempfile.NamedTemporaryFile() as words:
        process = subprocess.Popen(
            command,
            env=os.environ | dict(environment) | {"PYTHONPATH": str(PROJECT_ROOT)},
            stdout=words,
            stderr=subprocess.STDOUT,
        )
        peak, wall = 0.0, 0.0
        root = psutil.Process(process.pid)
        while process.poll() is None:
            peak = max(peak, _memory_mb(root))
            if until and not wall and until in Path(words.name).read_text():
                wall = time.monotonic() - started
                process.terminate()
            time.sleep(0.1)
        after = os.times()
        if process.returncode != 0:
            raise RuntimeError(f"{' '.join(command)} failed:\n{Path(words.name).read_text()[-2000:]}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Cost(cpu, wall or time.monotonic() - started, peak)


def bank(data: Path, *arguments: str, until: str | None = None) -> Cost:
    """Run a verb of the command line on a BANK_DATA."""
    ports = dict(zip(("DASHBOARD_PORT", "DAGSTER_PORT"), free_ports(2), strict=True))
    command = [sys.executable, "-P", "-m", "orchestration.cli", *arguments]
    return run(command, {"BANK_DATA": str(data), **ports}, until)


def python(code: str, *arguments: str) -> Cost:
    """Run a few lines of Python in a process of their own."""
    return run([sys.executable, "-P", "-c", code, *arguments], {})


def answers(published: Path) -> dict[str, float]:
    """Latencies of random metric queries over a published folder, measured in a process of their own.

    Raises:
        subprocess.CalledProcessError: they could not be measured.
    """
    return _figures_of("tests.benchmarks.latency", published)


def dashboard(published: Path) -> dict[str, Any]:
    """What the dashboard costs over a published folder, measured in a process of its own.

    Raises:
        subprocess.CalledProcessError: it could not be measured.
    """
    return _figures_of("tests.benchmarks.dashboard", published)


def _figures_of(module: str, published: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-P", "-m", module, str(published)],
        env=os.environ | {"PYTHONPATH": str(PROJECT_ROOT)},
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(done.stdout)


def free_ports(count: int) -> list[str]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [str(one.getsockname()[1]) for one in sockets]


def _memory_mb(root: psutil.Process) -> float:
    total = 0
    try:
        for process in [root, *root.children(recursive=True)]:
            total += process.memory_info().rss
    except psutil.NoSuchProcess:
        pass
    return total / 1e6

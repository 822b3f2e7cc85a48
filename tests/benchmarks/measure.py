"""What a command costs: CPU of itself and all its children, wall time, peak memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

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


def run(command: Sequence[str], environment: Mapping[str, str]) -> Cost:
    """Run a command to its end.

    Raises:
        RuntimeError: it failed; says its last words.
    """
    before = os.times()
    started = time.monotonic()
    process = subprocess.Popen(
        command,
        env=os.environ | dict(environment) | {"PYTHONPATH": str(PROJECT_ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    peak = 0.0
    root = psutil.Process(process.pid)
    while process.poll() is None:
        peak = max(peak, _memory_mb(root))
        time.sleep(0.1)
    words = process.stdout.read() if process.stdout else ""
    after = os.times()
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed:\n{words[-2000:]}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Cost(cpu, time.monotonic() - started, peak)


def bank(data: Path, *arguments: str) -> Cost:
    """Run a verb of the command line on a BANK_DATA."""
    return run([sys.executable, "-P", "-m", "orchestration.cli", *arguments], {"BANK_DATA": str(data)})


def python(code: str, *arguments: str) -> Cost:
    """Run a few lines of Python in a process of their own."""
    return run([sys.executable, "-P", "-c", code, *arguments], {})


def _memory_mb(root: psutil.Process) -> float:
    total = 0
    try:
        for process in [root, *root.children(recursive=True)]:
            total += process.memory_info().rss
    except psutil.NoSuchProcess:
        pass
    return total / 1e6

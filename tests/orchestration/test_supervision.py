"""What a killed supervisor leaves behind is found, and only that."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from multiprocessing import resource_tracker

import psutil
import pytest

from orchestration import supervision

START = """
import os, subprocess, sys, time
from orchestration import supervision
supervision.mark_self(sys.argv[1])
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
print(child.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def supervisor(tmp_path: object) -> object:
    process = subprocess.Popen(
        [sys.executable, "-c", START, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    child = int(process.stdout.readline())
    yield process, child
    for pid in (process.pid, child):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()


def test_processes_of_a_living_supervisor_are_left_alone(
    supervisor: tuple[subprocess.Popen[str], int], tmp_path: object
) -> None:
    time.sleep(0.3)
    assert supervision.leftovers(str(tmp_path)) == []


def test_processes_of_a_killed_supervisor_are_found_and_ended(
    supervisor: tuple[subprocess.Popen[str], int], tmp_path: object
) -> None:
    process, child = supervisor
    time.sleep(0.3)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    found = supervision.leftovers(str(tmp_path))
    assert [leftover.pid for leftover in found] == [child]
    assert supervision.leftovers("another-home") == []
    supervision.stop(found)
    assert supervision.leftovers(str(tmp_path)) == []


def test_the_resource_tracker_is_not_waited_for() -> None:
    """It ignores requests to end: each build would wait for it in vain, and then kill it."""
    resource_tracker.ensure_running()
    (tracker,) = [
        child
        for child in psutil.Process().children()
        if any("multiprocessing.resource_tracker" in word for word in child.cmdline())
    ]
    supervision.stop([tracker], patience_seconds=0.1)
    assert tracker.is_running() and tracker.status() != psutil.STATUS_ZOMBIE

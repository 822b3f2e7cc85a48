"""Who started which process, so that a crash leaves nothing behind that the next start can't find.

`bank up` and `bank build` mark themselves and, through the environment, every process below them.
A marked process whose supervisor is gone is a leftover; a run whose supervisor is gone is an orphan.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from dagster import DagsterInstance, DagsterRun

MARK = "BANK_SUPERVISOR"
RUN_TAG = "bank/supervisor"


def mark_self(home: str) -> str:
    """Mark this process as the supervisor of all that it starts for the Dagster home `home`."""
    me = psutil.Process()
    mark = f"{me.pid}:{me.create_time():.2f}:{home}"
    os.environ[MARK] = mark
    return mark


def is_alive(mark: str) -> bool:
    """Whether the supervisor that left this mark is still running (a reused process number is not it)."""
    pid, created, _ = mark.split(":", 2)
    try:
        return f"{psutil.Process(int(pid)).create_time():.2f}" == created
    except psutil.NoSuchProcess:
        return False


def leftovers(home: str) -> list[psutil.Process]:
    """Processes that a dead supervisor of `home` left running."""
    return [process for process, mark in _marked() if mark.endswith(f":{home}") and not is_alive(mark)]


def marked_by_self() -> list[psutil.Process]:
    """Processes started below this one, also those whose parent has ended since."""
    mine = os.environ.get(MARK)
    return [process for process, mark in _marked() if mark == mine]


def _marked() -> Iterator[tuple[psutil.Process, str]]:
    for process in psutil.process_iter():
        try:
            mark = process.environ().get(MARK, "")
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
        if mark and process.pid != os.getpid():
            yield process, mark


def stop(processes: list[psutil.Process], patience_seconds: float = 10) -> None:
    """Ask processes to end, and end those that don't.

    Python's resource tracker is left alone: it turns requests down, and goes with the last process it serves.
    """
    processes = [process for process in processes if not _is_tracker(process)]
    for process in processes:
        _quietly(process.terminate)
    _, stubborn = psutil.wait_procs(processes, timeout=patience_seconds)
    for process in stubborn:
        _quietly(process.kill)
    psutil.wait_procs(stubborn, timeout=5)


def stop_children(patience_seconds: float = 10) -> None:
    """End every process below this one."""
    stop(psutil.Process().children(recursive=True), patience_seconds)


def orphans(instance: DagsterInstance, *, servers_alive: bool) -> list[DagsterRun]:
    """Runs that a crash left open.

    A run is an orphan when the supervisor named in its tag is gone, or, launched from the UI, a
    schedule or a sensor (no tag), when no servers are alive that could be running it.
    """
    from dagster import DagsterRunStatus, RunsFilter

    unfinished = [
        DagsterRunStatus.STARTED,
        DagsterRunStatus.STARTING,
        DagsterRunStatus.CANCELING,
        DagsterRunStatus.NOT_STARTED,
    ]
    return [
        run
        for run in instance.get_runs(RunsFilter(statuses=unfinished))
        if not (is_alive(run.tags[RUN_TAG]) if RUN_TAG in run.tags else servers_alive)
    ]


def fail_orphans(instance: DagsterInstance, *, servers_alive: bool) -> list[str]:
    """Fail the runs that a crash left open, and free their pool slots; returns their ids."""
    found = orphans(instance, servers_alive=servers_alive)
    for run in found:
        instance.report_run_failed(run, "The process that ran this was killed; failed at the next start.")
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
    return [run.run_id for run in found]


def _is_tracker(process: psutil.Process) -> bool:
    try:
        return any("multiprocessing.resource_tracker" in word for word in process.cmdline())
    except psutil.Error:
        return False


def _quietly(action: Callable[[], None]) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        action()

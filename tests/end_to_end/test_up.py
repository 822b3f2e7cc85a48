"""`bank up` leaves no process behind, and repairs what a crash of it left."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest
from dagster import DagsterInstance, DagsterRunStatus, RunsFilter

from tests.end_to_end import deliveries
from tests.end_to_end.bank import Bank, end_group, end_marked, marked
from tests.end_to_end.conftest import MONTHS, next_month

pytestmark = pytest.mark.full

READY_SECONDS = 600
STOP_SECONDS = 60


def free_ports(count: int) -> list[str]:
    """Ports that nobody listens on."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [str(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports


@pytest.fixture
def bank(built_bank: Bank, tmp_path: Path) -> Iterator[Bank]:
    """A built bank with ports of its own; whatever a test leaves running is ended."""
    copy = built_bank.copy(tmp_path / "bank")
    copy.environment["DASHBOARD_PORT"], copy.environment["DAGSTER_PORT"] = free_ports(2)
    yield copy
    end_marked(copy)


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[bytes], what: str, log: Path) -> None:
    """Wait until `bank up` has come that far."""
    deadline = time.monotonic() + READY_SECONDS
    while not condition():
        said = log.read_text() + log.with_suffix(".err").read_text()
        assert process.poll() is None, f"ended before {what}:\n{said[-3000:]}"
        assert time.monotonic() < deadline, f"not {what} in time:\n{said[-3000:]}"
        time.sleep(0.3)


def start_until_ready(bank: Bank, log: Path) -> subprocess.Popen[bytes]:
    """`bank up`, waited for until both servers answer."""
    process = bank.start("up", log=log)
    try:
        wait_for(lambda: "Ready in" in log.read_text(), process, "ready", log)
    except AssertionError:
        end_group(process)
        raise
    return process


def stop(process: subprocess.Popen[bytes]) -> int:
    """Ask it to stop, as a service manager does; gives its exit code."""
    process.send_signal(signal.SIGTERM)
    return process.wait(STOP_SECONDS)


def test_stopped_by_a_signal_it_leaves_no_process_behind(bank: Bank, tmp_path: Path) -> None:
    before = bank.published()
    process = start_until_ready(bank, tmp_path / "up.log")
    for port in ("DASHBOARD_PORT", "DAGSTER_PORT"):
        with urllib.request.urlopen(f"http://127.0.0.1:{bank.environment[port]}/", timeout=30) as answer:
            assert answer.status == 200
    assert len(marked(bank)) > 3
    assert stop(process) == 0
    assert marked(bank) == []
    # what was built is not built again
    assert "nothing changed since the last build" in (tmp_path / "up.log").read_text()
    assert bank.published() == before


@contextmanager
def instance_of(bank: Bank) -> Iterator[DagsterInstance]:
    """The bank's Dagster instance, whose configuration reads its home from the environment."""
    with (
        patch.dict(os.environ, DAGSTER_HOME=str(bank.settings.dagster_home)),
        DagsterInstance.get() as instance,
    ):
        yield instance


def runs(bank: Bank, status: DagsterRunStatus) -> int:
    """How many runs are in a state."""
    with instance_of(bank) as instance:
        return instance.get_runs_count(RunsFilter(statuses=[status]))


def held_slots(bank: Bank) -> int:
    """How many steps hold the warehouse."""
    with instance_of(bank) as instance:
        return instance.event_log_storage.get_concurrency_info("warehouse").active_slot_count


def test_next_start_repairs_what_a_crash_left(bank: Bank, tmp_path: Path) -> None:
    name = "transaction_20260131.csv"
    assert bank.deliver({name: deliveries.other_channels(bank.landed(name))}).code == 0

    # killed in the middle of its first build
    log = tmp_path / "first.log"
    process = bank.start("up", log=log)
    try:
        wait_for(lambda: held_slots(bank) > 0, process, "building", log)
    finally:
        process.kill()
        process.wait(10)
    assert runs(bank, DagsterRunStatus.STARTED) == 1

    # repaired, and killed again with its servers running
    process = start_until_ready(bank, tmp_path / "second.log")
    said = (tmp_path / "second.log").read_text()
    # steps that were under way may have ended by themselves by now; the servers below can't
    assert "Marked the interrupted run" in said
    assert runs(bank, DagsterRunStatus.STARTED) == 0
    assert runs(bank, DagsterRunStatus.FAILURE) == 1
    assert held_slots(bank) == 0
    assert bank.status()["state"] == "ok"
    process.kill()
    process.wait(10)
    assert len(marked(bank)) >= 3

    # the servers' ports are free again for the next one
    process = start_until_ready(bank, tmp_path / "third.log")
    assert "that an earlier start left behind" in (tmp_path / "third.log").read_text()
    assert stop(process) == 0
    assert marked(bank) == []


def months_in_the_ui(bank: Bank) -> list[str]:
    """The partitions of the transactions as the Dagster UI shows them."""
    query = """{ assetNodeOrError(assetKey: {path: ["fct_transaction"]}) {
        ... on AssetNode { partitionKeys } } }"""
    request = urllib.request.Request(
        f"http://127.0.0.1:{bank.environment['DAGSTER_PORT']}/graphql",
        data=json.dumps({"query": query}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())["data"]["assetNodeOrError"].get("partitionKeys", [])


def test_month_put_into_landing_is_seen_built_and_published(
    bank: Bank, built_bank: Bank, tmp_path: Path
) -> None:
    """Nobody asks for it: the sensor builds it, and the UI has its partition without being reloaded."""
    log = tmp_path / "up.log"
    process = start_until_ready(bank, log)
    try:
        assert months_in_the_ui(bank) == MONTHS
        landing = bank.folder / "landing" / "demo"
        for name, content in next_month(built_bank).items():
            (landing / name).write_bytes(content)
        new = [*MONTHS, "2026-02"]
        wait_for(lambda: months_in_the_ui(bank) == new, process, "in the UI", log)
        wait_for(lambda: bank.info()["last_month"] == new[-1], process, "published", log)
        wait_for(lambda: bank.status()["state"] == "ok", process, "told as done", log)
        assert bank.query("SELECT max(month)::VARCHAR FROM fct_account_month") == [("2026-02-01",)]
        assert "Quarantine is empty" in bank.succeed("quarantine")
    finally:
        stop(process)
    assert runs(bank, DagsterRunStatus.FAILURE) == 0

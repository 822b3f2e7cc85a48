"""The event log with kept connections stores what the stock one stores, and survives being used by many."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

from dagster import AssetKey, AssetMaterialization, DagsterEvent, DagsterEventType, EventLogEntry
from dagster._core.events import StepMaterializationData
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

from orchestration.event_log import KEPT_ENGINES, EventLogStorage

WRITE = """
import sys
from orchestration.event_log import EventLogStorage
from tests.orchestration.test_event_log import materialization
storage = EventLogStorage(sys.argv[1])
for month in range(1, 13):
    storage.store_event(materialization("shared", sys.argv[2], month))
"""


def materialization(run_id: str, asset: str, month: int) -> EventLogEntry:
    data = StepMaterializationData(AssetMaterialization(asset, partition=f"2024-{month:02d}"))
    event = DagsterEvent(
        event_type_value=DagsterEventType.ASSET_MATERIALIZATION.value,
        job_name="job",
        event_specific_data=data,
        step_key="step",
    )
    return EventLogEntry(
        error_info=None,
        level=10,
        user_message="",
        run_id=run_id,
        timestamp=1.0,
        step_key="step",
        job_name="job",
        dagster_event=event,
    )


def partitions(storage: SqliteEventLogStorage, asset: str) -> set[str]:
    return set(storage.get_materialized_partitions(AssetKey(asset)))


def test_the_stock_storage_reads_what_it_wrote(tmp_path: Path) -> None:
    ours = EventLogStorage(str(tmp_path))
    for month in (1, 2, 3):
        ours.store_event(materialization("run", "table", month))
    stock = SqliteEventLogStorage(str(tmp_path))
    assert partitions(stock, "table") == {"2024-01", "2024-02", "2024-03"}
    assert len(stock.get_logs_for_run("run")) == 3


def test_more_runs_than_kept_engines(tmp_path: Path) -> None:
    storage = EventLogStorage(str(tmp_path))
    for run in range(2 * KEPT_ENGINES):
        storage.store_event(materialization(f"run{run}", "table", run % 12 + 1))
    assert all(len(storage.get_logs_for_run(f"run{run}")) == 1 for run in range(2 * KEPT_ENGINES))


def test_threads_and_processes_write_at_once(tmp_path: Path) -> None:
    storage = EventLogStorage(str(tmp_path))
    processes = [
        subprocess.Popen([sys.executable, "-c", WRITE, str(tmp_path), f"process{number}"])
        for number in range(2)
    ]

    def write(asset: str) -> None:
        for month in range(1, 13):
            storage.store_event(materialization("shared", asset, month))

    threads = [threading.Thread(target=write, args=(f"thread{number}",)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [process.wait() for process in processes] == [0, 0]
    for asset in ("process0", "process1", "thread0", "thread1"):
        assert len(partitions(storage, asset)) == 12

"""Snapshots: found, opened read-only, held by a lease, watched; and what is said of broken ones."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import date
from pathlib import Path

import duckdb
import pytest

from dashboards.metrics import sql
from dashboards.snapshot import Fingerprint, current, fingerprint, read_status, watch
from runtime.errors import BankError
from runtime.files import replace_symlink
from runtime.settings import PROJECT_ROOT
from tests.dashboards.bank import publish

BUILD = "2026-01-01-a"


def _leases(published: Path, build: str = BUILD) -> list[Path]:
    return sorted((published / "leases" / build).iterdir())


def _is_held(lease: Path) -> bool:
    """What the pruner asks: can the lease be had exclusively?"""
    handle = os.open(lease, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def test_nothing_published_is_no_snapshot(tmp_path: Path) -> None:
    assert current(tmp_path) is None
    assert read_status(tmp_path) is None
    assert fingerprint(tmp_path) == Fingerprint(None, None)


def test_a_snapshot_tells_what_it_is(published: Path) -> None:
    snapshot = current(published)
    assert snapshot is not None
    with snapshot:
        assert snapshot.build == BUILD
        assert snapshot.currency == "EUR"
        assert (snapshot.first_month, snapshot.last_month) == (date(2024, 1, 1), date(2025, 12, 1))
        assert snapshot.info["bank"] == "Test Bank"
        assert "2025-12" in snapshot.availability["gl_balance.closing"]
        assert snapshot.status is not None and snapshot.status.state == "ok"
        with snapshot.cursor() as cursor:
            assert cursor.execute("SELECT count(*) FROM bank.marts.dim_branch").fetchone() == (4,)


def test_a_reader_changes_nothing(published: Path) -> None:
    folder = published / BUILD
    before = {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.iterdir()}
    snapshot = current(published)
    assert snapshot is not None
    with snapshot, snapshot.cursor() as cursor:
        for statement in ("DELETE FROM dim_branch", "COPY (SELECT 1) TO 'x.csv'", "SET threads = 1"):
            with pytest.raises(duckdb.Error):
                cursor.execute(statement)
    assert {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.iterdir()} == before


def test_a_newer_snapshot_does_not_disturb_the_older(published: Path, semantic_manifest: str) -> None:
    older = current(published)
    assert older is not None
    publish(published, semantic_manifest, "2026-02-01-b", bank="Renamed Bank")
    newer = current(published)
    assert newer is not None
    with older, newer:
        assert (older.build, newer.build) == (BUILD, "2026-02-01-b")
        with older.cursor() as one, newer.cursor() as other:
            one.execute("SELECT count(*) FROM dim_branch")
            other.execute("SELECT count(*) FROM dim_product")
            assert (one.fetchone(), other.fetchone()) == ((4,), (3,))
        assert _is_held(_leases(published)[0])


def test_the_same_snapshot_twice_in_a_process(published: Path) -> None:
    one, other = current(published), current(published)
    assert one is not None and other is not None
    assert len(_leases(published)) == 2
    one.close()
    with other.cursor() as cursor:
        assert cursor.execute("SELECT 1").fetchone() == (1,)
    other.close()


def test_a_lease_is_held_until_the_snapshot_is_closed(published: Path) -> None:
    snapshot = current(published)
    assert snapshot is not None
    lease = _leases(published)[0]
    assert lease.name.startswith(f"{os.getpid()}-")
    assert _is_held(lease)
    snapshot.close()
    snapshot.close()
    assert not lease.exists()


def test_a_killed_reader_leaves_no_lock(published: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from dashboards.snapshot import current\n"
        "snapshot = current(Path(sys.argv[1])); print('open', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(published)]
    with subprocess.Popen(command, cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout is not None and reader.stdout.readline() == "open\n"
        lease = _leases(published)[0]
        assert _is_held(lease)
        reader.send_signal(signal.SIGKILL)
        reader.wait()
    assert lease.exists()
    assert not _is_held(lease)


def test_a_failed_opening_leaves_no_lease(published: Path) -> None:
    (published / BUILD / "bank.duckdb").write_bytes(b"not a database")
    with pytest.raises(BankError, match="damaged"):
        current(published)
    assert _leases(published) == []


@pytest.mark.parametrize("name", ["bank.duckdb", "build.json", "availability.json", "semantic_manifest.json"])
def test_a_snapshot_that_lacks_a_file_is_refused(published: Path, name: str) -> None:
    (published / BUILD / name).unlink()
    with pytest.raises(BankError, match=f"lacks {name}"):
        current(published)


def test_a_pointer_to_nowhere_is_refused(published: Path) -> None:
    replace_symlink(published / "current", "2020-01-01-gone")
    with pytest.raises(BankError, match="2020-01-01-gone can't be opened"):
        current(published)


def test_a_half_written_build_file_is_refused(published: Path) -> None:
    (published / BUILD / "build.json").write_text('{"build": ')
    with pytest.raises(BankError, match=r"build\.json of the published snapshot can't be read"):
        current(published)


@pytest.mark.parametrize("change", [{"format": 0}, {"last_month": None}])
def test_another_format_is_refused(published: Path, change: dict[str, object]) -> None:
    path = published / BUILD / "build.json"
    info = {
        key: value
        for key, value in json.loads(path.read_text()).items()
        if change.get(key, value) is not None
    }
    path.write_text(json.dumps(info | {key: value for key, value in change.items() if value is not None}))
    with pytest.raises(BankError, match="Another version of this software wrote it"):
        current(published)


def test_an_unreadable_status_is_refused(published: Path) -> None:
    (published / "status.json").write_text("{")
    with pytest.raises(BankError, match=r"status\.json"):
        read_status(published)


def test_what_is_kept_is_made_once(published: Path) -> None:
    snapshot = current(published)
    assert snapshot is not None
    made: list[int] = []
    with snapshot:
        assert [snapshot.keep("key", lambda: made.append(1) or len(made)) for _ in range(3)] == [1, 1, 1]


def test_watching_tells_of_a_new_snapshot(published: Path, semantic_manifest: str) -> None:
    seen: list[Fingerprint] = []
    stop = threading.Event()

    def note(found: Fingerprint) -> None:
        seen.append(found)
        if found.build == "2026-02-01-b":
            stop.set()

    thread = threading.Thread(target=watch, args=(published, note, 0.02, stop))
    thread.start()
    publish(published, semantic_manifest, "2026-02-01-b")
    thread.join(timeout=10)
    stop.set()
    assert seen[-1].build == "2026-02-01-b"


def test_the_status_file_alone_changes_the_fingerprint(published: Path) -> None:
    before = fingerprint(published)
    (published / "status.json").write_text('{"state": "building"}')
    os.utime(published / "status.json", ns=(1, 1))
    after = fingerprint(published)
    assert before.build == after.build
    assert before.status_time != after.status_time
    status = read_status(published)
    assert status is not None and status.state == "building"


def test_a_question_that_takes_too_long_is_stopped(published: Path) -> None:
    opened = current(published, patience=0.2)
    assert opened is not None
    with opened:
        began = time.monotonic()
        with pytest.raises(BankError, match=r"The question was stopped after 0\.2 seconds"):
            sql(opened, "SELECT count(*) FROM range(100000000000) AS a (x) WHERE hash(x) % 7 = 8")
        assert time.monotonic() - began < 10
        assert sql(opened, "SELECT 1").records == [(1,)], "the next one is answered"

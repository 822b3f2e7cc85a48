"""A snapshot appears whole, stays as it is, and goes only when nobody reads it."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from orchestration import publication
from orchestration.publication import Break, Check, Contents
from runtime.failpoints import FAILPOINTS


def contents(
    run_id: str = "0123456789", checks: list[Check] | None = None, breaks: list[Break] | None = None
) -> Contents:
    return Contents(
        bank="Test Bank",
        currency_code="EUR",
        run_id=run_id,
        first_month="2024-01",
        last_month="2024-12",
        business_date="2024-12-31",
        checks=checks or [Check("unique", "dim_branch", True, True), Check("late", "kpi", False, False, 3)],
        breaks=breaks or [],
        deliveries=[],
        availability={"account.balance": ["2024-01"]},
        fingerprint="f",
    )


def marts(folder: Path, value: int) -> Path:
    file = folder / "bank.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("create schema if not exists marts")
        connection.execute(f"create or replace table marts.t as select {value} as value")
    return file


def read(published: Path) -> int:
    file = (published / "current").resolve() / "bank.duckdb"
    with duckdb.connect(str(file), read_only=True) as connection:
        row = connection.execute("select value from marts.t").fetchone()
    assert row is not None
    return row[0]


def publish(tmp_path: Path, value: int, run_id: str) -> str:
    return publication.publish(tmp_path / "published", marts(tmp_path, value), [], contents(run_id))


def test_the_pointer_names_the_newest_snapshot(tmp_path: Path) -> None:
    publish(tmp_path, 1, "run-one-")
    second = publish(tmp_path, 2, "run-two-")
    assert publication.current_build(tmp_path / "published") == second
    assert read(tmp_path / "published") == 2


def test_a_snapshot_says_what_it_is(tmp_path: Path) -> None:
    publish(tmp_path, 1, "run-one-")
    info = publication.current_info(tmp_path / "published")
    assert info is not None
    assert (info["bank"], info["checks_passed"], info["checks_failed"], info["checks_warned"]) == (
        "Test Bank",
        1,
        0,
        1,
    )


def test_a_snapshot_with_a_break_is_provisional_and_one_that_only_warns_is_final(tmp_path: Path) -> None:
    publish(tmp_path, 1, "run-one-")
    warned = publication.current_info(tmp_path / "published")
    assert warned is not None
    assert (warned["final"], warned["breaks"], warned["checks_warned"]) == (True, [], 1)

    foots = Check("ledger_trial_balance_foots", "fct_recon_break", False, False, 2, keeps_from_final=True)
    found = Break("trial_balance", 2, 1.5, 31)
    publication.publish(
        tmp_path / "published", marts(tmp_path, 2), [], contents("run-two-", [foots], [found])
    )
    broken = publication.current_info(tmp_path / "published")
    assert broken is not None
    assert (broken["final"], broken["checks_failed"], broken["checks_warned"]) == (False, 0, 1)
    assert broken["breaks"] == [{"kind": "trial_balance", "count": 2, "amount": 1.5, "oldest_age_days": 31}]


def test_files_of_a_snapshot_are_read_only(tmp_path: Path) -> None:
    build = publish(tmp_path, 1, "run-one-")
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "published" / build).iterdir()}
    assert modes == {0o444}


def test_old_snapshots_go_unless_a_reader_holds_them(tmp_path: Path) -> None:
    published = tmp_path / "published"
    builds = [publish(tmp_path, value, f"run-{value}---") for value in range(4)]
    builds.sort()
    leases = published / publication.LEASES / builds[0]
    leases.mkdir(parents=True)
    handle = os.open(leases / "1-1", os.O_RDWR | os.O_CREAT)
    fcntl.flock(handle, fcntl.LOCK_SH)
    removed = publication.prune(published, keep=2)
    assert builds[0] not in removed
    os.close(handle)
    assert builds[0] in publication.prune(published, keep=2)
    assert publication.current_build(published) is not None
    assert read(published) in range(4)


PUBLISH = """
import sys
from pathlib import Path
from tests.orchestration.test_publication import publish
publish(Path(sys.argv[1]), 2, "run-two-")
"""


@pytest.mark.parametrize("name", [name for name in FAILPOINTS if name.startswith("publish.")])
def test_killed_anywhere_readers_see_the_old_or_the_new_and_the_next_one_carries_on(
    tmp_path: Path, name: str
) -> None:
    publish(tmp_path, 1, "run-one-")
    killed = subprocess.run(
        [sys.executable, "-c", PUBLISH, str(tmp_path)], env=os.environ | {"BANK_FAILPOINT": name}, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    assert read(tmp_path / "published") == (2 if name == "publish.after_pointer" else 1)
    publish(tmp_path, 3, "run-thr-")
    publication.prune(tmp_path / "published")
    assert read(tmp_path / "published") == 3
    assert not list((tmp_path / "published").glob(".*draft"))


def test_status_is_for_readers(tmp_path: Path) -> None:
    publication.set_status(
        tmp_path, "failed", run_id="r", message="2 checks failed.", failed_checks=["b", "a"]
    )
    status = json.loads((tmp_path / "status.json").read_text())
    assert (status["state"], status["failed_checks"]) == ("failed", ["a", "b"])


def test_failure_is_told_where_the_disk_takes_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publication.set_status(tmp_path, "building", run_id="r", message="A build is under way.")

    def full(path: Path, value: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(publication, "write_json_atomic", full)
        publication.set_status(tmp_path, "failed", run_id="r", message="The disk is full.")
        with pytest.raises(OSError, match="No space left"):
            publication.set_status(tmp_path, "ok", run_id="r", message="Built and checked.")
    status = json.loads((tmp_path / "status.json").read_text())
    assert (status["state"], status["run_id"]) == ("failed", "r")
    assert "no room" in status["message"]
    publication.set_status(tmp_path, "ok", run_id="s", message="Built and checked.")
    assert [path.name for path in tmp_path.iterdir()] == ["status.json"]

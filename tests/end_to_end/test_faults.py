"""What goes wrong in a bank: every fault is said in three sentences, readers keep what they had, and the next
start carries on.

One bank meets them all, one after the other, on its way to a corrected quarter: so the last test shows that a
build after any number of faults equals one from scratch. Each test also stands alone.
"""

from __future__ import annotations

import gzip
import json
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.locks import file_lock
from tests.end_to_end import deliveries
from tests.end_to_end.bank import Bank, differences
from tests.end_to_end.conftest import late_targets


@pytest.fixture(scope="module")
def bank(built_bank: Bank, tmp_path_factory: pytest.TempPathFactory) -> Bank:
    """A built bank with a corrected middle month that no build has seen yet."""
    copy = built_bank.copy(tmp_path_factory.mktemp("faults") / "bank")
    done = copy.deliver(
        {
            "transaction_20251130.csv": deliveries.other_channels(copy.landed("transaction_20251130.csv")),
            **late_targets(built_bank),
        }
    )
    assert done.code == 0, done.err
    return copy


@pytest.fixture
def unchanged(bank: Bank) -> Iterator[Bank]:
    """The bank, whose readers must see the same after the test as before it."""
    before = bank.published()
    yield bank
    assert bank.published() == before


def test_setting_that_is_no_port(unchanged: Bank) -> None:
    unchanged.environment["DASHBOARD_PORT"] = "door"
    try:
        done = unchanged.run("build")
    finally:
        del unchanged.environment["DASHBOARD_PORT"]
    what, _, fix = done.complaint
    assert done.code == 1
    assert "DASHBOARD_PORT" in what and "'door'" in what
    assert "DASHBOARD_PORT" in fix


def test_bank_data_that_is_a_file(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("not a folder")
    for command in ("build", "ingest"):
        done = Bank(file).run(command)
        assert done.code == 1
        assert str(file) in " ".join(done.complaint)
    assert file.read_text() == "not a folder"


def test_empty_landing_folder(tmp_path: Path) -> None:
    bank = Bank(tmp_path / "bank")
    (bank.folder / "landing").mkdir(parents=True)
    done = bank.run("build")
    what, _, fix = done.complaint
    assert done.code == 1
    assert "no bank here" in what
    assert "./bank ingest" in fix
    assert not (bank.folder / "published" / "current").exists()


def test_delivery_folder_without_a_known_file(unchanged: Bank, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear bank")
    done = unchanged.run("ingest", "--source", "demo", str(tmp_path))
    assert done.code == 1
    assert str(tmp_path) in done.complaint[0]


def test_taken_port(unchanged: Bank) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        unchanged.environment["DASHBOARD_PORT"] = str(port)
        try:
            done = unchanged.run("up")
        finally:
            del unchanged.environment["DASHBOARD_PORT"]
    what, _, fix = done.complaint
    assert done.code == 1
    assert what == f"Port {port} is taken."
    assert f"DASHBOARD_PORT={port + 1}" in fix


def test_held_lock(unchanged: Bank) -> None:
    with file_lock(unchanged.settings.dagster_home / "build.lock", "bank build"):
        done = unchanged.run("build")
    what, _, fix = done.complaint
    assert done.code == 1
    assert "bank build" in what and "process" in what
    assert "again" in fix


def test_corrupt_file_is_refused_whole_and_named(unchanged: Bank) -> None:
    """A sector of zeros in a text file, a compressed file cut short."""
    text, packed = "transaction_20251231.csv", "contact_20251130.jsonl.gz"
    content = unchanged.landed(text)
    done = unchanged.deliver(
        {
            text: content[:4096] + bytes(512) + content[4608:],
            packed: gzip.compress(unchanged.landed(text))[:-2000],
        }
    )
    assert done.code == 1
    assert "2 files refused" in done.out
    assert text in done.complaint[1] and packed in done.complaint[1]
    refusals = unchanged.succeed("quarantine")
    for name in (text, packed):
        assert f"refused: correction-001/{name}" in refusals


@pytest.mark.parametrize(
    ("failpoint", "name"),
    [("ingest.after_copy", "customer_20251031.csv"), ("ingest.after_raw", "customer_20251130.csv")],
)
def test_killed_while_loading(unchanged: Bank, failpoint: str, name: str) -> None:
    """All failpoints: test_failpoints.py."""
    corrected = {name: deliveries.other_segments(unchanged.landed(name))}
    assert unchanged.deliver(corrected, failpoint=failpoint).code == -signal.SIGKILL
    assert "1 files" in unchanged.deliver(corrected).out
    assert "nothing new in landing" in unchanged.deliver(corrected).out


def test_full_disk(unchanged: Bank) -> None:
    """No file may grow beyond what the warehouse's first checkpoint needs."""
    done = unchanged.run("build", file_limit=3_500_000)
    what, why, fix = done.complaint
    assert done.code == 1
    assert "build failed" in what
    assert why == "Readers keep the snapshot before."
    assert "build again" in fix
    assert unchanged.status()["state"] == "failed"


def test_failed_check_keeps_the_snapshot_before(unchanged: Bank) -> None:
    """Customers of a branch that the bank doesn't have would be missing from every figure by branch."""
    name = "customer_20251130.csv"
    assert unchanged.deliver({name: deliveries.at_another_branch(unchanged.landed(name))}).code == 0
    done = unchanged.run("build")
    what, why, _ = done.complaint
    assert done.code == 1
    assert "kpi_customers_month: relationships_kpi_customers_month_branch_id" in what
    assert why == "Readers keep the snapshot before."
    status = unchanged.status()
    assert status["state"] == "failed"
    assert any("kpi_customers_month_branch_id" in check for check in status["failed_checks"])


def test_ledger_that_does_not_foot_is_published_as_provisional(built_bank: Bank, tmp_path: Path) -> None:
    """And as final again once it is corrected."""
    bank = built_bank.copy(tmp_path / "bank")
    assert bank.info()["final"] is True
    name = "gl_balance_20251130.csv"
    assert bank.deliver({name: deliveries.out_of_balance(bank.landed(name))}).code == 0
    said = bank.succeed("build")
    assert "Provisional: 2 ledger breaks" in said
    assert "SELECT * FROM fct_recon_break" in said
    info = bank.info()
    assert bank.status()["state"] == "ok"
    assert (info["final"], info["checks_failed"]) == (False, 0)
    # the day after opens without the entry
    assert [(one["kind"], one["count"], one["amount"]) for one in info["breaks"]] == [
        ("opening", 1, 1.0),
        ("trial_balance", 1, 1.0),
    ]
    checks = json.loads((bank.settings.published / "current" / "checks.json").read_text())
    failed = {one["name"]: one for one in checks if not one["passed"] and one["keeps_from_final"]}
    assert failed.keys() == {"ledger_trial_balance_foots", "ledger_opening_is_previous_closing"}
    assert {(one["blocking"], one["failed_rows"]) for one in failed.values()} == {(False, 1)}
    asked = bank.run("metrics", "query", "--metrics", "total_assets")
    assert (asked.code, "Provisional: 2 ledger breaks" in asked.err) == (0, True)
    assert "Total assets" in asked.out and "Provisional" not in asked.out

    assert bank.deliver({name: bank.landed(name)}).code == 0
    assert "Provisional" not in bank.succeed("build")
    assert (bank.info()["final"], bank.info()["breaks"]) == (True, [])
    assert bank.run("metrics", "query", "--metrics", "total_assets").err == ""


def test_after_all_faults_the_next_build_equals_one_from_scratch(
    bank: Bank, built_bank: Bank, tmp_path: Path
) -> None:
    before = bank.marts()
    ledger, customers, again = "gl_balance_20251130.csv", "customer_20251231.csv", "customer_20251130.csv"
    done = bank.deliver(
        {
            ledger: deliveries.moved_between_branches(bank.landed(ledger)),
            customers: deliveries.other_segments(bank.landed(customers)),
            again: deliveries.other_segments(bank.landed(again)),
        }
    )
    assert done.code == 0
    bank.succeed("build")
    assert bank.status()["state"] == "ok"
    assert not [file.name for file in (bank.folder / "published").glob(".*")]
    after = bank.marts()
    changed = {line.split(":")[0] for line in differences(before, after)}
    # the corrections reach every kind of mart, those of models included
    assert {
        "fct_transaction", "fct_account_month", "fct_gl_month", "fct_target", "fct_transaction_score",
        "kpi_finance_month", "kpi_customers_month", "kpi_transactions_day", "kpi_fraud_month",
    } <= changed  # fmt: skip

    scratch = Bank(tmp_path / "scratch")
    (bank.folder / "landing").rename(tmp_path / "landing")
    scratch.folder.mkdir()
    (tmp_path / "landing").rename(scratch.folder / "landing")
    scratch.succeed("build")
    assert differences(after, scratch.marts()) == []

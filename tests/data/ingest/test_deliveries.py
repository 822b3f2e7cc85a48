"""Deliveries are facts: the same again changes nothing, a correction supersedes, an orphan waits."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from data.ingest import ledger
from data.ingest.load import ingest, pending
from runtime.errors import BankError
from tests.data.ingest.support import SmallBank, csv_text

NAME = "transaction_20240131.csv"


def _hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_same_file_again_changes_nothing(bank: SmallBank) -> None:
    bank.with_parents().deliver(NAME, csv_text("transaction", {}))
    bank.load()
    before = (_hashes(bank.settings.raw), _hashes(bank.settings.landing), ledger.deliveries(bank.settings))
    report = bank.load()
    assert report.files == 0
    assert report.summary() == "nothing new in landing"
    after = (_hashes(bank.settings.raw), _hashes(bank.settings.landing), ledger.deliveries(bank.settings))
    assert after == before


def test_correction_supersedes_and_both_stay(bank: SmallBank) -> None:
    bank.with_parents().deliver(NAME, csv_text("transaction", {}, {"transaction_id": "T2"}))
    bank.load()
    old = bank.delivery(NAME)
    between = old["received_at"]
    bank.deliver(NAME, csv_text("transaction", {"amount": "99.00"}))
    bank.load()
    rows = [row for row in ledger.deliveries(bank.settings) if row["table_name"] == "transaction"]
    assert [(row["state"], row["supersedes"]) for row in rows] == [
        ("superseded", None),
        ("live", old["version_id"]),
    ]
    assert bank.rows("SELECT transaction_id, amount FROM raw.transaction") == [("T1", 99)]
    assert bank.rows("SELECT count(*), sum(amount) FROM raw.transaction", as_of=between) == [(2, 25)]
    landed = [path.read_text() for path in sorted(bank.settings.landing.rglob(NAME))]
    assert len(landed) == 2
    assert len(list(bank.settings.raw.glob("transaction/*/*.parquet"))) == 2


def test_refused_correction_leaves_the_old_one_live(bank: SmallBank) -> None:
    bank.with_parents().deliver(NAME, csv_text("transaction", {}))
    bank.load()
    bank.deliver(NAME, "")
    assert len(bank.load().refused) == 1
    assert bank.rows("SELECT count(*) FROM raw.transaction") == [(1,)]


def test_same_content_for_another_date_is_another_delivery(bank: SmallBank) -> None:
    for day in ("20240131", "20240229"):
        bank.deliver(f"product_{day}.csv", csv_text("product", {}))
    bank.load()
    assert bank.rows("SELECT business_date::VARCHAR FROM raw.product ORDER BY 1") == [
        ("2024-01-31",),
        ("2024-02-29",),
    ]


def test_identical_rows_are_loaded_once_conflicting_ones_not_at_all(bank: SmallBank) -> None:
    bank.with_parents().deliver(
        NAME,
        csv_text(
            "transaction", {}, {"transaction_id": "T2"}, {}, {"transaction_id": "T2", "amount": "1.00"},
            {"transaction_id": "T3"},
        ),
    )  # fmt: skip
    bank.load()
    assert bank.rows("SELECT transaction_id FROM raw.transaction ORDER BY 1") == [("T1",), ("T3",)]
    found = bank.quarantine()
    assert [(row["line_number"], row["rule"], row["value"]) for row in found] == [
        (3, "duplicate", "T2"),
        (4, "duplicate", "T1"),
        (5, "duplicate", "T2"),
    ]
    assert found[1]["reason"] == "The row is the same as line 2 of the file."
    assert "different content" in found[0]["reason"]


def test_key_that_is_live_already_is_a_duplicate(bank: SmallBank) -> None:
    bank.with_parents().deliver(NAME, csv_text("transaction", {}))
    bank.load()
    late = csv_text("transaction", {}, {"transaction_id": "T9", "booking_date_time": "2024-02-03 08:00:00"})
    bank.deliver("transaction_20240229.csv", late)
    bank.load()
    (row,) = bank.quarantine()
    assert (row["file_name"], row["rule"], row["value"]) == ("transaction_20240229.csv", "duplicate", "T1")
    assert bank.delivery(NAME)["version_id"] in row["reason"]


def test_late_rows_go_to_the_month_of_their_event(bank: SmallBank) -> None:
    bank.with_parents().deliver(
        "transaction_20240229.csv",
        csv_text("transaction", {}, {"transaction_id": "T2", "booking_date_time": "2024-02-03 08:00:00"}),
    )
    bank.load()
    months = sorted(path.parent.name for path in bank.settings.raw.glob("transaction/*/*.parquet"))
    assert months == ["month=2024-01", "month=2024-02"]
    assert ledger.changed_months(bank.settings, {}) == ["2024-01", "2024-02"]


def test_orphans_wait_and_are_released_when_the_parent_comes(bank: SmallBank) -> None:
    bank.deliver(NAME, csv_text("transaction", {}, {"transaction_id": "T2", "account_id": "A2"}))
    bank.deliver("account_20240131.csv", csv_text("account", {}))
    bank.load()
    # T1 waits for A1, which itself waits for its customer
    waiting = {(row["table_name"], row["value"]) for row in bank.quarantine()}
    assert waiting == {("account", "C1"), ("transaction", "A1"), ("transaction", "A2")}
    before = bank.delivery(NAME)["received_at"]

    bank.deliver("customer_20240131.csv", csv_text("customer", {}))
    assert bank.load().released == 2
    assert bank.rows("SELECT transaction_id, line_number FROM raw.transaction") == [("T1", 2)]
    delivery = bank.delivery(NAME)
    assert (delivery["rows_loaded"], delivery["rows_quarantined"], delivery["control_total"]) == (
        1,
        1,
        "12.50",
    )
    assert [path.name for path in bank.settings.raw.glob("transaction/*/*")] == [
        f"{delivery['version_id']}.r1.parquet"
    ]
    assert bank.rows("SELECT count(*) FROM raw.transaction", as_of=before) == [(0,)]
    counts = "SELECT table_name, rule, rows FROM raw.quarantine_count ORDER BY 1"
    assert bank.rows(counts) == [("transaction", "waits_for_parent", 1)]
    assert bank.rows(counts, as_of=before)[-1] == ("transaction", "waits_for_parent", 2)

    bank.deliver("account_20240229.csv", csv_text("account", {"id": "A2", "date": "2024-02-29"}))
    assert bank.load().released == 1
    assert bank.quarantine() == []
    assert bank.rows("SELECT count(*) FROM raw.transaction") == [(2,)]
    assert ledger.changed_months(bank.settings, {}) == ["2024-01", "2024-02"]


def test_order_of_arrival_does_not_matter(tmp_path: Path) -> None:
    files = {
        "customer_20240131.csv": csv_text("customer", {}),
        "account_20240131.csv": csv_text("account", {}),
        NAME: csv_text("transaction", {}, {"transaction_id": "T2"}),
    }
    contents = []
    for number, names in enumerate((list(files), list(reversed(files)))):
        bank = SmallBank(tmp_path / str(number))
        bank.folder.mkdir()
        for name in names:
            bank.deliver(name, files[name])
            bank.load()
        contents.append(bank.rows("SELECT * FROM raw.transaction ORDER BY transaction_id"))
    assert contents[0] == contents[1]
    assert len(contents[0]) == 2


def test_second_own_bank_is_refused_with_the_line_to_use(bank: SmallBank) -> None:
    bank.with_parents()
    bank.deliver("district.asc", "A1;A2\n")
    with pytest.raises(BankError) as error:
        bank.load("berka")
    command = f"BANK_DATA=data/local-berka ./bank ingest --source berka {bank.deliveries_folder}"
    assert error.value.fix == f"Run: {command}"
    assert not (bank.settings.landing / "berka").exists()


def test_folder_without_known_files_says_what_is_expected(bank: SmallBank) -> None:
    bank.deliver("notes.doc", "x")
    with pytest.raises(BankError, match=r"the folder holds notes\.doc"):
        bank.load()


def test_empty_landing_is_no_error(bank: SmallBank) -> None:
    assert ingest(bank.settings).summary() == "nothing new in landing"
    assert ledger.deliveries(bank.settings) == []
    assert ledger.month_range(bank.settings) is None
    assert not bank.settings.raw.exists()


def test_unknown_source_names_the_known_ones(bank: SmallBank) -> None:
    bank.deliver("x.csv", "")
    with pytest.raises(BankError, match=r"data/sources holds: .*demo"):
        bank.load("nobody")


def test_pending_reads_bytes_only_of_files_that_changed(
    bank: SmallBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank.with_parents()
    landed = bank.settings.landing / "demo" / NAME
    landed.write_text(csv_text("transaction", {}))
    (file,) = pending(bank.settings)
    assert (file.table, file.month, file.source) == ("transaction", "2024-01", "demo")

    def unread(_: Path) -> str:
        raise AssertionError("a file that did not change was read")

    monkeypatch.setattr("data.ingest.landing.sha256_file", unread)
    assert [item.version_id for item in pending(bank.settings)] == [file.version_id]


def test_only_the_tables_and_months_asked_for(bank: SmallBank) -> None:
    for day in ("20240131", "20240229"):
        bank.deliver(f"product_{day}.csv", csv_text("product", {}))
    bank.deliver("curve_20240131.csv", csv_text("curve", {}))
    report = ingest(bank.settings, "demo", bank.deliveries_folder, tables=["product"], months=["2024-02"])
    assert [result.file_name for result in report.results] == ["product_20240229.csv"]
    assert len(pending(bank.settings)) == 2


def test_refused_file_is_tried_again_only_with_a_changed_mapping(bank: SmallBank) -> None:
    bank.deliver("product_20240131.csv", "x\n")
    assert len(bank.load().refused) == 1
    assert pending(bank.settings) == []
    with ledger.connect(bank.settings) as connection, connection:
        connection.execute("UPDATE delivery SET mapping_hash = 'another'")
    assert len(pending(bank.settings)) == 1
    assert len(bank.load().refused) == 1
    assert len(ledger.deliveries(bank.settings)) == 1


def test_months_that_were_seen_are_no_longer_changed(bank: SmallBank) -> None:
    bank.with_parents()
    assert ledger.changed_months(bank.settings, {}) == ["2024-01"]
    seen = {"2024-01": ledger.position(bank.settings)}
    assert ledger.changed_months(bank.settings, seen) == []
    bank.deliver(NAME, csv_text("transaction", {}))
    bank.load()
    assert ledger.changed_months(bank.settings, seen) == ["2024-01"]


def test_landing_is_never_changed(bank: SmallBank) -> None:
    bank.with_parents()
    before = _hashes(bank.settings.landing)
    bank.deliver(NAME, "rubbish")
    bank.load()
    after = _hashes(bank.settings.landing)
    assert {name: after[name] for name in before} == before


def test_files_that_have_to_do_with_each_other_are_judged_in_order(bank: SmallBank) -> None:
    """Small files are loaded together, with the result they have one by one."""
    bank.with_parents()
    february = {"booking_date_time": "2024-02-03 08:00:00"}
    bank.deliver(NAME, csv_text("transaction", {}, {"transaction_id": "T2", "account_id": "A2"}))
    bank.deliver(
        "transaction_20240229.csv",
        csv_text("transaction", {}, {"transaction_id": "T2"}, {"transaction_id": "T3", **february}),
    )
    bank.deliver(
        "transaction_20240331.csv",
        csv_text(
            "transaction", {"transaction_id": "T3", **february}, {"transaction_id": "T4", "amount": "x"}
        ),
    )
    bank.deliver("transaction_20240430.csv", "another header\n")
    report = bank.load()
    assert [result.file_name for result in report.refused] == ["transaction_20240430.csv"]
    assert (report.rows_delivered, report.rows_loaded, report.rows_quarantined) == (7, 3, 4)
    found = {(row["file_name"][-12:-4], row["line_number"], row["rule"]) for row in bank.quarantine()}
    assert found == {
        ("20240131", 3, "waits_for_parent"),
        ("20240229", 2, "duplicate"),
        ("20240331", 2, "duplicate"),
        ("20240331", 3, "type"),
    }
    assert bank.rows("SELECT transaction_id FROM raw.transaction ORDER BY 1") == [("T1",), ("T2",), ("T3",)]


def test_bad_rows_of_files_loaded_together_are_told_apart(bank: SmallBank) -> None:
    for day in ("2024-01-31", "2024-02-29", "2024-03-31"):
        bad = {"tenor_days": "x"} if day == "2024-02-29" else {"tenor_days": "30"}
        rows = ({"date": day}, {"date": day, **bad}, {"date": day})
        bank.deliver(f"curve_{day.replace('-', '')}.csv", csv_text("curve", *rows))
    bank.load()
    found = [(row["file_name"], row["line_number"], row["rule"]) for row in bank.quarantine()]
    assert sorted(found) == [
        ("curve_20240131.csv", 4, "duplicate"),
        ("curve_20240229.csv", 3, "type"),
        ("curve_20240229.csv", 4, "duplicate"),
        ("curve_20240331.csv", 4, "duplicate"),
    ]
    assert bank.rows(
        "SELECT date::VARCHAR, count(*), any_value(version_id) FROM raw.curve GROUP BY 1 ORDER BY 1"
    ) == [
        (day, rows, bank.delivery(f"curve_{day.replace('-', '')}.csv")["version_id"])
        for day, rows in (("2024-01-31", 2), ("2024-02-29", 1), ("2024-03-31", 2))
    ]

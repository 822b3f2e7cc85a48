"""What a bank sent last counts: a file that is sent again after a correction takes the correction back."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.ingest import ledger
from data.ingest.arrivals import History, content_of, version_name
from data.ingest.ledger_schema import VERSION
from data.ingest.load import ingest, pending
from runtime.clock import now
from runtime.errors import BankError
from tests.data.ingest.support import SmallBank, csv_text, use_mapping

NAME = "transaction_20240131.csv"
ORIGINAL = csv_text("transaction", {}, {"transaction_id": "T2", "booking_date_time": "2023-12-31 08:00:00"})
WRONG = csv_text("transaction", {"amount": "99.00"})
AMOUNTS = "SELECT transaction_id, amount FROM raw.transaction ORDER BY ALL"
ORIGINAL_AMOUNTS = [("T1", 12.5), ("T2", 12.5)]
WRONG_AMOUNTS = [("T1", 99)]


def _states(bank: SmallBank, table: str = "transaction") -> list[tuple[str, str | None]]:
    """State and what it supersedes, of every delivery of a table, by the version's place among them."""
    rows = [row for row in ledger.deliveries(bank.settings) if row["table_name"] == table]
    names = {row["version_id"]: f"#{number}" for number, row in enumerate(rows, start=1)}
    return [(row["state"], names.get(row["supersedes"])) for row in rows]


def _send(bank: SmallBank, *contents: str, name: str = NAME) -> list[str]:
    """Deliver and load one content after the other; gives a moment after each."""
    moments = []
    for content in contents:
        bank.deliver(name, content)
        bank.load()
        moments.append(now().isoformat())
    return moments


def test_original_sent_again_takes_a_wrong_correction_back(bank: SmallBank) -> None:
    before, between, after = _send(bank.with_parents(), ORIGINAL, WRONG, ORIGINAL)
    assert bank.rows(AMOUNTS) == ORIGINAL_AMOUNTS
    assert bank.rows(AMOUNTS, as_of=before) == ORIGINAL_AMOUNTS
    assert bank.rows(AMOUNTS, as_of=between) == WRONG_AMOUNTS
    assert bank.rows(AMOUNTS, as_of=after) == ORIGINAL_AMOUNTS
    assert _states(bank) == [("superseded", None), ("superseded", "#1"), ("live", "#2")]
    landed = sorted(bank.settings.landing.rglob(NAME), key=lambda path: path.stat().st_mtime_ns)
    assert [path.read_text() for path in landed] == [ORIGINAL, WRONG, ORIGINAL]


def test_next_build_sees_that_a_correction_was_taken_back(bank: SmallBank) -> None:
    _send(bank.with_parents(), ORIGINAL, WRONG)
    months = ["2023-12", "2024-01"]
    seen = dict.fromkeys(months, ledger.position(bank.settings))
    _send(bank, ORIGINAL)
    assert ledger.changed_months(bank.settings, seen) == months


def test_sent_twice_in_a_row_changes_nothing(bank: SmallBank) -> None:
    _send(bank.with_parents(), ORIGINAL, WRONG, ORIGINAL)
    position, deliveries = ledger.position(bank.settings), ledger.deliveries(bank.settings)
    _send(bank, ORIGINAL, ORIGINAL)
    assert (ledger.position(bank.settings), ledger.deliveries(bank.settings)) == (position, deliveries)
    assert len(list(bank.settings.landing.rglob(NAME))) == 3


def test_back_and_forth_as_often_as_one_likes(bank: SmallBank) -> None:
    moments = _send(bank.with_parents(), ORIGINAL, WRONG, ORIGINAL, WRONG, ORIGINAL)
    found = [bank.rows(AMOUNTS, as_of=moment) for moment in moments]
    assert found == [ORIGINAL_AMOUNTS, WRONG_AMOUNTS] * 2 + [ORIGINAL_AMOUNTS]
    versions = [row["version_id"] for row in ledger.deliveries(bank.settings)[-5:]]
    assert len(set(versions)) == 5
    assert [content_of(version) == content_of(versions[0]) for version in versions] == [
        True, False, True, False, True,
    ]  # fmt: skip


def test_landing_alone_gives_the_same_again(bank: SmallBank, tmp_path: Path) -> None:
    """Versions are named alike too, so that a warehouse built anew equals the old one."""
    _send(bank.with_parents(), ORIGINAL, WRONG, ORIGINAL)
    again = SmallBank(tmp_path / "again")
    shutil.copytree(bank.settings.landing, again.settings.landing)
    ingest(again.settings)
    rows = "SELECT * FROM raw.transaction ORDER BY ALL"
    assert again.rows(rows) == bank.rows(rows)
    assert _states(again) == _states(bank)


def test_rows_are_judged_anew(bank: SmallBank) -> None:
    """Quarantined, waiting, released: each as it is right at the time of the second arrival."""
    rows = (
        {},
        {"transaction_id": "T2", "amount": "x"},
        {"transaction_id": "T3", "account_id": "A3"},
        {"transaction_id": "T4", "account_id": "A4"},
    )
    original = csv_text("transaction", *rows)
    _send(bank.with_parents(), original)
    bank.deliver("account_20240131.csv", csv_text("account", {}, {"id": "A3"}))
    assert bank.load().released == 1
    _send(bank, WRONG)
    assert bank.quarantine() == []
    _send(bank, original)
    delivery = bank.delivery("correction-002/" + NAME)
    assert (delivery["state"], delivery["rows_loaded"], delivery["rows_quarantined"]) == ("live", 2, 2)
    assert [(row["line_number"], row["rule"]) for row in bank.quarantine()] == [
        (3, "type"),
        (5, "waits_for_parent"),
    ]
    assert bank.rows("SELECT transaction_id FROM raw.transaction ORDER BY 1") == [("T1",), ("T3",)]
    bank.deliver("account_20240131.csv", csv_text("account", {}, {"id": "A3"}, {"id": "A4"}))
    assert bank.load().released == 1
    assert len(bank.rows(AMOUNTS)) == 3


def test_key_that_another_delivery_took_meanwhile_stays_there(bank: SmallBank) -> None:
    """Reviving the old raw file would have made the key live twice."""
    without = csv_text("transaction", {"transaction_id": "T9"})
    _send(bank.with_parents(), ORIGINAL, without)
    _send(bank, csv_text("transaction", {"amount": "7.00"}), name="transaction_20240229.csv")
    _send(bank, ORIGINAL)
    assert bank.rows(AMOUNTS) == [("T1", 7), ("T2", 12.5)]
    (row,) = bank.quarantine()
    assert (row["rule"], row["value"]) == ("duplicate", "T1")


def test_overwritten_in_landing_and_back(bank: SmallBank) -> None:
    """A bank that writes into landing itself leaves one file there, whose bytes change."""
    bank.with_parents()
    landed = bank.settings.landing / "demo" / NAME
    for content, expected in (
        (ORIGINAL, ORIGINAL_AMOUNTS), (WRONG, WRONG_AMOUNTS), (ORIGINAL, ORIGINAL_AMOUNTS)
    ):  # fmt: skip
        landed.write_text(content)
        ingest(bank.settings, "demo")
        assert bank.rows(AMOUNTS) == expected
    assert _states(bank) == [("superseded", None), ("superseded", "#1"), ("live", "#2")]


def test_time_of_change_alone_delivers_nothing(bank: SmallBank) -> None:
    _send(bank.with_parents(), ORIGINAL, WRONG)
    os.utime(bank.settings.landing / "demo" / NAME)
    assert pending(bank.settings) == []


def test_same_bytes_under_another_name(bank: SmallBank, monkeypatch: pytest.MonkeyPatch) -> None:
    """Repeating what is live is nothing, also after a later correction; repeating what was is."""
    use_mapping(monkeypatch, bank.folder / "mappings", product=r"product_(?P<business_date>\d{8}).*\.csv")
    first, second = (csv_text("product", {"product_name": name}) for name in ("First", "Second"))
    landing = bank.settings.landing / "demo"
    landing.mkdir(parents=True)
    names: list[str] = []
    for name, content in (
        ("product_20240131.csv", first), ("product_20240131_again.csv", first),
        ("product_20240131-2.csv", second), ("product_20240131_old.csv", first),
    ):  # fmt: skip
        (landing / name).write_text(content)
        report = ingest(bank.settings, "demo")
        names.append(bank.rows("SELECT product_name FROM raw.product")[0][0])
        assert bool(report.files) == (name != "product_20240131_again.csv")
    assert names == ["First", "First", "Second", "First"]
    assert pending(bank.settings) == []


def test_folder_with_several_versions_of_one_table(bank: SmallBank, monkeypatch: pytest.MonkeyPatch) -> None:
    use_mapping(monkeypatch, bank.folder / "mappings", product=r"product_(?P<business_date>\d{8}).*\.csv")
    bank.deliver("product_20240131_v1.csv", csv_text("product", {"product_name": "First"}))
    bank.deliver("product_20240131_v2.csv", csv_text("product", {"product_name": "Second"}))
    bank.load()
    assert bank.load().files == 0
    assert bank.rows("SELECT product_name FROM raw.product") == [("Second",)]
    (bank.deliveries_folder / "product_20240131_v2.csv").unlink()
    assert bank.load().files == 1
    assert bank.rows("SELECT product_name FROM raw.product") == [("First",)]


def test_what_came_before_a_refused_file_is_not_taken_back(bank: SmallBank) -> None:
    _send(bank.with_parents(), ORIGINAL, "another header\n", ORIGINAL)
    assert _states(bank) == [("live", None), ("refused", None)]
    landing = bank.settings.landing / "demo"
    # and all at once, when only reading shows that the one in between is bad
    (landing / "correction-003").mkdir()
    (landing / "correction-003" / NAME).write_text("yet another header\n")
    (landing / "correction-004").mkdir()
    (landing / "correction-004" / NAME).write_text(ORIGINAL)
    assert len(ingest(bank.settings, "demo").results) == 1
    assert _states(bank) == [("live", None), ("refused", None), ("refused", None)]


def test_refused_file_is_not_tried_again_when_a_later_one_is_live(bank: SmallBank) -> None:
    _send(bank.with_parents(), ORIGINAL, "another header\n", WRONG)
    with ledger.connect(bank.settings) as connection, connection:
        connection.execute("UPDATE delivery SET mapping_hash = 'another' WHERE state = 'refused'")
    assert pending(bank.settings) == []


def test_file_that_is_looked_up_may_come_back_too(tmp_path: Path) -> None:
    """What rows say depends on the files they are looked up in."""
    bank = SmallBank(tmp_path)
    bank.deliver(
        "district.asc",
        'A1;A2;A3;A4;A5;A6;A7;A8;A9;A10;A11;A12;A13;A14;A15;A16\n'
        '1;"Praha";"x";1;0;0;0;1;1;100.0;1;1;1;1;1;1\n',
    )  # fmt: skip
    bank.deliver("client.asc", "client_id;birth_number;district_id\n1;706213;1\n2;450204;1\n")
    bank.deliver("account.asc", "account_id;district_id;frequency;date\n1;1;POPLATEK MESICNE;930101\n")
    for owner in ("1", "2", "1"):
        bank.deliver("disp.asc", f"disp_id;client_id;account_id;type\n1;{owner};1;OWNER\n")
        bank.load("berka")
    assert _states(bank, "account") == [("superseded", None), ("superseded", "#1"), ("live", "#2")]
    assert _states(bank, "account_holder") == [("superseded", None), ("superseded", "#1"), ("live", "#2")]


def test_killed_between_copying_and_loading(bank: SmallBank, monkeypatch: pytest.MonkeyPatch) -> None:
    _send(bank.with_parents(), ORIGINAL, WRONG)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    bank.deliver(NAME, ORIGINAL)
    with monkeypatch.context() as patch:
        patch.setattr("data.ingest.load._load_all", killed)
        with pytest.raises(KeyboardInterrupt):
            bank.load()
    bank.load()
    assert bank.rows(AMOUNTS) == ORIGINAL_AMOUNTS
    assert len(list(bank.settings.landing.rglob(NAME))) == 3


FORMS = {
    "a": csv_text("transaction", {"amount": "1.00"}),
    "b": csv_text("transaction", {"amount": "2.00"}),
    "bad": "another header\n",
}


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(list(FORMS)), st.booleans(), st.booleans()), max_size=6))
def test_what_was_sent_last_counts(steps: list[tuple[str, bool, bool]]) -> None:
    """Handed over or written into landing, loaded at once or with what follows, good or bad."""
    with tempfile.TemporaryDirectory() as folder:
        bank = SmallBank(Path(folder)).with_parents()
        expected: list[tuple[int]] = []
        moments: list[tuple[str, list[tuple[int]]]] = []
        for number, (form, handed, loaded) in enumerate(steps):
            expected = {"a": [(1,)], "b": [(2,)]}.get(form, expected)
            if handed:
                bank.deliver(NAME, FORMS[form])
            else:
                place = bank.settings.landing / "demo" / f"sent-{number}"
                place.mkdir()
                (place / NAME).write_text(FORMS[form])
            if handed or loaded:
                ingest(bank.settings, "demo", bank.deliveries_folder if handed else None)
                moments.append((now().isoformat(), expected))
        ingest(bank.settings, "demo")
        query = "SELECT amount::INTEGER FROM raw.transaction"
        assert bank.rows(query) == expected
        assert [bank.rows(query, as_of=moment) for moment, _ in moments] == [rows for _, rows in moments]
        assert pending(bank.settings) == []


def test_history_by_hand() -> None:
    history = History()
    assert history.takes("a", 1) == "a"
    assert history.takes("a", 2) is None, "repeated"
    assert history.takes("b", 3) == "b"
    assert history.takes("a", 2) is None, "arrived before what counts"
    assert history.takes("a", 4) == "a-2"
    history.refused.add("c")
    assert history.takes("c", 5) is None
    assert [content_of(version_name("a", number)) for number in range(3)] == ["a", "a", "a"]


def _as_version_1(bank: SmallBank) -> None:
    """Make the ledger what version 1 would have written."""
    with sqlite3.connect(ledger.ledger_path(bank.settings)) as connection:
        connection.executescript(
            "DROP INDEX quarantine_kept; DROP INDEX landing_file_arrival;"
            "ALTER TABLE quarantine DROP COLUMN same_as; ALTER TABLE delivery DROP COLUMN arrival;"
            "ALTER TABLE landing_file DROP COLUMN arrival;"
            "CREATE TABLE built (month TEXT PRIMARY KEY, position INTEGER, run_id TEXT, built_at TEXT);"
            "PRAGMA user_version = 1;"
        )
    connection.close()


def test_ledger_of_version_1_goes_on(bank: SmallBank) -> None:
    _send(bank.with_parents(), ORIGINAL, WRONG)
    before = ledger.deliveries(bank.settings)
    _as_version_1(bank)
    assert ledger.deliveries(bank.settings) == before
    assert pending(bank.settings) == []
    _send(bank, WRONG)
    assert ledger.deliveries(bank.settings) == before
    _send(bank, ORIGINAL)
    assert _states(bank) == [("superseded", None), ("superseded", "#1"), ("live", "#2")]


def test_file_that_version_1_had_not_loaded_is_still_to_load(bank: SmallBank) -> None:
    bank.with_parents()
    (bank.settings.landing / "demo" / NAME).write_text(ORIGINAL)
    assert len(pending(bank.settings)) == 1
    _as_version_1(bank)
    assert [file.file_name for file in pending(bank.settings)] == [NAME]


def test_ledger_of_a_later_version_is_refused(bank: SmallBank) -> None:
    bank.with_parents()
    with sqlite3.connect(ledger.ledger_path(bank.settings)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()
    with pytest.raises(BankError, match="newer version"):
        bank.load()

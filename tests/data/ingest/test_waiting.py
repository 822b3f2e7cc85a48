"""Rows in quarantine whose reason goes away: the other row with their key is gone, or their parent came."""

from __future__ import annotations

import os
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.ingest import ledger
from data.ingest.load import ingest
from runtime.clock import now
from tests.data.ingest.support import SmallBank, csv_text, use_mapping

JANUARY, FEBRUARY, MARCH = (f"transaction_2024{day}.csv" for day in ("0131", "0229", "0331"))
AMOUNTS = "SELECT transaction_id, amount FROM raw.transaction ORDER BY ALL"


def _one(key: str, amount: str, **more: str) -> dict[str, str]:
    return {"transaction_id": key, "amount": amount, **more}


def _send(bank: SmallBank, name: str, *rows: dict[str, str]) -> int:
    """Deliver a file of transactions and load it; gives how many rows left quarantine."""
    bank.deliver(name, csv_text("transaction", *rows))
    return bank.load().released


def test_duplicate_is_released_when_a_correction_drops_the_other_row(bank: SmallBank) -> None:
    bank.with_parents()
    _send(bank, JANUARY, _one("T1", "1.00"), _one("T2", "2.00"))
    _send(bank, FEBRUARY, _one("T1", "10.00"), _one("T3", "3.00", booking_date_time="2024-02-03 08:00:00"))
    assert bank.rows(AMOUNTS) == [("T1", 1), ("T2", 2), ("T3", 3)]
    before = now().isoformat()
    seen = dict.fromkeys(["2024-01", "2024-02"], ledger.position(bank.settings))

    assert _send(bank, JANUARY, _one("T2", "2.00")) == 1
    assert bank.rows(AMOUNTS) == [("T1", 10), ("T2", 2), ("T3", 3)]
    assert bank.quarantine() == []
    delivery = bank.delivery(FEBRUARY)
    assert (delivery["rows_loaded"], delivery["rows_quarantined"]) == (2, 0)
    assert delivery["control_total"] == "13.00"
    assert bank.rows(AMOUNTS, as_of=before) == [("T1", 1), ("T2", 2), ("T3", 3)]
    assert ledger.changed_months(bank.settings, seen) == ["2024-01"], (
        "the row belongs to the month of its event"
    )


def test_duplicate_stays_while_the_correction_holds_the_key_too(bank: SmallBank) -> None:
    bank.with_parents()
    _send(bank, JANUARY, _one("T1", "1.00"))
    _send(bank, FEBRUARY, _one("T1", "10.00"))
    assert _send(bank, JANUARY, _one("T1", "1.50")) == 0
    (row,) = bank.quarantine()
    assert bank.delivery("correction-001/" + JANUARY)["version_id"] in row["reason"]
    # and it still goes when that one is corrected in its turn
    assert _send(bank, JANUARY, _one("T2", "2.00")) == 1
    assert bank.rows(AMOUNTS) == [("T1", 10), ("T2", 2)]


def test_of_two_duplicates_the_earlier_business_date_is_released(bank: SmallBank) -> None:
    bank.with_parents()
    _send(bank, JANUARY, _one("T1", "1.00"))
    _send(bank, MARCH, _one("T1", "3.00"))
    _send(bank, FEBRUARY, _one("T1", "2.00"))
    assert _send(bank, JANUARY, _one("T2", "1.00")) == 1
    assert bank.rows(AMOUNTS) == [("T1", 2), ("T2", 1)]
    (row,) = bank.quarantine()
    assert row["file_name"] == MARCH
    assert bank.delivery(FEBRUARY)["version_id"] in row["reason"]


def test_released_duplicate_may_find_that_it_lacks_its_parent(bank: SmallBank) -> None:
    bank.with_parents()
    _send(bank, JANUARY, _one("T1", "1.00"))
    _send(bank, FEBRUARY, _one("T1", "2.00", account_id="A2"))
    assert _send(bank, JANUARY, _one("T2", "1.00")) == 0
    (row,) = bank.quarantine()
    assert (row["rule"], row["value"]) == ("waits_for_parent", "A2")
    bank.deliver("account_20240131.csv", csv_text("account", {}, {"id": "A2"}))
    assert bank.load().released == 1
    assert bank.rows(AMOUNTS) == [("T1", 2), ("T2", 1)]


def test_rows_of_one_file_that_contradict_each_other_are_never_released(bank: SmallBank) -> None:
    bank.with_parents()
    _send(bank, JANUARY, _one("T1", "1.00"))
    _send(bank, FEBRUARY, _one("T1", "10.00"), _one("T1", "20.00"), _one("T4", "4.00"), _one("T4", "4.00"))
    assert _send(bank, JANUARY, _one("T2", "2.00")) == 0
    assert bank.rows(AMOUNTS) == [("T2", 2), ("T4", 4)]
    assert [row["value"] for row in bank.quarantine()] == ["T1", "T1", "T4"]


def test_duplicate_of_a_superseded_delivery_is_none_of_ours(bank: SmallBank) -> None:
    bank.with_parents()
    _send(bank, JANUARY, _one("T1", "1.00"))
    _send(bank, FEBRUARY, _one("T1", "10.00"))
    _send(bank, FEBRUARY, _one("T5", "5.00"))
    assert _send(bank, JANUARY, _one("T2", "2.00")) == 0
    assert bank.rows(AMOUNTS) == [("T2", 2), ("T5", 5)]


def test_parent_that_the_bank_does_not_deliver_is_not_asked_for_later(
    bank: SmallBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row waits for its account; that its card is in no file of this bank is no reason to go on waiting."""
    tables = ("customer", "account", "transaction")
    patterns = {table: rf"{table}_(?P<business_date>\d{{8}})\.csv" for table in tables}
    use_mapping(monkeypatch, bank.folder / "mappings", **patterns)
    bank.deliver(JANUARY, csv_text("transaction", {"card_id": "K1"}))
    bank.deliver("customer_20240131.csv", csv_text("customer", {}))
    bank.load()
    bank.deliver("account_20240131.csv", csv_text("account", {}))
    assert bank.load().released == 1
    assert bank.quarantine() == []


def _listed_backwards(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("iterdir", "rglob"):
        listed: Callable[..., Iterator[Path]] = getattr(Path, name)
        monkeypatch.setattr(Path, name, lambda *arguments, listed=listed: reversed(list(listed(*arguments))))


@pytest.mark.parametrize("backwards", [False, True], ids=["oldest first", "newest first"])
@pytest.mark.parametrize("noticed", [False, True], ids=["at once", "one by one"])
def test_conflicting_keys_are_decided_by_business_date(
    bank: SmallBank, monkeypatch: pytest.MonkeyPatch, backwards: bool, noticed: bool
) -> None:
    """Not by when a file of the same call was written, listed or noticed."""
    bank.with_parents()
    landing = bank.settings.landing / "demo"
    names = [JANUARY, FEBRUARY, MARCH]
    for age, name in enumerate(reversed(names) if backwards else names):
        number = names.index(name) + 1
        (landing / name).write_text(csv_text("transaction", _one("T1", f"{number}"), _one(f"U{number}", "9")))
        os.utime(landing / name, (1_700_000_000 + age, 1_700_000_000 + age))
        if noticed:
            ingest(bank.settings, "demo", tables=[])
    if backwards:
        _listed_backwards(monkeypatch)
    ingest(bank.settings, "demo")
    assert bank.rows(AMOUNTS) == [("T1", 1), ("U1", 9), ("U2", 9), ("U3", 9)]
    assert sorted(row["file_name"] for row in bank.quarantine()) == [FEBRUARY, MARCH]


def test_conflicting_keys_of_one_date_are_decided_by_part(
    bank: SmallBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank.with_parents()
    parts = r"transaction_(?P<business_date>\d{8})_(?P<part>\w+)\.csv"
    use_mapping(
        monkeypatch, bank.folder / "mappings", transaction=parts, account=r"a(?P<business_date>\d{8})"
    )
    landing = bank.settings.landing / "demo"
    for part, amount in (("b", "2.00"), ("a", "1.00")):
        (landing / f"transaction_20240131_{part}.csv").write_text(csv_text("transaction", _one("T1", amount)))
        ingest(bank.settings, "demo", tables=[])
    ingest(bank.settings, "demo")
    assert bank.rows(AMOUNTS) == [("T1", 1)]


def test_conflicting_keys_that_wait_are_decided_by_business_date(bank: SmallBank) -> None:
    """When the parent of both comes it does not matter which waited for longer."""
    bank.deliver("customer_20240131.csv", csv_text("customer", {}))
    bank.load()
    _send(bank, FEBRUARY, _one("T1", "2.00"))
    _send(bank, JANUARY, _one("T1", "1.00"))
    bank.deliver("account_20240131.csv", csv_text("account", {}))
    assert bank.load().released == 1
    assert bank.rows(AMOUNTS) == [("T1", 1)]


def _peak(call: Callable[[], Any]) -> float:
    """What Python held at most meanwhile, in MB."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


def test_file_that_came_before_its_parents_is_never_held_in_python(bank: SmallBank) -> None:
    count = 40_000
    bank.deliver("customer_20240131.csv", csv_text("customer", {}))
    bank.deliver(JANUARY, csv_text("transaction", *(_one(f"T{number}", "1.00") for number in range(count))))
    assert _peak(bank.load) < 30
    delivery = bank.delivery(JANUARY)
    assert (delivery["rows_loaded"], delivery["rows_quarantined"]) == (0, count)
    bank.deliver("account_20240131.csv", csv_text("account", {}))
    assert _peak(bank.load) < 30
    assert bank.rows("SELECT count(*), sum(amount), min(line_number) FROM raw.transaction") == [
        (count, count, 2)
    ]
    assert bank.quarantine() == []


def test_texts_survive_waiting(bank: SmallBank) -> None:
    """Quotes, newlines, control characters, an empty field: what waited is what was delivered."""
    odd = {
        "counterparty_bank": 'Müller, "Söhne"\nBank\x01\\ [x]',
        "purpose_code": "null",
        "balance_after": "-1",
    }
    bank.deliver("customer_20240131.csv", csv_text("customer", {}))
    bank.deliver(JANUARY, csv_text("transaction", odd))
    bank.load()
    bank.deliver("account_20240131.csv", csv_text("account", {}))
    bank.load()
    query = "SELECT counterparty_bank, purpose_code, balance_after::VARCHAR, terminal_id FROM raw.transaction"
    assert bank.rows(query) == [(odd["counterparty_bank"], "null", "-1.00", None)]


ROW = st.tuples(st.sampled_from(["T1", "T2", "T3"]), st.sampled_from(["1.00", "2.00"]), st.sampled_from("AB"))
SENT = st.one_of(
    st.tuples(st.sampled_from([JANUARY, FEBRUARY, MARCH]), st.lists(ROW, max_size=3)),
    st.tuples(st.just("account_20240131.csv"), st.lists(st.sampled_from("AB"), unique=True)),
)


@settings(max_examples=15, deadline=None)
@given(st.lists(SENT, max_size=7))
def test_nothing_is_live_twice_and_nothing_waits_without_reason(sent: list[tuple[str, list[Any]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bank = SmallBank(Path(folder))
        bank.deliver("customer_20240131.csv", csv_text("customer", {}))
        parents: set[str] = set()
        for name, rows in sent:
            if name.startswith("account"):
                parents |= set(rows)
                bank.deliver(name, csv_text("account", *({"id": key} for key in sorted(parents))))
            else:
                found = (_one(key, amount, account_id=account) for key, amount, account in rows)
                bank.deliver(name, csv_text("transaction", *found))
            bank.load()
        live = bank.rows("SELECT transaction_id, version_id, account_id FROM raw.transaction")
        keys = [key for key, _, _ in live]
        assert len(set(keys)) == len(keys)
        assert {account for _, _, account in live} <= parents
        for row in bank.quarantine():
            if row["rule"] == "waits_for_parent":
                assert row["value"] not in parents
            elif "is live already" in row["reason"]:
                assert row["value"] in keys
        for delivery in ledger.deliveries(bank.settings):
            if (delivery["table_name"], delivery["state"]) == ("transaction", "live"):
                loaded = sum(version == delivery["version_id"] for _, version, _ in live)
                assert loaded == delivery["rows_loaded"]

"""What each rule examined and what broke it, counted by hand."""

from __future__ import annotations

from data.ingest.contracts import load_contracts
from data.ingest.quality import BCBS_239, RULES
from data.ingest.rules import rules_of
from tests.data.ingest.support import SmallBank, csv_text

RESULTS = (
    "SELECT rule, dq_dimension, examined, failed FROM raw.check_result WHERE table_name = '{}' ORDER BY rule"
)


def test_every_rule_of_every_contract_has_a_dimension_of_bcbs_239() -> None:
    for contract in load_contracts().values():
        own = {rule.id: rule.dimension for rule in contract.rules}
        for rule in rules_of(contract):
            assert BCBS_239[own.get(rule.id) or RULES[rule.id]], (contract.table, rule.id)
    assert set(BCBS_239.values()) == {"accuracy", "completeness", "timeliness", "adaptability"}


def test_a_row_is_examined_up_to_the_first_rule_it_breaks(bank: SmallBank) -> None:
    """Five columns, all but the tenor's bound required; of six rates three are good."""
    rows = (
        {},
        {"tenor_days": "30", "rate": ""},  # required
        {"tenor_days": "60", "rate": "much"},  # type
        {"tenor_days": "90", "date": "2024-02-10"},  # dated after the file
        {"tenor_days": "120"},
        {"tenor_days": "150"},
    )
    bank.deliver("curve_20240131.csv", csv_text("curve", *rows))
    bank.load()
    found = {rule: (dimension, examined, failed) for rule, dimension, examined, failed in bank.rows(
        RESULTS.format("curve")
    )}  # fmt: skip
    contract = load_contracts()["curve"]
    order = [(rule.id, rule.column) for rule in rules_of(contract)]
    # by hand: six rows until `rate` is found missing, five until it is found to be no number, and so on
    broken: dict[tuple[str, str | None], int] = {
        ("required", "rate"): 1,
        ("type", "rate"): 1,
        ("not_in_the_future", "date"): 1,
    }
    expected: dict[str, list[int]] = {}
    remaining = 6
    for check in order:
        counts = expected.setdefault(check[0], [0, 0])
        counts[0] += remaining
        counts[1] += broken.get(check, 0)
        remaining -= broken.get(check, 0)
    assert remaining == 3
    assert found["structure"] == ("adaptability", 6, 0)
    assert found["required"][0] == "completeness" and found["required"][2] == 1
    assert found["type"][0] == "adaptability" and found["type"][2] == 1
    assert found["not_in_the_future"] == ("timeliness", 4, 1)
    assert found["duplicate"] == ("accuracy", 3, 0)
    for rule, counts in expected.items():
        assert list(found[rule][1:]) == counts, rule


def test_what_waits_for_its_parent_fails_until_it_came(bank: SmallBank) -> None:
    bank.with_parents()
    bank.deliver(
        "transaction_20240131.csv",
        csv_text("transaction", {}, {"transaction_id": "T2", "account_id": "A2"}),
    )
    bank.load()
    waits = [row for row in bank.rows(RESULTS.format("transaction")) if row[0] == "waits_for_parent"]
    assert waits == [("waits_for_parent", "completeness", 2, 1)]
    bank.deliver("account_20240229.csv", csv_text("account", {"id": "A2", "date": "2024-02-29"}))
    bank.load()
    waits = [row for row in bank.rows(RESULTS.format("transaction")) if row[0] == "waits_for_parent"]
    assert waits == [("waits_for_parent", "completeness", 2, 0)]


def test_what_failed_is_what_lies_in_quarantine(bank: SmallBank) -> None:
    """Duplicates, whose key is live from another file, too."""
    bank.with_parents()
    bank.deliver(
        "transaction_20240131.csv", csv_text("transaction", {}, {"transaction_id": "T2", "amount": "-1"})
    )
    bank.deliver("transaction_20240201.csv", csv_text("transaction", {}))
    bank.load()
    assert bank.rows("SELECT sum(failed) FROM raw.check_result") == bank.rows(
        "SELECT sum(rows) FROM raw.quarantine_count"
    ) == [(2,)]  # fmt: skip
    assert bank.rows("SELECT rule, failed FROM raw.check_result WHERE failed > 0 ORDER BY 1") == [
        ("duplicate", 1), ("minimum", 1),
    ]  # fmt: skip

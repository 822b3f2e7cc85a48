"""Every bank parses, builds and runs, whatever it delivers."""

from __future__ import annotations

from tests.dbt_project.conftest import Warehouse


def test_a_bank_that_delivered_nothing_builds_with_zero_rows(empty_bank: Warehouse) -> None:
    stand_ins = {("bank", "marts", "dim_branch"): 1, ("bank", "marts", "dim_product"): 1}
    tables = list(empty_bank.tables())
    rows = {
        table: empty_bank.query(f'SELECT count(*) FROM "{table[0]}"."{table[1]}"."{table[2]}"')[0][0]
        for table in tables
    }
    assert ("bank", "marts", "fct_transaction") in rows
    assert rows == {table: stand_ins.get(table, 0) for table in tables}


def test_the_rules_hold_on_known_answers(empty_bank: Warehouse) -> None:
    """The unit tests of dbt: arrears, defaults, balances, customers, profit and loss, fraud, rates."""
    results = empty_bank.dbt("test", "--select", "test_type:unit")
    assert len(results) >= 15
    assert set(results.values()) == {"pass"}

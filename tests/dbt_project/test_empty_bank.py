"""Every bank parses, builds and runs, whatever it delivers."""

from __future__ import annotations

import shutil
from contextlib import closing
from datetime import date
from pathlib import Path

import duckdb
import pytest

from tests.dbt_project.conftest import Warehouse, settings_in


def test_a_bank_that_delivered_nothing_builds_with_zero_rows(empty_bank: Warehouse) -> None:
    stand_ins = {("bank", "marts", "dim_branch"): 1, ("bank", "marts", "dim_product"): 2}
    stand_ins[("bank", "marts", "dim_branch_history")] = 1
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


def test_a_table_built_with_other_columns_is_refused(empty_bank: Warehouse, tmp_path: Path) -> None:
    """Filled up as if nothing had happened, its old months would miss what its new ones have."""
    old = Warehouse(settings_in(tmp_path / "old"), empty_bank.project)
    shutil.copytree(empty_bank.settings.warehouse, old.settings.warehouse)
    with closing(duckdb.connect(str(old.settings.warehouse / "bank.duckdb"))) as con:
        con.execute("ALTER TABLE marts.fct_transaction ADD COLUMN mood VARCHAR")
    with pytest.raises(AssertionError, match="fct_transaction: ERROR"):
        old.build(date(2024, 2, 1), date(2024, 3, 1), "--select", "fct_transaction")

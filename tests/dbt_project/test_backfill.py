"""Months built again, in any order, are the months built from scratch."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

from tests.dbt_project.conftest import AFTER_LAST_MONTH, Warehouse, settings_in


def fingerprints(bank: Warehouse) -> dict[str, tuple[int, str]]:
    """Rows of every mart and a hash of all of them, whatever their order."""
    found = {}
    for database, schema, table in bank.tables():
        rows, digest = bank.query(
            f'SELECT count(*), sum(hash(t)::HUGEINT)::VARCHAR FROM "{database}"."{schema}"."{table}" AS t'
        )[0]
        found[f"{schema}.{table}"] = (rows, digest)
    return found


def test_a_middle_month_built_again_changes_nothing(demo_bank: Warehouse, tmp_path: Path) -> None:
    """With everything a change of that month reaches: to the end."""
    again = Warehouse(settings_in(tmp_path / "again"), demo_bank.project)
    shutil.copytree(demo_bank.settings.warehouse, again.settings.warehouse)
    before = fingerprints(again)
    again.build(date(2024, 12, 1), AFTER_LAST_MONTH)
    assert fingerprints(again) == before
    assert before["marts.fct_transaction"][0] > 5000

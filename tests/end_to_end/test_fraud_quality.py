"""Scores against the truth that only the generator knows, on months after each detector's cut-off."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from data.demo.generate import generate
from tests.end_to_end.bank import Bank

pytestmark = pytest.mark.full


def test_detector_ranks_fraud_above_the_rest(tmp_path: Path) -> None:
    from sklearn.metrics import roc_auc_score

    bank = Bank(tmp_path / "bank")
    landing, truth = bank.folder / "landing" / "demo", bank.folder / "truth"
    generate(landing, truth, customers=1000, months=14, end=date(2025, 12, 31))
    bank.succeed("build")
    scores = bank.query("SELECT transaction_id, month, cut_off, score FROM fct_transaction_score ORDER BY 1")
    assert all(cut_off <= month for _, month, cut_off, _ in scores)
    with duckdb.connect() as con:
        frauds = {
            name
            for (name,) in con.execute(
                f"SELECT transaction_id FROM '{truth}/fraud_transaction.parquet'"
            ).fetchall()
        }
    labels = [name in frauds for name, *_ in scores]
    assert sum(labels) >= 20
    assert roc_auc_score(labels, [score for *_, score in scores]) >= 0.80

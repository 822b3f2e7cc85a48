"""The demo bank's figures look like a bank's, whatever the seed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from data.demo import generate
from tests.data.demo import figures

SEEDS = (20240229, 1, 2, 3, 4)


def _check(folder: Path, customers: int, months: int, seed: int) -> None:
    generate(folder / "landing", folder / "truth", customers, months, date(2025, 12, 31), seed)
    with figures.connect(folder / "landing") as con:
        years = figures.yearly(con)
        assert len(years) == months // 12
        for year in years:
            assert 2 <= year.nim <= 5, year
            assert 45 <= year.cost_to_income <= 70, year
            assert 0.5 <= year.roa <= 1.5, year
            assert 4 <= year.attrition <= 12, year
        assert 1 <= figures.default_rate(con) <= 4
        assert 2 <= figures.fraud_bps(con) <= 15


@pytest.mark.parametrize("seed", SEEDS)
def test_figures_look_like_a_banks(tmp_path: Path, seed: int) -> None:
    _check(tmp_path, customers=600, months=24, seed=seed)


@pytest.mark.full
@pytest.mark.parametrize("seed", SEEDS)
def test_figures_look_like_a_banks_at_full_size(tmp_path: Path, seed: int) -> None:
    _check(tmp_path, customers=2000, months=36, seed=seed)

"""The same deliveries give the same marts, scores and forecasts: in another folder, and month by month."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.end_to_end.bank import Bank, differences
from tests.end_to_end.conftest import demo_bank

pytestmark = pytest.mark.full


def test_same_extracts_in_another_folder(built_bank: Bank, tmp_path: Path) -> None:
    other = demo_bank(tmp_path)
    other.succeed("build")  # which loads what waits in landing
    expected = built_bank.marts()
    assert {"fct_transaction_score", "fct_forecast"} <= expected.keys()
    assert differences(expected, other.marts()) == []


def test_middle_months_built_once_more(built_bank: Bank, tmp_path: Path) -> None:
    bank = built_bank.copy(tmp_path / "bank")
    said = bank.succeed("build", "--from", "2025-11", "--to", "2025-12")
    assert "months 2025-11 to 2025-12, published as" in said
    assert bank.published()["pointer"] != built_bank.published()["pointer"]
    assert differences(built_bank.marts(), bank.marts()) == []

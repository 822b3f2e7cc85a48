"""Partitions are the months that deliveries speak of, the open one included."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestration import partitions
from runtime.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.model_validate({"BANK_DATA": str(tmp_path)})


@pytest.mark.parametrize(
    ("first", "last", "count"),
    [("2023-01", "2025-12", 36), ("1993-01", "1994-03", 15), ("2025-12", "2025-12", 1)],
)
def test_months_of_a_bank(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, first: str, last: str, count: int
) -> None:
    monkeypatch.setattr(partitions, "month_range", lambda _: (first, last))
    keys = partitions.monthly(settings).get_partition_keys()
    assert (keys[0], keys[-1], len(keys)) == (first, last, count)


def test_the_open_month_is_one(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    monkeypatch.setattr(partitions, "month_range", lambda _: ("2026-01", "2026-03"))
    keys = partitions.monthly(settings).get_partition_keys(current_time=datetime(2026, 3, 10, tzinfo=UTC))
    assert keys == ["2026-01", "2026-02", "2026-03"]


def test_a_bank_that_has_delivered_nothing_has_the_current_month(settings: Settings) -> None:
    assert len(partitions.monthly(settings).get_partition_keys()) == 1


def test_december_is_followed_by_january() -> None:
    assert partitions.months_between("2024-11", "2025-02") == ["2024-11", "2024-12", "2025-01", "2025-02"]

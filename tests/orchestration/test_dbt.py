"""How far a backfill reaches, and what dbt is told."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from orchestration.dbt import build_args, prune_calls, reach_end, reaches


@pytest.mark.parametrize(
    ("reach", "end"),
    [
        (["0"], "2024-06"),
        (["0", "1"], "2024-07"),
        (["2", "0"], "2024-08"),
        (["7"], "2025-01"),
        (["99"], "2025-12"),
        (["0", "end"], "2025-12"),
        ([], "2024-06"),
    ],
)
def test_a_change_in_june_reaches_as_far_as_the_furthest_model_says(reach: list[str], end: str) -> None:
    assert reach_end(["2024-05", "2024-06"], reach, "2025-12") == end


def test_both_event_time_flags_are_always_given() -> None:
    """With one missing, a microbatch model would run from its begin, or up to today."""
    arguments = build_args(date(2024, 1, 1), date(2024, 3, 1))
    assert arguments[arguments.index("--event-time-start") + 1] == "2024-01-01"
    assert arguments[arguments.index("--event-time-end") + 1] == "2024-03-01"
    assert "--full-refresh" not in arguments


def _manifest(**reach: str | None) -> dict[str, object]:
    return {
        "nodes": {
            name: {
                "resource_type": "model",
                "name": name,
                "config": {"materialized": "incremental", "meta": {"reach": value} if value else {}},
            }
            for name, value in reach.items()
        }
    }


def test_reaches_of_the_models_built() -> None:
    assert reaches(_manifest(a="0", b="end", c="1"), ["a", "c"]) == ["0", "1"]


def test_an_incremental_model_without_reach_is_a_mistake() -> None:
    with pytest.raises(ValueError, match=r"a is incremental and declares no meta\.reach"):
        reaches(_manifest(a=None), ["a"])


def test_the_newest_calls_are_kept(tmp_path: Path) -> None:
    for number, name in enumerate(["dbt_whole-9", "dbt_by_month-1", "dbt_whole-2"]):
        (tmp_path / name).mkdir()
        (tmp_path / name / "manifest.json").write_text("{}")
        os.utime(tmp_path / name, (number, number))
    (tmp_path / "manifest.json").write_text("{}")
    prune_calls(tmp_path, keep=2)
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == ["dbt_by_month-1", "dbt_whole-2", "manifest.json"]

"""Forecasting as the pipeline calls it, with the real Prophet where its judgement is what counts."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from ml.forecast import backtest, models
from ml.forecast.run import forecast_all
from ml.tables import FORECAST, FORECAST_BACKTEST, month_path, stored_months
from tests.ml.forecast.series import daily, drift, long_frame, random_walk, rhythmic

ORIGIN_MONTHS = ["2025-06", "2025-07", "2025-08", "2025-09", "2025-10", "2025-11", "2025-12"]


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Prophet replaced by a stand-in: for tests of what happens around it."""
    monkeypatch.setitem(models.FORECASTERS, "prophet", drift)


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.parquet")}


def _table(folder: Path, table: Any) -> pd.DataFrame:
    months = [pq.read_table(month_path(folder, table, m)) for m in stored_months(folder, table)]
    return pd.concat([month.to_pandas() for month in months], ignore_index=True)


@pytest.fixture(scope="module")
def forecasted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("forecast")
    return folder, forecast_all(long_frame(rhythm=rhythmic(), walk=random_walk()), folder, seed=3)


def test_known_rhythm_is_forecast_better_than_by_repeating_last_week(
    forecasted: tuple[Path, dict[str, Any]],
) -> None:
    rhythm = forecasted[1]["metrics"]["rhythm"]
    assert rhythm["is_better_than_naive"] is True
    assert rhythm["prophet"]["mase"] < 0.5 * rhythm["seasonal_naive"]["mase"]
    assert 0.65 <= rhythm["prophet"]["coverage"] <= 0.95
    assert rhythm["prophet"]["origins"] == 6


def test_random_walk_is_not_and_the_summary_says_so(forecasted: tuple[Path, dict[str, Any]]) -> None:
    assert forecasted[1]["metrics"]["walk"]["is_better_than_naive"] is False


def test_salary_day_is_seen_coming(forecasted: tuple[Path, dict[str, Any]]) -> None:
    rows = _table(forecasted[0], FORECAST).query("metric_id == 'rhythm' and model == 'prophet'")
    live = rows[rows["origin"] == rows["origin"].max()].set_index("date_day")["value"]
    by_day = {day.day: value for day, value in live.items() if day.month == 2}
    assert by_day[25] - by_day[18] == pytest.approx(400, abs=25)  # same weekday, a week apart


def test_tables_hold_the_last_seven_origins_of_both_models(forecasted: tuple[Path, dict[str, Any]]) -> None:
    folder, summary = forecasted
    assert stored_months(folder, FORECAST) == ORIGIN_MONTHS
    assert stored_months(folder, FORECAST_BACKTEST) == ORIGIN_MONTHS[:-1]
    rows, scores = _table(folder, FORECAST), _table(folder, FORECAST_BACKTEST)
    assert len(rows) == summary["forecast_rows"] == 2 * 2 * 7 * 90
    assert len(scores) == summary["forecast_backtest_rows"] == 2 * 2 * 6
    assert set(rows["model"]) == set(scores["model"]) == {"prophet", "seasonal_naive"}
    assert (rows["lower"] <= rows["value"]).all() and (rows["value"] <= rows["upper"]).all()
    ahead = pd.to_datetime(rows["date_day"]) - pd.to_datetime(rows["origin"])
    assert (ahead.dt.days == rows["horizon"]).all()
    assert scores.groupby("origin")["horizon_days"].max().tolist() == [90, 90, 90, 90, 61, 31]
    json.dumps(summary)


def test_same_series_give_the_same_bytes(forecasted: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    frame = long_frame(walk=random_walk(), rhythm=rhythmic()).sample(frac=1, random_state=1)
    forecast_all(frame, tmp_path, seed=3)
    assert _files(tmp_path) == _files(forecasted[0])


@pytest.mark.usefixtures("cheap")
def test_origins_that_have_grown_old_go(tmp_path: Path) -> None:
    walk = random_walk(400)
    forecast_all(long_frame(walk=walk.iloc[:-31]), tmp_path, seed=3)
    assert stored_months(tmp_path, FORECAST)[0] == "2025-05"
    forecast_all(long_frame(walk=walk), tmp_path, seed=3)
    fresh = tmp_path / "fresh"
    forecast_all(long_frame(walk=walk), fresh, seed=3)
    kept = {name: content for name, content in _files(tmp_path).items() if not name.startswith("fresh")}
    assert kept == _files(fresh)


@pytest.mark.usefixtures("cheap")
def test_only_what_is_new_is_fitted(tmp_path: Path) -> None:
    """A day later the live origin is new; a damaged memory is made anew; both give what a fresh run gives."""
    walk = random_walk(400)
    assert forecast_all(long_frame(walk=walk.iloc[:-1]), tmp_path, seed=3)["fits"] == 10
    assert forecast_all(long_frame(walk=walk.iloc[:-1]), tmp_path, seed=3)["fits"] == 0
    assert forecast_all(long_frame(walk=walk), tmp_path, seed=3)["fits"] == 1
    damaged = sorted((tmp_path / "registry" / "forecast").glob("*.json"))
    assert len(damaged) == 10
    damaged[0].write_text(damaged[0].read_text().replace("1", "2", 1))
    damaged[1].write_text("{")
    assert forecast_all(long_frame(walk=walk), tmp_path, seed=3)["fits"] == 2
    fresh = tmp_path / "fresh"
    assert forecast_all(long_frame(walk=walk), fresh, seed=3)["fits"] == 10
    kept = {name: content for name, content in _files(tmp_path).items() if not name.startswith("fresh")}
    assert kept == _files(fresh)


def _with_gap(series: pd.Series) -> pd.Series:
    return series.drop(series.index[50])


def _with_nan(series: pd.Series) -> pd.Series:
    return series.where(np.arange(len(series)) != 50)


UNFIT: dict[str, tuple[Callable[[], pd.Series], str]] = {
    "constant": (lambda: daily(np.full(400, 7.0)), "it never changes: every value is 7"),
    "short": (lambda: random_walk(89), "it has 89 days of history, a forecast needs 90"),
    "one_day": (lambda: daily([1.0]), "it has 1 days of history"),
    "gap": (lambda: _with_gap(random_walk(400)), "it does not have one value for every day"),
    "nan": (lambda: _with_nan(random_walk(400)), "it has missing or infinite values"),
    "ended": (
        lambda: random_walk(400)[:"2025-10-31"],
        "it ends on 2025-10-31, the other series on 2025-12-31",
    ),  # type: ignore[misc]
}


@pytest.mark.usefixtures("cheap")
@pytest.mark.parametrize("name", UNFIT)
def test_unfit_series_has_a_reason_and_the_others_a_forecast(tmp_path: Path, name: str) -> None:
    make, reason = UNFIT[name]
    summary = forecast_all(long_frame(good=random_walk(400), odd=make()), tmp_path, seed=3)
    assert list(summary["skipped"]) == ["odd"] and reason in summary["skipped"]["odd"]
    assert set(_table(tmp_path, FORECAST)["metric_id"]) == {"good"}


def test_nothing_delivered_is_no_forecast(tmp_path: Path) -> None:
    empty = long_frame(walk=random_walk(1)).iloc[:0]
    summary = forecast_all(empty, tmp_path, seed=3)
    assert (summary["forecast_rows"], summary["origins"], _files(tmp_path)) == (0, [], {})


def test_shortest_history_gets_a_live_forecast_without_interval(tmp_path: Path) -> None:
    """Ninety days: Prophet with a week's rhythm only, no earlier origin to learn an interval from."""
    summary = forecast_all(long_frame(short=rhythmic(backtest.MIN_HISTORY_DAYS)), tmp_path, seed=3)
    rows = _table(tmp_path, FORECAST)
    assert len(rows) == 2 * 90 and np.isfinite(rows["value"]).all()
    assert rows["lower"].isna().all() and rows["upper"].isna().all()
    assert summary["metrics"]["short"]["is_better_than_naive"] is None

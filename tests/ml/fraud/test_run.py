"""Training and scoring as the pipeline calls them: point in time, repeatable, idempotent."""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from ml.fraud.run import score_months, train_missing
from ml.tables import TRANSACTION_SCORE, month_path, stored_months
from runtime.errors import BankError
from tests.ml.fraud.frames import FIRST_MONTH, MONTHS, feature_frame, reader, sampler

SCORED = ["2024-07", "2024-08", "2024-09", "2024-10"]
Run = tuple[list[dict[str, Any]], list[dict[str, Any]]]


def _run(frame: pd.DataFrame, folder: Path, months: list[str] = MONTHS) -> Run:
    registry_dir = folder / "registry"
    trained = train_missing(sampler(frame), months, registry_dir, seed=5, first_month=FIRST_MONTH)
    scored = score_months(reader(frame), months, registry_dir, folder, first_month=FIRST_MONTH)
    return trained, scored


def _files(folder: Path) -> dict[str, bytes]:
    months = stored_months(folder, TRANSACTION_SCORE)
    return {month: month_path(folder, TRANSACTION_SCORE, month).read_bytes() for month in months}


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return feature_frame()[0]


@pytest.fixture(scope="module")
def built(frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Run]:
    folder = tmp_path_factory.mktemp("built")
    return folder, _run(frame, folder)


def test_every_month_after_the_first_cut_off_is_scored_by_the_newest_one(
    frame: pd.DataFrame, built: tuple[Path, Run]
) -> None:
    folder, (trained, scored) = built
    assert [model["cut_off"] for model in trained] == ["2024-07-01", "2024-10-01"]
    assert [row["month"] for row in scored if row["action"] == "scored"] == SCORED
    assert {row["action"] for row in scored if row["month"] < "2024-07"} == {
        "unscored: too little history before this month"
    }
    assert stored_months(folder, TRANSACTION_SCORE) == SCORED
    rows = pq.read_table(month_path(folder, TRANSACTION_SCORE, "2024-09")).to_pandas()
    expected = frame[frame["booking_date_time"].dt.strftime("%Y-%m") == "2024-09"]
    assert rows["transaction_id"].tolist() == sorted(expected["transaction_id"])
    assert set(rows["cut_off"]) == {date(2024, 7, 1)}
    assert set(rows["model_id"]) == {trained[0]["model_id"]}
    assert rows["score"].between(0, 1).all()


def test_second_run_keeps_everything_untouched(frame: pd.DataFrame, built: tuple[Path, Run]) -> None:
    folder, (first_trained, _) = built
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
    trained, scored = _run(frame, folder)
    assert [model["action"] for model in trained] == ["kept", "kept"]
    assert [model["model_id"] for model in trained] == [model["model_id"] for model in first_trained]
    assert {row["action"] for row in scored if row["month"] in SCORED} == {"kept"}
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()} == before


def test_another_build_in_another_order_gives_the_same_bytes(
    frame: pd.DataFrame, built: tuple[Path, Run], tmp_path: Path
) -> None:
    shuffled = frame.sample(frac=1, random_state=3)
    for month in ["2024-10", "2024-08", "2024-07", "2024-09"]:
        _run(shuffled, tmp_path, [month])
    assert _files(tmp_path) == _files(built[0])


def test_what_happens_later_changes_no_earlier_score(
    frame: pd.DataFrame, built: tuple[Path, Run], tmp_path: Path
) -> None:
    changed = frame.copy()
    late = changed["booking_date_time"] >= "2024-09-01"
    changed.loc[late, "amount"] = np.random.default_rng(0).permutation(changed.loc[late, "amount"]) * 1000
    _run(changed, tmp_path)
    expected, found = _files(built[0]), _files(tmp_path)
    assert {month for month in SCORED if found[month] == expected[month]} == {"2024-07", "2024-08"}


def test_correction_of_old_data_refits_only_the_models_it_reaches(
    frame: pd.DataFrame, tmp_path: Path
) -> None:
    first, _ = _run(frame, tmp_path)
    corrected = frame.copy()
    corrected.loc[corrected["booking_date_time"] < "2024-02-01", "amount"] *= 2
    trained, scored = _run(corrected, tmp_path)
    assert [model["action"] for model in trained] == ["fitted", "kept"]
    actions = {row["month"]: row["action"] for row in scored}
    assert [actions[month] for month in SCORED] == ["scored", "scored", "scored", "kept"]
    again, _ = _run(frame, tmp_path)
    assert [model["model_id"] for model in again] == [model["model_id"] for model in first]
    assert [model["action"] for model in again] == ["kept", "kept"]


def test_damaged_model_is_refused_by_scoring_and_refitted_by_training(
    frame: pd.DataFrame, tmp_path: Path
) -> None:
    registry_dir = tmp_path / "registry"
    _, before = _run(frame, tmp_path)
    scores = _files(tmp_path)
    for path in registry_dir.glob("*/2024-07-01-*/model.skops"):
        content = bytearray(path.read_bytes())
        content[1000] ^= 1
        path.write_bytes(content)
    changed = frame.copy()
    changed.loc[changed["booking_date_time"] >= "2024-07-01", "amount"] += 1
    with pytest.raises(BankError, match=r"model\.skops is refused"):
        score_months(reader(changed), SCORED, registry_dir, tmp_path, first_month=FIRST_MONTH)
    assert _files(tmp_path) == scores
    trained, after = _run(frame, tmp_path)
    assert trained[0]["action"].startswith("refitted: The model file")
    assert trained[1]["action"] == "kept"
    assert _files(tmp_path) == scores
    assert [row["model_id"] for row in after] == [row["model_id"] for row in before]


def test_too_few_transactions_leave_the_months_unscored(frame: pd.DataFrame, tmp_path: Path) -> None:
    _run(frame, tmp_path)
    few = frame[frame.index % 10 == 0]
    trained, scored = _run(few, tmp_path)
    assert [model["model_id"] for model in trained] == [None, None]
    assert "There are 180 transactions in the 6 months before; it needs 500." in trained[0]["action"]
    assert {row["action"] for row in scored} == {"unscored: too little history before this month"}
    assert stored_months(tmp_path, TRANSACTION_SCORE) == []


def test_month_without_transactions_has_no_file(frame: pd.DataFrame, tmp_path: Path) -> None:
    gap = frame[frame["booking_date_time"].dt.strftime("%Y-%m") != "2024-08"]
    _, scored = _run(gap, tmp_path)
    assert stored_months(tmp_path, TRANSACTION_SCORE) == ["2024-07", "2024-09", "2024-10"]
    assert [row["action"] for row in scored if row["month"] == "2024-08"] == ["unscored: no transactions"]


def test_new_feature_is_refused_until_the_model_is_trained_with_it(
    frame: pd.DataFrame, built: tuple[Path, Run]
) -> None:
    wider = frame.assign(surprise=1.0)
    with pytest.raises(BankError, match="not known to the model: surprise"):
        score_months(reader(wider), ["2024-07"], built[0] / "registry", built[0], first_month=FIRST_MONTH)

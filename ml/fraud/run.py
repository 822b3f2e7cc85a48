"""What the pipeline calls: train the cut-offs a range of months needs, and score those months.

`read_features(day_from, day_to)` returns the feature table's rows with `day_from <= booking_date_time <
day_to`; `read_sample(day_from, day_to, rows)` at most so many of them, drawn by a hash of each id, so that
training on a few does not read all. Reading goes month by month, so memory holds one month, whatever the
length of history.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml import registry
from ml.cutoffs import add_months, cut_off_for, cut_offs_for, first_day, history_months
from ml.fraud.features import content_hash, sample
from ml.fraud.score import score
from ml.fraud.train import MAX_ROWS, MODEL_NAME, fit
from ml.tables import TRANSACTION_SCORE, month_notes, remove_month, write_month
from runtime.errors import BankError

if TYPE_CHECKING:
    import pandas as pd

ReadFeatures = Callable[[date, date], "pd.DataFrame"]
ReadSample = Callable[[date, date, int], "pd.DataFrame"]


def train_missing(
    read_sample: ReadSample, months: list[str], registry_dir: Path, seed: int, *, first_month: str
) -> list[dict[str, Any]]:
    """Fit every model that scoring `months` needs and the registry does not hold.

    `first_month` is the first month of the bank's data: with it the calendar of cut-offs is fixed, whatever
    part of history this call is about.

    Returns, for each cut-off: cut_off, model_id (None: too little data), action (`kept`, `fitted`,
    `refitted: …`, or why there is none), rows, features, data_hash.
    """
    import pandas as pd

    samples: dict[str, pd.DataFrame] = {}
    results = []
    for cut_off in cut_offs_for(months, first_month):
        window = history_months(cut_off)
        samples = {month: samples[month] for month in window if month in samples}
        share = MAX_ROWS // len(window)
        for month in window:
            if month not in samples:
                start = first_day(month)
                samples[month] = sample(read_sample(start, add_months(start, 1), share), share)
        frame = pd.concat([samples[month] for month in window], ignore_index=True)
        result: dict[str, Any] = {"cut_off": str(cut_off), "model_id": None, "rows": len(frame)}
        try:
            info, result["action"] = fit(frame, cut_off, seed, registry_dir)
        except BankError as error:
            result["action"] = str(error)
        else:
            inputs = info.manifest["inputs"]
            result |= {
                "model_id": info.id,
                "features": inputs["features"],
                "data_hash": inputs["data_hash"],
                "metrics": info.manifest["metrics"],
            }
        results.append(result)
    return results


def score_months(
    read_features: ReadFeatures, months: list[str], registry_dir: Path, models_dir: Path, *, first_month: str
) -> list[dict[str, Any]]:
    """Score the given months into `models/transaction_score`, each by the newest cut-off before it.

    A month whose model and features are those it was scored with is left untouched; one that can no longer
    be scored loses its file. Returns, for each month: month, rows, model_id, cut_off, action.

    Raises:
        BankError: the current model of a cut-off is damaged, or the features are not those it was fitted on.
            The scores written so far, of this month and others, stay as they are.
    """
    loaded: tuple[str, Any] | None = None
    results = []
    for month in sorted(months):
        cut_off = cut_off_for(month, first_month)
        info = registry.current(registry_dir, MODEL_NAME, cut_off) if cut_off else None
        result: dict[str, Any] = {
            "month": month,
            "rows": 0,
            "model_id": info.id if info else None,
            "cut_off": str(cut_off) if cut_off else None,
        }
        results.append(result)
        if info is None or cut_off is None:
            remove_month(models_dir, TRANSACTION_SCORE, month)
            result["action"] = "unscored: too little history before this month"
            continue
        start = first_day(month)
        frame = read_features(start, add_months(start, 1))
        result["rows"] = len(frame)
        made_from = {"model_id": info.id, "features_hash": content_hash(frame)}
        if len(frame) and month_notes(models_dir, TRANSACTION_SCORE, month) == made_from:
            result["action"] = "kept"
            continue
        if loaded is None or loaded[0] != info.id:
            loaded = (info.id, registry.load(info))
        rows = score(loaded[1], info.id, cut_off, frame)
        write_month(models_dir, TRANSACTION_SCORE, month, rows, made_from)
        result["action"] = "scored" if len(frame) else "unscored: no transactions"
    return results

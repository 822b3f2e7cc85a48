"""The evaluation protocol: how well unusual and fraudulent agree on months after the cut-off.

Labels are used here only; the detector never sees them. Every month is scored by a model fitted on the months
before its cut-off, exactly as in operation, so the figures are out of time by construction.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml import registry
from ml.cutoffs import HISTORY_MONTHS, cut_off_for
from ml.evaluation import auc, average_precision, precision_at
from ml.fraud.features import ID, TIME
from ml.fraud.score import score
from ml.fraud.train import MODEL_NAME, fit
from runtime.errors import BankError

if TYPE_CHECKING:
    import pandas as pd

ALERTS_PER_DAY = 5
"""Precision is taken at this many alerts a day: what one reviewer works through beside other duties."""


def evaluate_scores(scores: pd.DataFrame, frauds: set[str]) -> dict[str, Any]:
    """Figures for rows of `transaction_score`, by month and over all; `frauds` are transaction ids.

    AUC and average precision are given beside the share of frauds, which is what average precision would be
    for random scores.
    """
    labelled = scores.assign(
        label=scores[ID].isin(frauds), month=scores[TIME].dt.strftime("%Y-%m"), day=scores[TIME].dt.date
    )
    by_month = {month: _figures(part) for month, part in labelled.groupby("month", sort=True)}
    return {"overall": _figures(labelled), "months": by_month}


def evaluate(features: pd.DataFrame, frauds: set[str], seed: int) -> dict[str, Any]:
    """The whole protocol on any feature table: fit each cut-off, score the months after it, compare.

    Raises:
        BankError: the table is too short for a single cut-off.
    """
    import pandas as pd

    months = features[TIME].dt.strftime("%Y-%m")
    first_month = months.min()
    parts = []
    with tempfile.TemporaryDirectory() as folder:
        for month, frame in features.groupby(months, sort=True):
            cut_off = cut_off_for(str(month), first_month)
            if cut_off is None:
                continue
            info = registry.current(Path(folder), MODEL_NAME, cut_off)
            if info is None:
                info, _ = fit(features, cut_off, seed, Path(folder))
            parts.append(score(registry.load(info), info.id, cut_off, frame).to_pandas())
    if not parts:
        raise BankError(
            "Nothing can be evaluated.",
            f"The detector needs {HISTORY_MONTHS} months and then at least one more to be tried on.",
            "Give a longer table.",
        )
    return evaluate_scores(pd.concat(parts, ignore_index=True), frauds)


def _figures(part: pd.DataFrame) -> dict[str, Any]:
    labels, scores = part["label"].to_numpy(), part["score"].to_numpy()
    per_day = [
        precision_at(day["label"].to_numpy(), day["score"].to_numpy(), ALERTS_PER_DAY)
        for _, day in part.groupby("day", sort=True)
    ]
    best_per_day = [
        min(int(day["label"].sum()), ALERTS_PER_DAY) / ALERTS_PER_DAY for _, day in part.groupby("day")
    ]
    return {
        "transactions": len(part),
        "frauds": int(labels.sum()),
        "fraud_share": float(labels.mean()),
        "auc": auc(labels, scores),
        "average_precision": average_precision(labels, scores),
        f"precision_at_{ALERTS_PER_DAY}_a_day": sum(p for p in per_day if p is not None) / len(per_day),
        f"precision_at_{ALERTS_PER_DAY}_a_day_at_best": sum(best_per_day) / len(best_per_day),
    }

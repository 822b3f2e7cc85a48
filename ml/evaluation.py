"""Figures of merit, each with its formula and where it comes from.

All take plain arrays and return a float; a figure that does not exist for the input (one class only, no rows,
a flat history) is None, never zero.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def _ranked(labels: ArrayLike, scores: ArrayLike) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    truth = np.asarray(labels).astype(bool)
    values = np.asarray(scores, dtype=np.float64)
    if truth.shape != values.shape:
        raise ValueError(f"{truth.size} labels for {values.size} scores")
    return truth, values


def auc(labels: ArrayLike, scores: ArrayLike) -> float | None:
    """Area under the ROC curve: the chance that a positive scores above a negative, ties counting one half.

    U / (n₁ n₀) from average ranks (Hanley & McNeil 1982, Radiology 143:29; Mann & Whitney 1947).
    """
    truth, values = _ranked(labels, scores)
    positives = int(truth.sum())
    negatives = truth.size - positives
    if not positives or not negatives:
        return None
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    average_rank = np.cumsum(counts) - (counts - 1) / 2.0
    rank_sum = float(average_rank[inverse][truth].sum())
    return (rank_sum - positives * (positives + 1) / 2.0) / (positives * negatives)


def average_precision(labels: ArrayLike, scores: ArrayLike) -> float | None:
    """Σ (Rₙ − Rₙ₋₁) Pₙ over the distinct thresholds, highest first; no interpolation.

    Rows that share a score enter together, so their order cannot matter (scikit-learn's definition;
    Davis & Goadrich 2006, ICML, on why interpolation misleads).
    """
    truth, values = _ranked(labels, scores)
    positives = int(truth.sum())
    if not positives:
        return None
    thresholds, inverse = np.unique(-values, return_inverse=True)
    hits = np.cumsum(np.bincount(inverse[truth], minlength=thresholds.size))
    flagged = np.cumsum(np.bincount(inverse, minlength=thresholds.size))
    recall_steps = np.diff(hits, prepend=0) / positives
    return float((recall_steps * hits / flagged).sum())


def precision_at(labels: ArrayLike, scores: ArrayLike, k: int) -> float | None:
    """Expected share of positives among the k highest scores; rows tied at the edge share the places left.

    Le Borgne et al., Fraud Detection Handbook, chapter 4 ("precision top-k"). With fewer than k rows, of all.
    """
    truth, values = _ranked(labels, scores)
    k = min(k, truth.size)
    if k <= 0:
        return None
    edge = np.partition(values, truth.size - k)[truth.size - k]
    above, tied = values > edge, values == edge
    places_left = k - int(above.sum())
    return float((truth[above].sum() + places_left * truth[tied].mean()) / k)


def mase(history: ArrayLike, actual: ArrayLike, forecast: ArrayLike, season: int = 7) -> float | None:
    """Mean absolute scaled error: forecast's mean |error| over the seasonal naive's inside the history.

    mean |yₜ − ŷₜ| / mean |yₜ − yₜ₋ₘ| (Hyndman & Koehler 2006, Int. J. of Forecasting 22:679, eq. for
    seasonal data). Below 1: better than the naive's one-season-ahead error was in the history; the naive
    itself, forecasting many seasons ahead, is usually above 1, so compare two models' MASE with each other.
    """
    past = np.asarray(history, dtype=np.float64)
    errors = np.abs(np.asarray(actual, dtype=np.float64) - np.asarray(forecast, dtype=np.float64))
    if past.size <= season or not errors.size:
        return None
    scale = float(np.abs(past[season:] - past[:-season]).mean())
    return float(errors.mean()) / scale if scale > 0 else None


def coverage(actual: ArrayLike, lower: ArrayLike, upper: ArrayLike) -> float | None:
    """Share of actual values inside their interval, bounds included.

    Prediction interval coverage probability (Gneiting & Raftery 2007, JASA 102:359, section 6.2).
    """
    values = np.asarray(actual, dtype=np.float64)
    if not values.size:
        return None
    inside = (values >= np.asarray(lower, dtype=np.float64)) & (values <= np.asarray(upper, dtype=np.float64))
    return float(inside.mean())

"""Prediction intervals from the errors a forecaster has made before (split conformal prediction).

A model's own intervals hold only if the model is right: Prophet's 80 % intervals covered 61 % of what came in
a trial of 100 daily series. The errors of forecasts from earlier origins need no such belief (Vovk et al.
2005; Lei et al. 2018, JASA 113:1094, for the quantile below). They are not independent of each other, so the
coverage is approximate; the backtest measures it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

BAND_DAYS = 30
"""Errors are pooled by horizon in bands of a month: far enough to count on, near enough to be alike."""


def half_widths(errors: Sequence[Vector], horizon: int, level: float) -> Vector | None:
    """Half the interval's width for each day ahead; None without any error to learn from.

    `errors` holds, per earlier origin, the forecast errors for 1, 2, … days ahead as far as they are known.
    In each band the ⌈(n + 1) · level⌉-th smallest absolute error counts; a band without errors takes the
    nearer band's, and a farther band is never narrower than a nearer one.
    """
    widths = np.empty(horizon)
    width = None
    for start in range(0, horizon, BAND_DAYS):
        band = np.sort(np.abs(np.concatenate([e[start : start + BAND_DAYS] for e in errors] or [[]])))
        if band.size:
            rank = min(int(np.ceil((band.size + 1) * level)), band.size)
            width = max(width or 0.0, float(band[rank - 1]))
        if width is None:
            return None
        widths[start : start + BAND_DAYS] = width
    return widths

"""Where ticks stand, what they say, and how labels keep clear of each other. Pure functions, no picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from statistics import fmean as mean

MINUS = "−"


def nice_ticks(low: float, high: float, count: int = 5) -> list[float]:
    """About `count` round numbers that enclose [low, high]; the first and last are the axis' ends.

    Steps are 1, 2, 2.5 or 5 times a power of ten (Heckbert, "Nice numbers for graph labels", 1990).
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        return [0.0, 1.0]
    if low == high == 0:
        return [0.0, 1.0]
    if high <= low:
        margin = abs(low) * 0.05 or 1.0
        low, high = low - margin, high + margin
    raw = (high - low) / max(count - 1, 1)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(index * step, 12) for index in range(first, last + 1)]


def tick_texts(ticks: Sequence[float]) -> list[str]:
    """The ticks as people write them: as many decimals as the step needs, thousands apart, a true minus."""
    step = ticks[1] - ticks[0] if len(ticks) > 1 else 1.0
    decimals = next((d for d in range(6) if abs(round(step, d) - step) < abs(step) * 1e-6), 6)
    return [f"{tick + 0.0:,.{decimals}f}".replace("-", MINUS) for tick in ticks]


def month_ticks(months: Sequence[date]) -> dict[date, str]:
    """Which months an axis names and how: few, and the year where it begins or where the axis does."""
    if not months:
        return {}
    span = len(months)
    every = 1 if span <= 6 else 2 if span <= 12 else 6 if span <= 40 else 12
    named = {}
    anchor = months[0].month if span <= 12 else 1
    for month in months:
        if (month.month - anchor) % every == 0:
            with_year = month.month == 1 or not named
            named[month] = f"{month:%b %y}" if with_year else f"{month:%b}"
    return named


def quarter_ticks(quarters: Sequence[date]) -> dict[date, str]:
    """As `month_ticks` for quarters: every second one, the year with the first quarter of each."""
    named = {}
    for quarter in quarters:
        number = (quarter.month - 1) // 3 + 1
        if number in (1, 3) or len(quarters) <= 5:
            named[quarter] = f"Q{number} {quarter:%y}" if number == 1 or not named else f"Q{number}"
    return named


def keep_apart(positions: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move positions (pixels) by as little as needed so that each two are `gap` apart, within [low, high].

    Returns the new positions in the order of the old ones. Less the room each needs, the positions may touch
    but not cross: that is an isotonic regression, solved by pooling neighbours that cross into their mean.
    """
    order = sorted(range(len(positions)), key=lambda index: (positions[index], index))
    pools: list[list[float]] = []
    for rank, index in enumerate(order):
        pools.append([positions[index] - rank * gap])
        while len(pools) > 1 and mean(pools[-2]) > mean(pools[-1]):
            pools[-2:] = [pools[-2] + pools[-1]]
    places = [mean(pool) for pool in pools for _ in pool]
    last = high - (len(positions) - 1) * gap
    result = [0.0] * len(places)
    for rank, (index, place) in enumerate(zip(order, places, strict=True)):
        result[index] = min(max(place, low), last) + rank * gap
    return result

"""Stacked bars in time."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from bokeh.models import CustomJSTickFormatter, HoverTool, Range1d

from dashboards.charts.draw.shared import (
    LABEL_GAP,
    LINK,
    PLOT_HEIGHT,
    TOOLTIP,
    Word,
    drawn,
    factors,
    frame,
    glyphs,
    lead_on,
    slim,
    source_of,
    value_axis,
)
from dashboards.charts.scales import keep_apart, month_ticks
from dashboards.charts.style import PICTURE_HEIGHT, Theme, dress, paint


@dataclass(frozen=True)
class Stack:
    """Data of stacked bars, one per month: parts from the bottom up, each with values, hover texts and what
    stands beside its last bar.
    """

    months: Sequence[date]
    parts: Mapping[str, Sequence[float]]
    tips: Mapping[str, Sequence[str]]
    labels: Mapping[str, str]
    links: Sequence[str] = ()
    """Where a click on each month leads."""
    hanging: Collection[str] = ()
    """The parts that hang below zero."""


class StackPicture:
    """Stacked bars per month, some below zero; the parts are named beside the last bar."""

    def __init__(self, colours: Mapping[str, str], theme: Theme) -> None:
        self._parts = list(colours)
        blank = frame(month=["a"], **{name: [1.0] for name in self._parts})
        element = blank.hvplot.bar(
            x="month", y=self._parts, stacked=True, hover=False, responsive=True, height=PICTURE_HEIGHT
        )
        self.figure = figure = drawn(element)
        dress(figure, theme, right=92)
        figure.y_range = Range1d(start=0, end=1)
        bars = glyphs(figure)[0]
        bars.glyph.update(width=0.7, line_width=1, hatch_alpha=0.0)
        paint(bars.glyph, theme, line_color="card")
        mapper = bars.glyph.fill_color.transform
        mapper.factors = self._parts
        paint(mapper, theme, palette=",".join(colours.values()) + ("," if len(colours) == 1 else ""))
        self._bars = bars
        self._words = {name: Word(figure, theme, "ink-2", offset=6) for name in self._parts}
        self._names = CustomJSTickFormatter(
            args={"names": {}}, code="return tick in names ? names[tick] : ''"
        )
        figure.xaxis[0].formatter = self._names
        figure.add_tools(HoverTool(renderers=[bars], tooltips=TOOLTIP, point_policy="follow_mouse"))
        lead_on(figure, [bars])
        slim(figure)

    def update(self, data: Stack) -> None:
        """Show other months or values."""
        keys = [f"{month:%Y-%m}" for month in data.months]
        ticks = month_ticks(data.months)
        self._names.args = {"names": {f"{month:%Y-%m}": text for month, text in ticks.items()}}
        base, below = np.zeros(len(keys)), np.zeros(len(keys))
        columns: dict[str, list[Any]] = {
            key: [] for key in ("month", "Variable", "value", "bottom", "top", "tip", LINK)
        }
        middles: list[float] = []
        for name in self._parts:
            values = np.nan_to_num(np.asarray(data.parts[name], dtype=float))
            columns["month"] += keys
            columns["Variable"] += [name] * len(keys)
            columns["value"] += list(values)
            hangs = name in data.hanging
            foot = below - values if hangs else base
            columns["bottom"] += list(foot)
            columns["top"] += list(foot + values)
            columns["tip"] += list(data.tips[name])
            columns[LINK] += list(data.links) or [""] * len(keys)
            middles.append(float(foot[-1] + values[-1] / 2) if keys else 0.0)
            if hangs:
                below = foot
            else:
                base = base + values
        source_of(self._bars).data = {
            key: np.asarray(value, dtype=object if key in ("month", "Variable", "tip", LINK) else float)
            for key, value in columns.items()
        }
        high = float(base.max()) if len(base) and base.max() > 0 else 1.0
        start, end = value_axis(self.figure, float(np.min(below, initial=0.0)), high)
        named = {
            name: middle
            for name, middle in zip(self._parts, middles, strict=True)
            if keys and (data.parts[name][-1] > 0 or data.hanging)
        }
        pixels = [(middle - start) / (end - start) * PLOT_HEIGHT for middle in named.values()]
        places = dict(zip(named, keep_apart(pixels, LABEL_GAP, 4, PLOT_HEIGHT - 4), strict=True))
        at = dict(zip(named, pixels, strict=True))
        for name, word in self._words.items():
            if name in named:
                word.put(len(keys), named[name], data.labels[name], at[name] - places[name])
            else:
                word.remove()
        factors(self.figure.x_range).factors = keys  # last, as in the waterfall

"""Curves along a number that is no time: vintages by months on book."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from bokeh.core.properties import value
from bokeh.models import CategoricalColorMapper, ColumnDataSource, HoverTool, MultiLine, Range1d, Text

from dashboards.charts.draw.shared import (
    LABEL_GAP,
    LINK,
    PLOT_HEIGHT,
    TOOLTIP,
    drawn,
    frame,
    glyphs,
    lead_on,
    set_ticks,
    slim,
    source_of,
    value_axis,
)
from dashboards.charts.style import FONT, PICTURE_HEIGHT, TEXT_SIZE, Theme, dress, paint

SHADES = ("heat-4", "heat-5", "heat-6", "heat-7")
"""From the oldest curve to the newest."""
FAINT = "rule"
STEPS = (1, 3, 6, 12, 60, 120, 1200)
"""Between the numbers named on the axis: they count months."""
MOST = 10


@dataclass(frozen=True)
class Curve:
    """One curve: its name, points, their hover texts, and where a click on it leads; `faint` if another is
    chosen.
    """

    name: str
    x: Sequence[int]
    y: Sequence[float]
    tips: Sequence[str]
    link: str = ""
    faint: bool = False


@dataclass(frozen=True)
class Curves:
    """Data of curves, from the oldest to the newest."""

    curves: Sequence[Curve]


class CurvePicture:
    """Curves from light to dark in their order, named at their ends where there is room."""

    def __init__(self, theme: Theme) -> None:
        blank = frame(x=[0, 1], y=[0.0, 1.0], tip=["", ""])
        element = blank.hvplot.scatter(
            x="x", y="y", hover=False, hover_cols=["tip"], responsive=True, height=PICTURE_HEIGHT
        )
        self.figure = figure = drawn(element)
        dress(figure, theme, right=64)
        figure.x_range, figure.y_range = Range1d(start=0, end=1), Range1d(start=0, end=1)
        points = glyphs(figure)[0]
        points.glyph.update(size=9, fill_alpha=0.0, line_alpha=0.0, hatch_alpha=0.0)
        self._points = points
        tones = [*SHADES, FAINT]
        mapper = CategoricalColorMapper(factors=tones, palette=["#000000"] * len(tones))
        paint(mapper, theme, palette=",".join(tones))
        lines = MultiLine(
            xs="xs", ys="ys", line_width=2, line_join="round", line_cap="round",
            line_color={"field": "tone", "transform": mapper},
        )  # fmt: skip
        self._lines = figure.add_glyph(ColumnDataSource({"xs": [], "ys": [], "tone": []}), lines)
        self._words = ColumnDataSource({"x": [], "y": [], "text": []})
        text = Text(
            x="x", y="y", text="text", x_offset=4, y_offset=-1,
            text_baseline="bottom",
            text_font=value(FONT), text_font_size=TEXT_SIZE,
        )  # fmt: skip
        paint(text, theme, text_color="ink-2")
        figure.add_glyph(self._words, text, level="annotation")
        figure.add_tools(HoverTool(renderers=[points], tooltips=TOOLTIP, point_policy="snap_to_data"))
        lead_on(figure, [points])
        slim(figure)

    def update(self, data: Curves) -> None:
        """Show other curves; their number may change."""
        curves = data.curves
        tones = [FAINT if one.faint else _shade(place, len(curves)) for place, one in enumerate(curves)]
        source_of(self._lines).data = {
            "xs": [list(one.x) for one in curves], "ys": [list(one.y) for one in curves], "tone": tones,
        }  # fmt: skip
        source_of(self._points).data = {
            "x": np.asarray([x for one in curves for x in one.x]),
            "y": np.asarray([y for one in curves for y in one.y], dtype=float),
            "tip": np.asarray([tip for one in curves for tip in one.tips], dtype=object),
            LINK: np.asarray([one.link for one in curves for _ in one.x], dtype=object),
        }
        last = max((x for one in curves for x in one.x), default=1) or 1
        self.figure.x_range.update(start=-last * 0.012, end=last * 1.012)
        ticks = list(range(0, last + 1, next(step for step in STEPS if step * MOST >= last)))
        set_ticks(self.figure.xaxis[0], ticks, [str(tick) for tick in ticks])
        start, end = value_axis(self.figure, 0.0, max((y for one in curves for y in one.y), default=1.0))
        self._words.data = _placed(curves, start, end)


def _shade(place: int, count: int) -> str:
    """Lighter the older; the newest has the darkest."""
    return SHADES[len(SHADES) - 1 - (count - 1 - place) * len(SHADES) // count]


WIDE = 0.12
"""Share of the axis that a name takes."""


def _placed(curves: Sequence[Curve], start: float, end: float) -> dict[str, Any]:
    """Names at the curves' ends, the highest first; where one would cover another it is left to the hover."""
    longest = max((one.x[-1] for one in curves), default=1) or 1
    named: list[tuple[float, float]] = []
    words: dict[str, Any] = {"x": [], "y": [], "text": []}
    for one in sorted(curves, key=lambda curve: (curve.faint, -curve.y[-1], -curve.x[-1])):
        across, up = one.x[-1] / longest / WIDE, (one.y[-1] - start) / (end - start) * PLOT_HEIGHT / LABEL_GAP
        if all(abs(across - x) >= 1 or abs(up - y) >= 1 for x, y in named):
            named.append((across, up))
            words["x"].append(one.x[-1])
            words["y"].append(one.y[-1])
            words["text"].append(one.name)
    return words

"""Bars that lie and columns that stand: one value each, its figure beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from bokeh.core.properties import value
from bokeh.models import ColumnDataSource, CustomJSTickFormatter, HoverTool, Range1d, Text

from dashboards.charts.draw.shared import (
    LINK,
    TOOLTIP,
    drawn,
    factors,
    frame,
    glyphs,
    lead_on,
    slim,
    source_of,
    value_axis,
)
from dashboards.charts.style import FONT, PICTURE_HEIGHT, TEXT_SIZE, Theme, dress, paint

TONES = ("own", "faint", "good", "bad", "rest")
_PAINTS = "series-1,fill-neutral,fill-good,fill-bad,fill-neutral"
THICK = 0.64
"""Share of its place that a bar takes."""
FEW = 4
"""Fewer bars than this are no thicker than so many would be."""
LONGEST = 20
"""Letters of a name that fit beside a bar."""


@dataclass(frozen=True)
class Bars:
    """Data of bars: per bar its name, value, tone (of `TONES`), label, hover text and where a click leads."""

    names: Sequence[str]
    values: Sequence[float]
    tones: Sequence[str]
    labels: Sequence[str]
    tips: Sequence[str]
    links: Sequence[str]


class BarPicture:
    """Bars from zero; lying ones have their names on the left, standing ones below."""

    def __init__(self, theme: Theme, *, lying: bool) -> None:
        self._lying = lying
        blank = frame(name=["a", "b"], value=[1.0, 1.0], tone=["own", "faint"], tip=["", ""])
        options = {"x": "name", "y": "value", "color": "tone", "cmap": ["#000000", "#000001"], "hover": False}
        plot = blank.hvplot.barh if lying else blank.hvplot.bar
        self.figure = figure = drawn(
            plot(**options, hover_cols=["tip"], responsive=True, height=PICTURE_HEIGHT)
        )
        dress(figure, theme, left=136 if lying else 44, right=58 if lying else 10, grid=not lying)
        setattr(figure, "x_range" if lying else "y_range", Range1d(start=0, end=1))
        bars = glyphs(figure)[0]
        bars.glyph.update(line_color=None, hatch_alpha=0.0, border_radius=2)
        mapper = bars.glyph.fill_color.transform
        mapper.factors = list(TONES)
        paint(mapper, theme, palette=_PAINTS)
        self._bars = bars
        if lying:
            figure.xaxis[0].visible = False
            short = CustomJSTickFormatter(
                code=f"return tick.length > {LONGEST} ? tick.slice(0, {LONGEST - 1}) + '…' : tick"
            )
            figure.yaxis[0].formatter = short
            paint(figure.yaxis[0], theme, major_label_text_color="ink-2")
        self._labels = ColumnDataSource({"at": [], "end": [], "label": [], "shift": []})
        text = Text(
            x="end" if lying else "at", y="at" if lying else "end", text="label",
            text_align="left" if lying else "center", text_baseline="middle" if lying else "bottom",
            x_offset="shift" if lying else 0, y_offset=0 if lying else "shift",
            text_font=value(FONT), text_font_size=TEXT_SIZE, text_font_style="bold",
        )  # fmt: skip
        paint(text, theme, text_color="ink")
        figure.add_glyph(self._labels, text, level="annotation")
        figure.add_tools(HoverTool(renderers=[bars], tooltips=TOOLTIP, point_policy="follow_mouse"))
        lead_on(figure, [bars])
        slim(figure)

    def update(self, data: Bars) -> None:
        """Show other bars; their number may change."""
        names = list(data.names)
        values = np.asarray(data.values, dtype=float)
        tones = np.asarray(data.tones, dtype=object)
        source_of(self._bars).data = {
            "name": np.asarray(names, dtype=object), "value": values, "tone": tones, "color": tones,
            "tip": np.asarray(data.tips, dtype=object), LINK: np.asarray(data.links, dtype=object),
        }  # fmt: skip
        crowded = not self._lying and len(names) > 12
        self._labels.data = {
            "at": names, "end": np.maximum(values, 0.0), "shift": [6.0 if self._lying else -3.0] * len(names),
            "label": [""] * len(names) if crowded else list(data.labels),
        }  # fmt: skip
        thick = min(1.0, len(names) / FEW) * THICK
        self._bars.glyph.update(**{"height" if self._lying else "width": thick})
        low, high = min(0.0, *values, 0.0), max(0.0, *values, 0.0)
        if self._lying:
            self.figure.x_range.update(start=low, end=high if high > low else low + 1.0)
            factors(self.figure.y_range).factors = names[::-1]  # last: the browser redraws for it
        else:
            value_axis(self.figure, low, high if high > low else 1.0, tight=True)
            factors(self.figure.x_range).factors = names

"""Intervals: a point per name between the ends of where it may lie, beside a line at zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from bokeh.core.properties import value
from bokeh.models import ColumnDataSource, HoverTool, Range1d, Segment, Span, Text

from dashboards.charts.draw.shared import (
    LINK,
    TOOLTIP,
    drawn,
    factors,
    frame,
    glyphs,
    lead_on,
    set_ticks,
    slim,
    source_of,
)
from dashboards.charts.scales import nice_ticks, tick_texts
from dashboards.charts.style import FONT, PICTURE_HEIGHT, TEXT_SIZE, Theme, dress, paint

TONES = ("good", "bad", "rest")
_PAINTS = "fill-good,fill-bad,neutral"


@dataclass(frozen=True)
class Interval:
    """One line: its name, value, ends, tone (of `TONES`), label, hover text and where a click leads."""

    name: str
    value: float
    lower: float
    upper: float
    tone: str
    label: str
    tip: str
    link: str = ""


class IntervalPicture:
    """Points with whiskers from the top down, their names on the left and figures on the right."""

    def __init__(self, theme: Theme) -> None:
        blank = frame(value=[0.0, 1.0], name=["a", "b"], tone=["good", "bad"], tip=["", ""])
        element = blank.hvplot.scatter(
            x="value", y="name", color="tone", cmap=["#000000", "#000001"], hover=False, hover_cols=["tip"],
            legend=False, responsive=True, height=PICTURE_HEIGHT,
        )  # fmt: skip
        self.figure = figure = drawn(element)
        dress(figure, theme, left=124, right=46, grid=False)
        figure.x_range = Range1d(start=0, end=1)
        points = glyphs(figure)[0]
        mapper = points.glyph.fill_color.transform
        mapper.factors = list(TONES)
        paint(mapper, theme, palette=_PAINTS)
        points.glyph.update(size=10, line_color=None, hatch_alpha=0.0)
        self._points = points
        whisker = Segment(
            x0="lower", x1="upper", y0="name", y1="name", line_width=3, line_cap="round", line_alpha=0.45,
            line_color={"field": "tone", "transform": mapper},
        )  # fmt: skip
        self._whiskers = figure.add_glyph(
            ColumnDataSource({"lower": [], "upper": [], "name": [], "tone": []}), whisker
        )
        zero = Span(location=0, dimension="height", line_width=1, level="underlay")
        paint(zero, theme, line_color="ink-3")
        figure.add_layout(zero)
        self._labels = ColumnDataSource({"at": [], "name": [], "label": []})
        text = Text(
            x="at", y="name", text="label", x_offset=8, text_baseline="middle", text_font=value(FONT),
            text_font_size=TEXT_SIZE, text_font_style="bold",
        )  # fmt: skip
        paint(text, theme, text_color="ink")
        figure.add_glyph(self._labels, text, level="annotation")
        paint(figure.yaxis[0], theme, major_label_text_color="ink-2")
        paint(figure.xaxis[0], theme, major_label_text_color="ink-3")
        figure.add_tools(HoverTool(renderers=[points], tooltips=TOOLTIP))
        lead_on(figure, [points])
        slim(figure)

    def update(self, data: Sequence[Interval]) -> None:
        """Show other intervals; their number may change."""
        names = [one.name for one in data]
        tones = np.asarray([one.tone for one in data], dtype=object)
        source_of(self._points).data = {
            "value": np.asarray([one.value for one in data], dtype=float),
            "name": np.asarray(names, dtype=object), "tone": tones, "color": tones,
            "tip": np.asarray([one.tip for one in data], dtype=object),
            LINK: np.asarray([one.link for one in data], dtype=object),
        }  # fmt: skip
        source_of(self._whiskers).data = {
            "lower": [one.lower for one in data], "upper": [one.upper for one in data], "name": names,
            "tone": list(tones),
        }  # fmt: skip
        ticks = nice_ticks(
            min((one.lower for one in data), default=0.0), max((one.upper for one in data), default=1.0)
        )
        self.figure.x_range.update(start=ticks[0], end=ticks[-1])
        set_ticks(self.figure.xaxis[0], ticks, tick_texts(ticks))
        self._labels.data = {
            "at": [ticks[-1]] * len(names),
            "name": names,
            "label": [one.label for one in data],
        }
        factors(self.figure.y_range).factors = names[::-1]  # last: the browser redraws for it

"""From one figure to another, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from bokeh.core.properties import value
from bokeh.models import ColumnDataSource, HoverTool, LabelSet, Range1d, Segment

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


@dataclass(frozen=True)
class Steps:
    """Data of a waterfall: per step its name, from, to, tone (total, better, worse), label and hover text."""

    names: Sequence[str]
    bottoms: Sequence[float]
    tops: Sequence[float]
    ends: Sequence[float]
    tones: Sequence[str]
    labels: Sequence[str]
    tips: Sequence[str]
    links: Sequence[str] = ()
    """Where a click on each step leads."""
    floor: float = 0.0
    """Where the axis begins, if not at zero: the totals are cut off there."""


class WaterfallPicture:
    """From one period's figure to the other's: the contributions between them sum to the change."""

    def __init__(self, theme: Theme) -> None:
        blank = frame(
            step=["a", "b"], top=[1.0, 1.0], bottom=[0.0, 0.0], tone=["total", "better"], tip=["", ""]
        )
        element = blank.hvplot.bar(
            x="step", y="top", color="tone", cmap=["#000000", "#000001"], hover=False,
            hover_cols=["bottom", "tip"], responsive=True, height=PICTURE_HEIGHT,
        )  # fmt: skip
        self.figure = figure = drawn(element)
        dress(figure, theme, left=44)
        figure.y_range = Range1d(start=0, end=1)
        bars = glyphs(figure)[0]
        bars.glyph.update(bottom="bottom", width=0.66, line_color=None, hatch_alpha=0.0, border_radius=2)
        mapper = bars.glyph.fill_color.transform
        mapper.factors = ["total", "better", "worse"]
        paint(mapper, theme, palette="series-1,fill-good,fill-bad")
        self._bars = bars
        self._labels = ColumnDataSource({"step": [], "top": [], "label": []})
        texts = LabelSet(
            source=self._labels, x="step", y="top", text="label", y_offset=5, text_align="center",
            text_font=value(FONT), text_font_size=TEXT_SIZE, text_font_style="bold", level="overlay",
        )  # fmt: skip
        paint(texts, theme, text_color="ink")
        figure.add_layout(texts)
        self._links = ColumnDataSource({"x0": [], "x1": [], "y0": []})
        link = Segment(x0="x0", x1="x1", y0="y0", y1="y0", line_width=0.8)
        paint(link, theme, line_color="ink-3")
        figure.add_glyph(self._links, link)
        figure.add_tools(HoverTool(renderers=[bars], tooltips=TOOLTIP, point_policy="follow_mouse"))
        lead_on(figure, [bars])
        slim(figure)
        self.update(Steps((), (), (), (), (), (), ()))  # hvPlot left out the column of the bars' feet

    def update(self, data: Steps) -> None:
        """Show other steps; their number may change."""
        names = list(data.names)
        low = min(0.0, *data.bottoms) if len(data.bottoms) else 0.0
        high = max(0.0, *data.tops) if len(data.tops) else 1.0
        low = data.floor or low
        start, _ = value_axis(self.figure, low, high if high > low else 1.0, tight=True)
        tops, bottoms = np.asarray(data.tops, dtype=float), np.asarray(data.bottoms, dtype=float)
        tones = np.asarray(data.tones, dtype=object)
        if data.floor:
            bottoms = np.where(tones == "total", start, bottoms)
        source_of(self._bars).data = {
            "step": np.asarray(names, dtype=object), "top": tops, "bottom": bottoms, "tone": tones,
            "color": tones, "tip": np.asarray(data.tips, dtype=object),
            LINK: np.asarray(list(data.links) or [""] * len(names), dtype=object),
        }  # fmt: skip
        self._labels.data = {"step": names, "top": tops, "label": list(data.labels)}
        pairs = list(zip(names, names[1:], data.ends, strict=False))
        self._links.data = {
            "x0": [(left, 0.33) for left, _, _ in pairs],
            "x1": [(right, -0.33) for _, right, _ in pairs],
            "y0": [end for _, _, end in pairs],
        }
        # After the sources: the browser redraws for a change of factors, and would meet sources of another
        # length.
        factors(self.figure.x_range).factors = names

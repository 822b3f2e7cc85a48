"""Heat maps: a cell per pair of values, its figure in it where there is room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from bokeh.core.properties import value
from bokeh.models import ColumnDataSource, CustomJSTickFormatter, HoverTool, LinearColorMapper, Text

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
)
from dashboards.charts.style import FONT, HEAT, PICTURE_HEIGHT, TEXT_SIZE, Theme, dress, paint

ROOM = 14
"""So many columns still have room for figures."""
LETTERS = 78
"""So many letters fit under a heat map; names of columns that are longer than their share are cut."""
DARK_FROM = 0.55
"""Share of the way from the lightest colour to the darkest from which a cell needs light text."""
NARROW = 0.5
"""Share of the largest value above which the smallest one has the lightest colour, as zero has otherwise:
rates of 90 to 100 % would look all the same.
"""


@dataclass(frozen=True)
class Heat:
    """Data of a heat map: names of rows and columns in order, and per cell its place, value, label,
    hover text and where a click leads.
    """

    rows: Sequence[str]
    columns: Sequence[str]
    at: Sequence[tuple[str, str]]
    values: Sequence[float]
    labels: Sequence[str]
    tips: Sequence[str]
    links: Sequence[str]


class HeatPicture:
    """Rows from the top down, the darker the larger."""

    def __init__(self, theme: Theme) -> None:
        blank = frame(column=["a", "b"], row=["a", "b"], value=[0.0, 1.0], tip=["", ""])
        element = blank.hvplot.heatmap(
            x="column",
            y="row",
            C="value",
            hover=False,
            colorbar=False,
            responsive=True,
            height=PICTURE_HEIGHT,
        )
        self.figure = figure = drawn(element)
        dress(figure, theme, left=76, grid=False)
        cells = glyphs(figure)[0]
        cells.glyph.update(line_width=2)
        paint(cells.glyph, theme, line_color="card")
        self._mapper = LinearColorMapper(low=0, high=1, nan_color="rgba(0,0,0,0)")
        paint(self._mapper, theme, palette=",".join(HEAT))
        cells.glyph.fill_color = {"field": "value", "transform": self._mapper}
        cells.glyph.update(x="column", y="row", width=1, height=1)
        self._cells = cells
        self._words = []
        for colour in ("ink", "on-heat"):
            words = ColumnDataSource({"column": [], "row": [], "label": []})
            text = Text(
                x="column", y="row", text="label", text_align="center", text_baseline="middle",
                text_font=value(FONT), text_font_size=TEXT_SIZE,
            )  # fmt: skip
            paint(text, theme, text_color=colour)
            figure.add_glyph(words, text)
            self._words.append(words)
        paint(figure.yaxis[0], theme, major_label_text_color="ink-2")
        self._names = CustomJSTickFormatter(
            args={"room": LETTERS}, code="return tick.length > room ? tick.slice(0, room - 1) + '…' : tick"
        )
        figure.xaxis[0].formatter = self._names
        figure.add_tools(HoverTool(renderers=[cells], tooltips=TOOLTIP, point_policy="follow_mouse"))
        lead_on(figure, [cells])
        slim(figure)

    def update(self, data: Heat) -> None:
        """Show other cells; rows and columns may change."""
        rows = np.asarray([row for row, _ in data.at], dtype=object)
        columns = np.asarray([column for _, column in data.at], dtype=object)
        values = np.asarray(data.values, dtype=float)
        high = float(np.max(np.abs(values), initial=0.0)) or 1.0
        least = float(np.min(values, initial=high))
        low = least if NARROW * high < least < high else min(least, 0.0)
        self._mapper.update(low=low, high=high)
        source_of(self._cells).data = {
            "column": columns, "row": rows, "value": values,
            "tip": np.asarray(data.tips, dtype=object), LINK: np.asarray(data.links, dtype=object),
        }  # fmt: skip
        roomy = len(data.columns) <= ROOM
        dark = values - low >= DARK_FROM * (high - low)
        labels = np.asarray(data.labels, dtype=object)
        for source, mask in zip(self._words, (~dark & roomy, dark & roomy), strict=True):
            source.data = {"column": columns[mask], "row": rows[mask], "label": labels[mask]}
        self._names.args = {"room": max(3, LETTERS // max(len(data.columns), 1))}
        factors(self.figure.x_range).factors = list(data.columns)
        factors(self.figure.y_range).factors = list(data.rows)[::-1]

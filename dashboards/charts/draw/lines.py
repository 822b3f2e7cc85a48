"""Lines in time, named at their ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from bokeh.models import ColumnDataSource, DataRenderer, GlyphRenderer, HoverTool, Range1d, Scatter, Span

from dashboards.charts.draw.shared import (
    LABEL_GAP,
    LINK,
    PLOT_HEIGHT,
    TOOLTIP,
    Word,
    as_days,
    brush,
    drawn,
    frame,
    glyphs,
    lead_on,
    milliseconds,
    set_ticks,
    slim,
    source_of,
    value_axis,
)
from dashboards.charts.scales import keep_apart, month_ticks, quarter_ticks
from dashboards.charts.style import PICTURE_HEIGHT, Theme, dress, paint


@dataclass(frozen=True)
class Strand:
    """One line's data: points in time, their hover texts, the label at its end, and a band around it."""

    x: Sequence[date]
    y: Sequence[float]
    tips: Sequence[str]
    label: str = ""
    lower: Sequence[float] = ()
    upper: Sequence[float] = ()
    links: Sequence[str] = ()
    """Where a click on each point leads."""


@dataclass(frozen=True)
class Lines:
    """Data of a line picture: strands by name; `since` marks where the forecast begins."""

    strands: Mapping[str, Strand]
    quarterly: bool = False
    since: date | None = None


@dataclass(frozen=True)
class StrandStyle:
    """How one line looks: its tokens, whether it is dashed, has a band, a dot and label at its
    end, or is no line but points.
    """

    colour: str
    text: str = "ink-2"
    dashed: bool = False
    width: float = 2.2
    band: str | None = None
    dot: bool = False
    bold: bool = False
    points: bool = False
    """Only points, each with a dot: no line between them."""


@dataclass
class _Line:
    """The models of one strand that change with its data."""

    line: GlyphRenderer
    word: Word
    band: GlyphRenderer | None = None
    dot: GlyphRenderer | None = None
    every: bool = False
    """Whether the dot stands at every point, not at the last one only."""


class LinePicture:
    """Lines in time with their names and last values at their ends, bands and a forecast's beginning."""

    def __init__(self, styles: Mapping[str, StrandStyle], theme: Theme, *, right: int = 92) -> None:
        days = as_days([date(2000, 1, 1), date(2000, 2, 1)])
        blank = frame(x=days, y=[0.0, 1.0], tip=["", ""])
        options = {"x": "x", "y": "y", "responsive": True, "height": PICTURE_HEIGHT, "hover": False}
        bands = [name for name, style in styles.items() if style.band]
        parts = [blank.assign(y2=blank.y).hvplot.area(**options, y2="y2", line_alpha=0) for _ in bands]
        parts += [blank.hvplot.line(**options, hover_cols=["tip"]) for _ in styles]
        element = parts[0]
        for part in parts[1:]:
            element = element * part
        self.figure = figure = drawn(element)
        dress(figure, theme, right=right)
        figure.x_range, figure.y_range = Range1d(start=0, end=1), Range1d(start=0, end=1)
        drawn_glyphs = glyphs(figure)
        self._lines: dict[str, _Line] = {}
        for (name, style), line in zip(styles.items(), drawn_glyphs[len(bands) :], strict=True):
            line.glyph.update(
                line_width=style.width,
                line_dash=[4, 3] if style.dashed else [],
                line_join="round",
                line_cap="round",
            )
            paint(line.glyph, theme, line_color=style.colour)
            self._lines[name] = _Line(line, Word(figure, theme, style.text, bold=style.bold))
            line.visible = not style.points
            if style.dot or style.points:
                dot = Scatter(x="x", y="y", size=5 if style.points else 7, line_color=None)
                paint(dot, theme, fill_color=style.colour)
                self._lines[name].dot = figure.add_glyph(ColumnDataSource({"x": [], "y": []}), dot)
                self._lines[name].every = style.points
        for name, band in zip(bands, drawn_glyphs, strict=False):
            band.glyph.update(line_color=None, fill_alpha=1.0, hatch_alpha=0.0)
            paint(band.glyph, theme, fill_color=styles[name].band or "band")
            self._lines[name].band = band
        self._since = Span(dimension="height", line_width=1, visible=False, level="underlay")
        paint(self._since, theme, line_color="rule")
        figure.add_layout(self._since)
        self._since_word = Word(figure, theme, "ink-3", offset=6)
        courses: list[DataRenderer] = [line.line for line in self._lines.values() if not line.every]
        hover = HoverTool(
            renderers=courses, tooltips=TOOLTIP, mode="vline",
            line_policy="nearest", point_policy="snap_to_data",
        )  # fmt: skip
        figure.add_tools(hover)
        lead_on(figure, courses)
        brush(figure, theme)
        slim(figure)

    def update(self, data: Lines) -> None:
        """Show other data. Strands that the data does not have vanish."""
        figure = self.figure
        days = sorted({day for strand in data.strands.values() for day in strand.x})
        values = [
            value_
            for strand in data.strands.values()
            for value_ in (*strand.y, *strand.lower, *strand.upper)
            if np.isfinite(value_)
        ]
        if not days or not values:
            days, values = [date(2000, 1, 1)], [0.0, 1.0]
        first, last = milliseconds(days[0]), milliseconds(days[-1])
        margin = (last - first) * 0.012 or 86_400_000.0
        figure.x_range.update(start=first - margin, end=last + margin)
        named = (quarter_ticks if data.quarterly else month_ticks)([day for day in days if day.day == 1])
        set_ticks(figure.xaxis[0], [milliseconds(day) for day in named], list(named.values()))
        low, high = min(values), max(values)
        start, end = value_axis(figure, low, high)
        labelled: list[tuple[Word, Strand, float]] = []
        for name, parts in self._lines.items():
            strand = data.strands.get(name, Strand((), (), ()))
            x = as_days(strand.x)
            y = np.asarray(strand.y, dtype=float)
            source_of(parts.line).data = {
                "x": x, "y": y, "tip": np.asarray(strand.tips, dtype=object),
                LINK: np.asarray(list(strand.links) or [""] * len(y), dtype=object),
            }  # fmt: skip
            if parts.band is not None:
                lower, upper = np.asarray(strand.lower, dtype=float), np.asarray(strand.upper, dtype=float)
                edge = x[: len(lower)] if len(lower) else x[:0]
                source_of(parts.band).data = {"x": np.r_[edge, edge[::-1]], "y": np.r_[upper, lower[::-1]]}
            if parts.dot is not None:
                dots = slice(None) if parts.every else slice(-1, None)
                source_of(parts.dot).data = {"x": x[dots], "y": y[dots]}
            if strand.label and len(y):
                labelled.append((parts.word, strand, (float(y[-1]) - start) / (end - start) * PLOT_HEIGHT))
            else:
                parts.word.remove()
        placed = keep_apart([pixel for *_, pixel in labelled], LABEL_GAP, 4, PLOT_HEIGHT - 4)
        for (word, strand, pixel), place in zip(labelled, placed, strict=True):
            word.put(milliseconds(strand.x[-1]), float(strand.y[-1]), strand.label, pixel - place)
        self._since.visible = data.since is not None
        if data.since is None:
            self._since_word.remove()
        else:
            self._since.location = milliseconds(data.since)
            self._since_word.put(milliseconds(data.since), end, "forecast", 8)

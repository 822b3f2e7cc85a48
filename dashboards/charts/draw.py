"""Pictures: hvPlot draws each one once, afterwards only its data sources change.

A picture is built with placeholder data, so that the first drawing and every later one take the same way
(`update`). Swapping sources costs about 1 ms per picture; drawing anew costs 100. Each session has a copy of
its own, see `charts.copying`; what a session costs grows with the number of models in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

import numpy as np
from bokeh.core.properties import value
from bokeh.models import (
    AllIndices,
    ColumnDataSource,
    CustomJSTickFormatter,
    FactorRange,
    FixedTicker,
    GlyphRenderer,
    HoverTool,
    LabelSet,
    Plot,
    Range1d,
    Scatter,
    Segment,
    Span,
    Text,
    UnionRenderers,
)

from dashboards.charts.scales import keep_apart, month_ticks, nice_ticks, quarter_ticks, tick_texts
from dashboards.charts.style import FONT, PICTURE_HEIGHT, TEXT_SIZE, Theme, dress, paint

LABEL_GAP = 15.0
"""Pixels between the middles of two labels at lines' ends."""

PLOT_HEIGHT = PICTURE_HEIGHT - 34.0
"""Pixels between the lowest and the highest value: the figure less its borders and the axis' labels."""

TOOLTIP = '<div class="tip">@tip</div>'


@dataclass(frozen=True)
class Strand:
    """One line's data: points in time, their hover texts, the label at its end, and a band around it."""

    x: Sequence[date]
    y: Sequence[float]
    tips: Sequence[str]
    label: str = ""
    lower: Sequence[float] = ()
    upper: Sequence[float] = ()


@dataclass(frozen=True)
class Lines:
    """Data of a line picture: strands by name; `since` marks where the forecast begins."""

    strands: Mapping[str, Strand]
    quarterly: bool = False
    since: date | None = None


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


@dataclass(frozen=True)
class Stack:
    """Data of stacked bars, one per month: parts from the bottom up, each with values, hover texts and what
    stands beside its last bar.
    """

    months: Sequence[date]
    parts: Mapping[str, Sequence[float]]
    tips: Mapping[str, Sequence[str]]
    labels: Mapping[str, str]


@dataclass(frozen=True)
class StrandStyle:
    """How one line looks: its tokens, whether it is dashed, has a band, a dot and label at its end."""

    colour: str
    text: str = "ink-2"
    dashed: bool = False
    width: float = 2.2
    band: str | None = None
    dot: bool = False
    bold: bool = False


def _draw(element: Any) -> Plot:
    """A hvPlot element as a Bokeh figure that belongs to nobody yet."""
    import holoviews as hv

    return hv.renderer("bokeh").get_plot(element).state


def _glyphs(figure: Plot) -> list[GlyphRenderer]:
    return [renderer for renderer in figure.renderers if isinstance(renderer, GlyphRenderer)]


def _frame(**columns: Any) -> Any:
    """A frame that hvPlot can draw; loads hvPlot, which costs seconds, with the first picture only."""
    import hvplot.pandas  # noqa: F401
    import pandas as pd

    return pd.DataFrame(columns)


def _source_of(renderer: GlyphRenderer) -> ColumnDataSource:
    return cast(ColumnDataSource, renderer.data_source)


def _factors(figure: Plot) -> FactorRange:
    return cast(FactorRange, figure.x_range)


def _milliseconds(day: date) -> float:
    return float(np.datetime64(day, "ms").astype("int64"))


def _days(days: Sequence[date]) -> np.ndarray:
    return np.array([np.datetime64(day, "ms") for day in days], dtype="datetime64[ms]")


def _set_ticks(axis: Any, ticks: Sequence[float], texts: Sequence[str]) -> None:
    axis.ticker = FixedTicker(ticks=list(ticks), minor_ticks=[])
    axis.major_label_overrides = dict(zip(ticks, texts, strict=True))


def _slim(figure: Plot) -> None:
    """Leave out the models that nothing here uses: the looks of selected, muted and other glyphs, and filters
    and policies that are the same for every source. (Views are not: the browser keeps a source's rows there.)
    """
    everything, policy = AllIndices(), UnionRenderers()
    for renderer in _glyphs(figure):
        renderer.update(selection_glyph=None, nonselection_glyph=None, muted_glyph=None, hover_glyph=None)
        renderer.view.filter = everything
        _source_of(renderer).selection_policy = policy


class _Word:
    """One piece of text at a point of the picture, free to stand outside the plot's frame."""

    def __init__(
        self, figure: Plot, theme: Theme, colour: str, *, bold: bool = False, offset: float = 8.0
    ) -> None:
        self._source = ColumnDataSource({"x": [], "y": [], "text": [], "shift": []})
        text = Text(
            x="x", y="y", text="text", x_offset=offset, y_offset="shift", text_baseline="middle",
            text_font=value(FONT), text_font_size=TEXT_SIZE, text_font_style="bold" if bold else "normal",
        )  # fmt: skip
        paint(text, theme, text_color=colour)
        # Bokeh clips labels and other annotations to the frame, but not glyphs of this level.
        figure.add_glyph(self._source, text, level="annotation")

    def put(self, x: float, y: float, text: str, shift: float = 0.0) -> None:
        """Show the text at a point; `shift` are pixels downwards."""
        self._source.data = {"x": [x], "y": [y], "text": [text], "shift": [shift]}

    def remove(self) -> None:
        self._source.data = {"x": [], "y": [], "text": [], "shift": []}


@dataclass
class _Line:
    """The models of one strand that change with its data."""

    line: GlyphRenderer
    word: _Word
    band: GlyphRenderer | None = None
    dot: GlyphRenderer | None = None


def _value_axis(
    figure: Plot, low: float, high: float, count: int = 6, *, tight: bool = False
) -> tuple[float, float]:
    """Set the value range and its ticks, and return the range; `tight` ends it at the data, not at a tick."""
    ticks = nice_ticks(low, high, count)
    start, end = (min(low, ticks[0]), high + (high - low) * 0.1) if tight else (ticks[0], ticks[-1])
    figure.y_range.update(start=start, end=end)
    shown = [tick for tick in ticks if start <= tick <= end]
    _set_ticks(figure.yaxis[0], shown, tick_texts(ticks)[ticks.index(shown[0]) :][: len(shown)])
    return start, end


class LinePicture:
    """Lines in time with their names and last values at their ends, bands and a forecast's beginning."""

    def __init__(self, styles: Mapping[str, StrandStyle], theme: Theme, *, right: int = 92) -> None:
        days = _days([date(2000, 1, 1), date(2000, 2, 1)])
        blank = _frame(x=days, y=[0.0, 1.0], tip=["", ""])
        options = {"x": "x", "y": "y", "responsive": True, "height": PICTURE_HEIGHT, "hover": False}
        bands = [name for name, style in styles.items() if style.band]
        parts = [blank.assign(y2=blank.y).hvplot.area(**options, y2="y2", line_alpha=0) for _ in bands]
        parts += [blank.hvplot.line(**options, hover_cols=["tip"]) for _ in styles]
        element = parts[0]
        for part in parts[1:]:
            element = element * part
        self.figure = figure = _draw(element)
        dress(figure, theme, right=right)
        figure.x_range, figure.y_range = Range1d(start=0, end=1), Range1d(start=0, end=1)
        glyphs = _glyphs(figure)
        self._lines: dict[str, _Line] = {}
        for (name, style), line in zip(styles.items(), glyphs[len(bands) :], strict=True):
            line.glyph.update(
                line_width=style.width,
                line_dash=[4, 3] if style.dashed else [],
                line_join="round",
                line_cap="round",
            )
            paint(line.glyph, theme, line_color=style.colour)
            self._lines[name] = _Line(line, _Word(figure, theme, style.text, bold=style.bold))
            if style.dot:
                dot = Scatter(x="x", y="y", size=7, line_color=None)
                paint(dot, theme, fill_color=style.colour)
                self._lines[name].dot = figure.add_glyph(ColumnDataSource({"x": [], "y": []}), dot)
        for name, band in zip(bands, glyphs, strict=False):
            band.glyph.update(line_color=None, fill_alpha=1.0, hatch_alpha=0.0)
            paint(band.glyph, theme, fill_color=styles[name].band or "band")
            self._lines[name].band = band
        self._since = Span(dimension="height", line_width=1, visible=False, level="underlay")
        paint(self._since, theme, line_color="rule")
        figure.add_layout(self._since)
        self._since_word = _Word(figure, theme, "ink-3", offset=6)
        hover = HoverTool(
            renderers=[line.line for line in self._lines.values()], tooltips=TOOLTIP, mode="vline",
            line_policy="nearest", point_policy="snap_to_data",
        )  # fmt: skip
        figure.add_tools(hover)
        _slim(figure)

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
        first, last = _milliseconds(days[0]), _milliseconds(days[-1])
        margin = (last - first) * 0.012 or 86_400_000.0
        figure.x_range.update(start=first - margin, end=last + margin)
        named = (quarter_ticks if data.quarterly else month_ticks)([day for day in days if day.day == 1])
        _set_ticks(figure.xaxis[0], [_milliseconds(day) for day in named], list(named.values()))
        low, high = min(values), max(values)
        start, end = _value_axis(figure, low, high)
        labelled: list[tuple[_Word, Strand, float]] = []
        for name, parts in self._lines.items():
            strand = data.strands.get(name, Strand((), (), ()))
            x = _days(strand.x)
            y = np.asarray(strand.y, dtype=float)
            _source_of(parts.line).data = {"x": x, "y": y, "tip": np.asarray(strand.tips, dtype=object)}
            if parts.band is not None:
                lower, upper = np.asarray(strand.lower, dtype=float), np.asarray(strand.upper, dtype=float)
                edge = x[: len(lower)] if len(lower) else x[:0]
                _source_of(parts.band).data = {"x": np.r_[edge, edge[::-1]], "y": np.r_[upper, lower[::-1]]}
            if parts.dot is not None:
                _source_of(parts.dot).data = {"x": x[-1:], "y": y[-1:]}
            if strand.label and len(y):
                labelled.append((parts.word, strand, (float(y[-1]) - start) / (end - start) * PLOT_HEIGHT))
            else:
                parts.word.remove()
        placed = keep_apart([pixel for *_, pixel in labelled], LABEL_GAP, 4, PLOT_HEIGHT - 4)
        for (word, strand, pixel), place in zip(labelled, placed, strict=True):
            word.put(_milliseconds(strand.x[-1]), float(strand.y[-1]), strand.label, pixel - place)
        self._since.visible = data.since is not None
        if data.since is None:
            self._since_word.remove()
        else:
            self._since.location = _milliseconds(data.since)
            self._since_word.put(_milliseconds(data.since), end, "forecast", 8)


class WaterfallPicture:
    """From one period's figure to the other's: the contributions between them sum to the change."""

    def __init__(self, theme: Theme) -> None:
        blank = _frame(
            step=["a", "b"], top=[1.0, 1.0], bottom=[0.0, 0.0], tone=["total", "better"], tip=["", ""]
        )
        element = blank.hvplot.bar(
            x="step", y="top", color="tone", cmap=["#000000", "#000001"], hover=False,
            hover_cols=["bottom", "tip"], responsive=True, height=PICTURE_HEIGHT,
        )  # fmt: skip
        self.figure = figure = _draw(element)
        dress(figure, theme, left=44)
        figure.y_range = Range1d(start=0, end=1)
        bars = _glyphs(figure)[0]
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
        _slim(figure)
        self.update(Steps((), (), (), (), (), (), ()))  # hvPlot left out the column of the bars' feet

    def update(self, data: Steps) -> None:
        """Show other steps; their number may change."""
        names = list(data.names)
        tops, bottoms = np.asarray(data.tops, dtype=float), np.asarray(data.bottoms, dtype=float)
        tones = np.asarray(data.tones, dtype=object)
        _source_of(self._bars).data = {
            "step": np.asarray(names, dtype=object), "top": tops, "bottom": bottoms, "tone": tones,
            "color": tones, "tip": np.asarray(data.tips, dtype=object),
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
        _factors(self.figure).factors = names
        low = min(0.0, *bottoms) if len(bottoms) else 0.0
        high = max(0.0, *tops) if len(tops) else 1.0
        _value_axis(self.figure, low, high if high > low else 1.0, tight=True)


class StackPicture:
    """Stacked bars per month; the parts are named beside the last bar."""

    def __init__(self, colours: Mapping[str, str], theme: Theme) -> None:
        self._parts = list(colours)
        blank = _frame(month=["a"], **{name: [1.0] for name in self._parts})
        element = blank.hvplot.bar(
            x="month", y=self._parts, stacked=True, hover=False, responsive=True, height=PICTURE_HEIGHT
        )
        self.figure = figure = _draw(element)
        dress(figure, theme, right=92)
        figure.y_range = Range1d(start=0, end=1)
        bars = _glyphs(figure)[0]
        bars.glyph.update(width=0.7, line_width=1, hatch_alpha=0.0)
        paint(bars.glyph, theme, line_color="card")
        mapper = bars.glyph.fill_color.transform
        mapper.factors = self._parts
        paint(mapper, theme, palette=",".join(colours.values()) + ("," if len(colours) == 1 else ""))
        self._bars = bars
        self._words = {name: _Word(figure, theme, "ink-2", offset=6) for name in self._parts}
        self._names = CustomJSTickFormatter(
            args={"names": {}}, code="return tick in names ? names[tick] : ''"
        )
        figure.xaxis[0].formatter = self._names
        figure.add_tools(HoverTool(renderers=[bars], tooltips=TOOLTIP, point_policy="follow_mouse"))
        _slim(figure)

    def update(self, data: Stack) -> None:
        """Show other months or values."""
        keys = [f"{month:%Y-%m}" for month in data.months]
        ticks = month_ticks(data.months)
        self._names.args = {"names": {f"{month:%Y-%m}": text for month, text in ticks.items()}}
        base = np.zeros(len(keys))
        columns: dict[str, list[Any]] = {
            key: [] for key in ("month", "Variable", "value", "bottom", "top", "tip")
        }
        middles: list[float] = []
        for name in self._parts:
            values = np.nan_to_num(np.asarray(data.parts[name], dtype=float))
            columns["month"] += keys
            columns["Variable"] += [name] * len(keys)
            columns["value"] += list(values)
            columns["bottom"] += list(base)
            columns["top"] += list(base + values)
            columns["tip"] += list(data.tips[name])
            middles.append(float(base[-1] + values[-1] / 2) if keys else 0.0)
            base = base + values
        _source_of(self._bars).data = {
            key: np.asarray(value, dtype=object if key in ("month", "Variable", "tip") else float)
            for key, value in columns.items()
        }
        high = float(base.max()) if len(base) and base.max() > 0 else 1.0
        _, end = _value_axis(self.figure, 0.0, high)
        named = {
            name: middle
            for name, middle in zip(self._parts, middles, strict=True)
            if keys and data.parts[name][-1] > 0
        }
        pixels = [middle / end * PLOT_HEIGHT for middle in named.values()]
        places = dict(zip(named, keep_apart(pixels, LABEL_GAP, 4, PLOT_HEIGHT - 4), strict=True))
        for name, word in self._words.items():
            if name in named:
                word.put(
                    len(keys), named[name], data.labels[name], named[name] / end * PLOT_HEIGHT - places[name]
                )
            else:
                word.remove()
        _factors(self.figure).factors = keys  # last, as in the waterfall


Picture = LinePicture | WaterfallPicture | StackPicture
__all__ = [
    "LinePicture",
    "Lines",
    "Picture",
    "Stack",
    "StackPicture",
    "Steps",
    "Strand",
    "StrandStyle",
    "WaterfallPicture",
]

"""What all pictures share: drawing with hvPlot, sources, axes, words beside marks, a click that leads on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, cast

import numpy as np
from bokeh.core.properties import value
from bokeh.models import (
    AllIndices,
    BoxAnnotation,
    BoxSelectTool,
    ColumnDataSource,
    CustomJS,
    DataRenderer,
    FactorRange,
    FixedTicker,
    GlyphRenderer,
    Plot,
    Range,
    TapTool,
    Text,
    UnionRenderers,
)

from dashboards.charts.scales import nice_ticks, tick_texts
from dashboards.charts.style import FONT, PICTURE_HEIGHT, TEXT_SIZE, Theme, paint

LABEL_GAP = 15.0
"""Pixels between the middles of two labels at lines' ends."""

PLOT_HEIGHT = PICTURE_HEIGHT - 34.0
"""Pixels between the lowest and the highest value: the figure less its borders and the axis' labels."""

TOOLTIP = '<div class="tip">@tip</div>'

LINK = "href"
"""The column of a source that says where a click on a mark leads: the address of a state, or nothing."""


def drawn(element: Any) -> Plot:
    """A hvPlot element as a Bokeh figure that belongs to nobody yet."""
    import holoviews as hv

    return hv.renderer("bokeh").get_plot(element).state


def glyphs(figure: Plot) -> list[GlyphRenderer]:
    return [renderer for renderer in figure.renderers if isinstance(renderer, GlyphRenderer)]


def frame(**columns: Any) -> Any:
    """A frame that hvPlot can draw; loads hvPlot, which costs seconds, with the first picture only."""
    import hvplot.pandas  # noqa: F401
    import pandas as pd

    return pd.DataFrame(columns)


def source_of(renderer: GlyphRenderer) -> ColumnDataSource:
    return cast(ColumnDataSource, renderer.data_source)


def factors(axis_range: Range) -> FactorRange:
    return cast(FactorRange, axis_range)


def milliseconds(day: date) -> float:
    return float(np.datetime64(day, "ms").astype("int64"))


def as_days(days: Sequence[date]) -> np.ndarray:
    return np.array([np.datetime64(day, "ms") for day in days], dtype="datetime64[ms]")


def set_ticks(axis: Any, ticks: Sequence[float], texts: Sequence[str]) -> None:
    """Set the ticks of an axis that `dress` gave a ticker. A new one would have the server walk through all
    models of the page, which costs it more than all the rest of a change.
    """
    cast(FixedTicker, axis.ticker).ticks = list(ticks)
    axis.major_label_overrides = dict(zip(ticks, texts, strict=True))


def slim(figure: Plot) -> None:
    """Leave out the models that nothing here uses: the looks of selected, muted and other glyphs, and filters
    and policies that are the same for every source. (Views are not: the browser keeps a source's rows there.)
    """
    everything, policy = AllIndices(), UnionRenderers()
    for renderer in glyphs(figure):
        renderer.update(selection_glyph=None, nonselection_glyph=None, muted_glyph=None, hover_glyph=None)
        renderer.view.filter = everything
        source_of(renderer).selection_policy = policy


class Word:
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


def value_axis(
    figure: Plot, low: float, high: float, count: int = 6, *, tight: bool = False
) -> tuple[float, float]:
    """Set the value range and its ticks, and return the range; `tight` ends it at the data, not at a tick."""
    ticks = nice_ticks(low, high, count)
    start, end = (min(low, ticks[0]), high + (high - low) * 0.1) if tight else (ticks[0], ticks[-1])
    figure.y_range.update(start=start, end=end)
    shown = [tick for tick in ticks if start <= tick <= end]
    set_ticks(figure.yaxis[0], shown, tick_texts(ticks)[ticks.index(shown[0]) :][: len(shown)])
    return start, end


def brush(figure: Plot, theme: Theme) -> None:
    """Let a person choose months by dragging over a picture in time; the frame's script makes the period."""
    choose = CustomJS(code="if (cb_obj.final) window.FRAME.brush(cb_obj.geometry.x0, cb_obj.geometry.x1)")
    overlay = BoxAnnotation(level="overlay", line_color=None, visible=False)
    paint(overlay, theme, fill_color="band")
    drag = BoxSelectTool(dimensions="width", renderers=[], overlay=overlay)
    figure.add_tools(drag)
    figure.toolbar.active_drag = drag
    figure.js_event_callbacks = {"selectiongeometry": [choose]}


def lead_on(figure: Plot, renderers: Sequence[DataRenderer]) -> None:
    """Let a click on a mark lead where its source says. Nothing is selected: the server draws it anew."""
    go = CustomJS(
        code="""
        const at = cb_data.source.inspected.indices[0];
        const href = cb_data.source.data.href?.[at];
        if (href) window.FRAME.go(href);
    """
    )
    tap = TapTool(renderers=list(renderers), behavior="inspect", callback=go)
    figure.add_tools(tap)
    figure.toolbar.active_tap = tap

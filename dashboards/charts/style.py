"""The one place of style: the tokens of both themes, type, and how a figure is dressed in them.

The frame writes the tokens into the page as CSS variables; figures are painted with the same tokens and
remember them in their models' `tags`, so that the browser repaints a figure when the theme changes without
asking the server.
"""

from __future__ import annotations

from typing import Literal

from bokeh.model import Model
from bokeh.models import BasicTickFormatter, CategoricalAxis, FixedTicker, Legend, Plot

Theme = Literal["light", "dark"]

# Text tokens (ink*, accent, good, bad, warn, *-text) have at least 4.5 : 1 on paper and card; the tests hold
# it.
TOKENS: dict[Theme, dict[str, str]] = {
    "light": {
        "paper": "#f7f6f3", "card": "#ffffff", "ink": "#1b2430", "ink-2": "#5b6675", "ink-3": "#667080",
        "rule": "#e4e2dc", "rule-2": "#efede8", "accent": "#0f5c6e", "accent-soft": "#d9e8ea",
        "series-1": "#0f5c6e", "series-2": "#c48a2c", "series-2-text": "#8d5f12", "series-3": "#6f5b95",
        "series-4": "#5c8a54", "series-5": "#b06a5a", "neutral": "#a9b0ba",
        "good": "#2c7856", "bad": "#b3423a", "warn": "#b7791f", "warn-text": "#8d5f12",
        "fill-good": "#43906d", "fill-bad": "#be5a53", "fill-warn": "#c99a57", "fill-neutral": "#c3c8cf",
        "band": "#0f5c6e1a", "band-2": "#c48a2c26", "shadow": "0 1px 2px rgba(20,28,38,.05)",
        "heat-1": "#eef4f4", "heat-2": "#d3e3e5", "heat-3": "#b0cdd1", "heat-4": "#86b1b8",
        "heat-5": "#57929c", "heat-6": "#2f7584", "heat-7": "#0f5c6e", "on-heat": "#ffffff",
    },
    "dark": {
        "paper": "#12171d", "card": "#1a2129", "ink": "#e8ecf0", "ink-2": "#a4afbb", "ink-3": "#8793a1",
        "rule": "#2a333d", "rule-2": "#222a33", "accent": "#5fb7c6", "accent-soft": "#1d3a42",
        "series-1": "#5fb7c6", "series-2": "#e0b15c", "series-2-text": "#e0b15c", "series-3": "#a996d1",
        "series-4": "#8bbf81", "series-5": "#dc9a8a", "neutral": "#5d6773",
        "good": "#6cc29a", "bad": "#ef8a80", "warn": "#e5b65c", "warn-text": "#e5b65c",
        "fill-good": "#62af8c", "fill-bad": "#d57e76", "fill-warn": "#b3914f", "fill-neutral": "#4b5562",
        "band": "#5fb7c626", "band-2": "#e0b15c26", "shadow": "none",
        "heat-1": "#1e2a32", "heat-2": "#21363f", "heat-3": "#27474f", "heat-4": "#305d66",
        "heat-5": "#3e7882", "heat-6": "#4e97a3", "heat-7": "#5fb7c6", "on-heat": "#10161b",
    },
}  # fmt: skip

HEAT = tuple(f"heat-{step}" for step in range(1, 8))
"""The tokens of a heat map, from the smallest value to the largest."""

FONT = 'Inter, "Source Sans 3", system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'
TEXT_SIZE = "11.5px"
PICTURE_HEIGHT = 250


def css_variables() -> str:
    """The tokens of both themes as CSS, and the words for the browser's own controls."""
    rules = []
    for theme, tokens in TOKENS.items():
        selector = ":root" if theme == "light" else f"[data-theme={theme}]"
        values = "; ".join(f"--{name}: {value}" for name, value in tokens.items())
        rules.append(f"{selector} {{ color-scheme: {theme}; {values}; }}")
    return "\n".join(rules)


def paint(model: Model, theme: Theme, **tokens: str) -> None:
    """Set colour properties of a Bokeh model to tokens, e.g. `paint(axis, "dark", axis_line_color="rule")`.

    A value with commas is a palette, of one colour where it ends in one. The tokens stay in the model's tags
    as `paint:<property>=<token>`, where the frame's script finds them when a person changes the theme.
    """
    colours = TOKENS[theme]
    for prop, token in tokens.items():
        names = token.split(",")
        palette = [colours[name] for name in names if name]
        setattr(model, prop, palette[0] if len(names) == 1 else palette)
    model.tags = [*model.tags, *(f"paint:{prop}={token}" for prop, token in tokens.items())]


def dress(figure: Plot, theme: Theme, *, left: int = 38, right: int = 10, grid: bool = True) -> None:
    """Bring a figure that hvPlot drew into the house style: no frame, hairline grid, few quiet labels.

    `left` and `right` are the pixels kept free for the axis' numbers and for the labels at the lines' ends.
    """
    figure.toolbar_location = None
    figure.toolbar.logo = None
    figure.toolbar.update(
        tools=[], active_drag=None, active_scroll=None, active_tap=None, active_inspect=None
    )
    figure.outline_line_color = None
    figure.background_fill_color = None
    figure.border_fill_color = None
    figure.min_border_left, figure.min_border_right = left, right
    figure.min_border_top, figure.min_border_bottom = 8, 4
    figure.height = PICTURE_HEIGHT
    figure.sizing_mode = "stretch_width"
    for side in ("left", "right", "above", "below", "center"):
        setattr(figure, side, [part for part in getattr(figure, side) if not isinstance(part, Legend)])
    for axis in [*figure.xaxis, *figure.yaxis]:
        axis.axis_label = None
        axis.axis_line_color = None
        axis.major_tick_line_color = None
        axis.minor_tick_line_color = None
        axis.major_label_text_font = FONT
        axis.major_label_text_font_size = TEXT_SIZE
        axis.major_label_standoff = 6
        if isinstance(axis, CategoricalAxis):
            axis.major_label_overrides = {}
        else:
            axis.ticker, axis.formatter = FixedTicker(), BasicTickFormatter()  # each picture sets its ticks
    for axis in figure.xaxis:
        paint(axis, theme, major_label_text_color="ink-2")
    for axis in figure.yaxis:
        paint(axis, theme, major_label_text_color="ink-3")
    for line in figure.xgrid:
        line.grid_line_color = None
        line.ticker = None
    for line in figure.ygrid:
        line.visible = grid
        line.ticker = None  # the axis' own
        paint(line, theme, grid_line_color="rule-2")

"""Small pieces of HTML that cards and tables share. Everything that comes from data is escaped here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from html import escape
from pathlib import Path

import panel as pn


def text(value: object) -> str:
    """A value from the data as HTML text."""
    return escape(str(value))


@cache
def css(name: str) -> str:
    """A style sheet of this package. Parts live in shadow roots, which the page's own styles don't reach."""
    return (Path(__file__).parent / "css" / f"{name}.css").read_text()


def block(*styles: str) -> pn.pane.HTML:
    """An empty pane for HTML in styles: takes the width there is and brings no margin of its own."""
    return pn.pane.HTML(
        "",
        stylesheets=[css("base"), *map(css, styles)],
        sizing_mode="stretch_width",
        margin=0,
        sanitize_html=False,
    )


def sparkline(
    values: Sequence[float | None],
    *,
    width: int = 240,
    height: int = 42,
    reference: float | None = None,
    label: str = "",
) -> str:
    """A line of values in time as SVG, its last point marked, with a dotted line at `reference`.

    Missing values leave a gap. The line keeps its width when the picture is stretched; the point is a line of
    no length with round ends, so that it stays round.
    """
    known = [value for value in values if value is not None and math.isfinite(value)]
    if not known:
        return ""
    held = [*known, reference] if reference is not None and math.isfinite(reference) else known
    low, high = min(held), max(held)
    span = (high - low) or 1.0

    def x(index: int) -> float:
        return 3 + index * (width - 8) / max(len(values) - 1, 1)

    def y(value: float) -> float:
        return height - 5 - (value - low) / span * (height - 11) if high > low else height / 2

    path, pen_down = [], False
    for index, value in enumerate(values):
        if value is None or not math.isfinite(value):
            pen_down = False
            continue
        path.append(f"{'L' if pen_down else 'M'}{x(index):.1f} {y(value):.1f}")
        pen_down = True
    last = max(index for index, value in enumerate(values) if value is not None and math.isfinite(value))
    point = f"M{x(last):.1f} {y(values[last]):.1f}h0"  # pyright: ignore[reportArgumentType]
    line = ""
    if reference is not None and math.isfinite(reference):
        line = (
            f'<path d="M0 {y(reference):.1f}H{width}" stroke="var(--ink-3)" '
            'stroke-dasharray="2 3" vector-effect="non-scaling-stroke"/>'
        )
    return (
        f'<svg viewBox="0 0 {width} {height}" preserveAspectRatio="none" role="img" '
        f'aria-label="{text(label)}">{line}'
        f'<path d="{"".join(path)}" fill="none" stroke="var(--series-1)" stroke-width="1.6" '
        'stroke-linejoin="round" vector-effect="non-scaling-stroke"/>'
        f'<path d="{point}" stroke="var(--series-1)" stroke-width="5.4" stroke-linecap="round" '
        'vector-effect="non-scaling-stroke"/></svg>'
    )

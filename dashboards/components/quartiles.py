"""Figures among those of others: a band between the quartiles, a tick at the median, a dot for us."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboards.components.html import text

_WIDTH, _HEIGHT = 130, 20
_HEAD = (
    '<th scope="col">Ratio</th><th scope="col" class="range">Peers and us</th><th scope="col">Us</th>'
    '<th scope="col">Median</th><th scope="col" class="half">Middle half</th><th scope="col">Percentile</th>'
)


@dataclass(frozen=True)
class Quartiles:
    """One figure among others; `texts` are ours, the median and the middle half in words."""

    name: str
    href: str
    own: float
    lower: float
    median: float
    upper: float
    texts: tuple[str, ...]
    percentile: str
    tone: str = ""
    """Whether ours is better or worse than the median."""


def quartiles_html(rows: Sequence[Quartiles], caption: str) -> str:
    """The table with a picture per row, each on a scale of its own."""
    body = "".join(_row_html(row) for row in rows)
    return (
        f'<div class="scroll"><table aria-label="{text(caption)}"><thead><tr>{_HEAD}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _row_html(row: Quartiles) -> str:
    own, median, middle = map(text, row.texts)
    word = f"<small>{text(row.tone)}</small>"
    return (
        f'<tr><th scope="row"><a href="{text(row.href)}">{text(row.name)}</a></th>'
        f'<td class="range">{_picture(row)}</td><td class="{row.tone}">{own}{word}</td><td>{median}</td>'
        f'<td class="half">{middle}</td><td>{text(row.percentile)}</td></tr>'
    )


def _picture(row: Quartiles) -> str:
    low, high = min(row.own, row.lower), max(row.own, row.upper)
    reach = (high - low) or 1.0

    def x(value: float) -> float:
        return 8 + (value - low) / reach * (_WIDTH - 16)

    start, end, middle = x(row.lower), x(row.upper), _HEIGHT / 2
    label = f"Us {row.texts[0]}, peers' median {row.texts[1]}, middle half {row.texts[2]}"
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{text(label)}">'
        f'<path d="M4 {middle}H{_WIDTH - 4}" stroke="var(--rule)"/>'
        f'<rect x="{start:.1f}" y="4" width="{max(end - start, 1):.1f}" height="12" rx="2" '
        'fill="var(--fill-neutral)"/>'
        f'<path d="M{x(row.median):.1f} 2v16" stroke="var(--ink-2)" stroke-width="1.6"/>'
        f'<circle cx="{x(row.own):.1f}" cy="{middle}" r="4.6" fill="var(--series-1)" stroke="var(--card)" '
        'stroke-width="1.5"/></svg>'
    )

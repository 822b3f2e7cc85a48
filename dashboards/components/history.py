"""Days as thin bars: what moved on each, and one movement's part of it marked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from dashboards.components.html import text

WIDTH, HEIGHT = 580, 96


def days_svg(days: Sequence[tuple[date, float, float]], label: str) -> str:
    """Day, what moved, and the marked part of it; nothing where nothing moved."""
    largest = max((moved for _, moved, _ in days), default=0.0)
    if largest <= 0:
        return ""
    step = WIDTH / len(days)
    bars = []
    for place, (day, moved, marked) in enumerate(days):
        if moved <= 0:
            continue
        x, width = place * step, max(step - 1.2, 0.8)
        whole, part = moved / largest * HEIGHT, marked / largest * HEIGHT
        colour = "var(--warn)" if marked > 0 else "var(--neutral)"
        if whole > part:
            rest = "var(--fill-neutral)" if marked > 0 else colour
            bars.append(_bar(x, HEIGHT - whole, width, whole - part, rest, f"{day:%d %b}"))
        if part > 0:
            bars.append(_bar(x, HEIGHT - max(part, 1.5), width, max(part, 1.5), colour, f"{day:%d %b}"))
    marked_at = next((place for place, (_, _, marked) in enumerate(days) if marked > 0), None)
    line = ""
    if marked_at is not None:
        middle = marked_at * step + step / 2
        line = (
            f'<path d="M{middle:.1f} 0V{HEIGHT}" stroke="var(--warn)" stroke-dasharray="2 3" '
            'vector-effect="non-scaling-stroke"/>'
        )
    return (
        f'<svg class="days" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-label="{text(label)}">{line}{"".join(bars)}'
        f'<path d="M0 {HEIGHT}H{WIDTH}" stroke="var(--rule)" vector-effect="non-scaling-stroke"/></svg>'
    )


def _bar(x: float, y: float, width: float, height: float, colour: str, name: str) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}">'
        f"<title>{text(name)}</title></rect>"
    )

"""The page's own controls: ways to count the same bank, of which one is chosen, as rows of links."""

from __future__ import annotations

from collections.abc import Sequence

from dashboards.components.html import text
from dashboards.components.segments import Segment, segments_html
from dashboards.dimensions import dimension
from dashboards.metrics import BASIS, DAILY
from dashboards.reader import Reader
from dashboards.selection import Selection

DEFAULTS = {BASIS: DAILY}
"""What counts where nothing is chosen."""


def controls_html(names: Sequence[str], reader: Reader, selection: Selection) -> str:
    """A row of links per dimension; nothing for one that this snapshot has no two values of."""
    rows = []
    for name in names:
        values = reader.values(name)
        if len(values) < 2:
            continue
        known = dimension(name)
        default = DEFAULTS.get(name, "")
        current = selection.chosen.get(name, default)
        state = selection.state
        links = [
            Segment(
                known.word(value),
                state.choosing(name, None if value == default else value).query,
                current=value == current,
            )
            for value in values
        ]
        rows.append(
            f'<div class="control">{segments_html(known.label, links)}{_hint(name, current, selection)}</div>'
        )
    return "".join(rows)


def _hint(name: str, value: str, selection: Selection) -> str:
    """Where a basis is known at quarter ends and the period ends elsewhere: the way to one."""
    quarter = selection.period.quarter()
    if name != BASIS or value == DAILY or quarter.last == selection.period.last:
        return ""
    href = selection.state.during(quarter.id).query
    return (
        f"<span>Ratios on this basis are known at quarter ends. "
        f'<a href="{text(href)}">Show {text(quarter.name)}</a></span>'
    )

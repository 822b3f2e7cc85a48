"""The line of filters that are set: each can be let go of, and all of them together."""

from __future__ import annotations

from dashboards.components.html import text
from dashboards.dimensions import dimension, dimensions_of
from dashboards.selection import Selection


def crumbs_html(selection: Selection, bank: str) -> str:
    """`Demo Bank › Region North × › Channel Card online ×  Reset`; nothing where none is set."""
    state = selection.state
    if not selection.chosen and not state.by:
        return ""
    parts = [f'<a href="{text(state.reset().query)}">{text(bank)}</a>']
    for name, word in selection.names.items():
        label = dimension(dimensions_of(name)[0]).label
        without = state.choosing(name, None).query
        parts.append(
            f'<span class="crumb"><em>{text(label)}</em> {text(word)}'
            f'<a href="{text(without)}" aria-label="Let go of {text(label)} {text(word)}">×</a></span>'
        )
    reset = f'<a class="reset" href="{text(state.reset().query)}">Reset</a>'
    return f'<nav class="crumbs" aria-label="Filters">{"<i>›</i>".join(parts)}{reset}</nav>'

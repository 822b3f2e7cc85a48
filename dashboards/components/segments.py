"""A few choices side by side, one of them current: each a link to another state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboards.components.html import text


@dataclass(frozen=True)
class Segment:
    """One choice."""

    label: str
    href: str
    current: bool = False


def segments_html(label: str, choices: Sequence[Segment]) -> str:
    """The row, its label in front."""
    links = "".join(
        f'<a href="{text(one.href)}"{" aria-current=true" if one.current else ""}>{text(one.label)}</a>'
        for one in choices
    )
    return (
        f'<div class="segments" role="group" aria-label="{text(label)}"><em>{text(label)}</em>'
        f"<span>{links}</span></div>"
    )

"""Panels: a white card with a title, a line on unit and basis, a menu, and a picture, table or sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import panel as pn

from dashboards.components.html import block, css, text


@dataclass(frozen=True)
class Entry:
    """A line of a menu: a link to another state or a file, or a picture to keep (`png`, `svg`)."""

    label: str
    href: str = ""
    picture: str = ""
    download: bool = False
    current: bool = False


@dataclass(frozen=True)
class Group:
    """Lines of a menu under a small heading."""

    label: str
    entries: Sequence[Entry]


def menu_html(title: str, chart: str, groups: Sequence[Group]) -> str:
    """A menu that opens without asking the server; `chart` is the figure whose picture is kept."""
    parts = []
    for group in groups:
        lines = "".join(_entry_html(entry, chart) for entry in group.entries)
        parts.append(
            f'<div role="group" aria-label="{text(group.label)}"><b>{text(group.label)}</b>{lines}</div>'
        )
    label = f'aria-label="{text(f"What to do with {title}")}" title="Drill, rows, definition, export"'
    return f'<details class="menu"><summary {label}>⋯</summary><div>{"".join(parts)}</div></details>'


def _entry_html(entry: Entry, chart: str) -> str:
    if entry.picture:
        what = f'data-picture="{entry.picture}" data-chart="{text(chart)}"'
        return f'<button type="button" {what}>{text(entry.label)}</button>'
    current = ' aria-current="true"' if entry.current else ""
    download = " download" if entry.download else ""
    return f'<a href="{text(entry.href)}"{download}{current}>{text(entry.label)}</a>'


class PanelCard:
    """A panel whose head and content change in place; without data it keeps its height and says why."""

    def __init__(self, content: Any) -> None:
        self._head = block("panel_head")
        self._content = content
        self.view = pn.Column(
            self._head, content, stylesheets=[css("panel")], sizing_mode="stretch_width", margin=0
        )

    def show(self, title: str, subtitle: str, missing: str = "", menu: str = "") -> None:
        """Set the head; `missing` takes the content's place, in a sentence."""
        below = f'<div class="absent">{text(missing)}</div>' if missing else ""
        self._head.object = f"<header><h2>{text(title)}</h2>{menu}<p>{text(subtitle)}</p></header>{below}"
        self._content.visible = not missing


def grid(*panels: Any) -> pn.Column:
    """Panels beside each other: two as seven parts to five, three as equals; one by one on narrow screens."""
    sheets = [css("grid"), *([css(f"grid_{len(panels)}")] if len(panels) != 2 else [])]
    return pn.Column(*panels, stylesheets=sheets, sizing_mode="stretch_width", margin=0)

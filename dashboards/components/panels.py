"""Panels: a white card with a title, a line on unit and basis, and a picture, a table or a sentence in it."""

from __future__ import annotations

from typing import Any

import panel as pn

from dashboards.components.html import block, css, text


class PanelCard:
    """A panel whose head and content change in place; without data it keeps its height and says why."""

    def __init__(self, content: Any) -> None:
        self._head = block("panel_head")
        self._content = content
        self.view = pn.Column(
            self._head, content, stylesheets=[css("panel")], sizing_mode="stretch_width", margin=0
        )

    def show(self, title: str, subtitle: str, missing: str = "") -> None:
        """Set the head; `missing` takes the content's place, in a sentence."""
        below = f'<div class="absent">{text(missing)}</div>' if missing else ""
        self._head.object = f"<h2>{text(title)}</h2><p>{text(subtitle)}</p>{below}"
        self._content.visible = not missing


def grid(*panels: Any) -> pn.Column:
    """Panels beside each other, seven parts to five; one by one on narrow screens."""
    return pn.Column(*panels, stylesheets=[css("grid")], sizing_mode="stretch_width", margin=0)

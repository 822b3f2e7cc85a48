"""The frame around every page: navigation, the row of filters, the state of the data, both themes, the
footer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import panel as pn
from bokeh.document import Document

from dashboards.charts.style import Theme, css_variables

FOLDER = Path(__file__).parent
ASSETS = FOLDER.parent / "assets"
ASSETS_ROUTE = "assets"
"""Where the server finds fonts, styles and the script: nothing comes from another host."""

THEME_COOKIE = "bank_theme"
"""Remembers the theme, so that the server draws in the right one from the start."""

_FAVICON = f"/{ASSETS_ROUTE}/favicon.svg"


@dataclass(frozen=True)
class Link:
    """One entry of the navigation; `group` is the small heading it stands under."""

    slug: str
    title: str
    group: str = ""


def theme_of(cookies: dict[str, str], arguments: dict[str, list[bytes]]) -> Theme | None:
    """The theme that the address (`?theme=dark`) or the cookie names; None where neither does."""
    asked = [value.decode(errors="replace") for value in arguments.get("theme", [])]
    for name in (*asked, cookies.get(THEME_COOKIE, "")):
        if name in ("light", "dark"):
            return cast(Theme, name)
    return None


class Frame(pn.Template):
    """A page in the house frame. `bar`, `status` and `body` are Panel objects."""

    def __init__(
        self, *, bank: str, page: Link, links: Sequence[Link], theme: Theme | None, footer: str,
        bar: Any, status: Any, body: Any,
    ) -> None:  # fmt: skip
        super().__init__((FOLDER / "frame.html").read_text(), location=True)
        groups: dict[str, list[Link]] = {}
        for link in links:
            groups.setdefault(link.group, []).append(link)
        variables = {
            "bank": bank, "page": page, "groups": groups, "footer": footer,
            "theme": theme or "", "theme_cookie": THEME_COOKIE, "assets": f"/{ASSETS_ROUTE}",
            "variables": css_variables(), "style": (FOLDER / "frame.css").read_text(),
            "script": (FOLDER / "frame.js").read_text(), "app_favicon": _FAVICON, "apple_icon": _FAVICON,
            "html_attrs": f'data-theme="{theme or "light"}"',
        }  # fmt: skip
        for name, value in variables.items():
            self.add_variable(name, value)
        for name, part in (("bar", bar), ("status", status), ("body", body)):
            self.add_panel(name, part)

    def __repr__(self) -> str:
        """Short: Panel asks for it with every part that is added, and would describe all parts there are."""
        return f"Frame({self.name})"

    def server_doc(
        self, doc: Document | None = None, title: str | None = None, location: bool | Any = True
    ) -> Document:
        """The page as a document. The models are counted once at the end, not after every step."""
        document = doc or pn.state.curdoc or Document()
        with document.models.freeze():
            return super().server_doc(document, title, location)

"""The frame around every page: navigation, the row of filters, the state of the data, both themes, the
footer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
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

TITLE_SEPARATOR = " · "
"""Stands between a page's name and the bank's in the window's title."""

MOON = (
    '<svg viewBox="0 0 16 16" aria-hidden="true"><circle cx="8" cy="8" r="6.2" fill="none"'
    ' stroke="currentColor" stroke-width="1.5"/><path d="M8 1.8a6.2 6.2 0 0 1 0 12.4z"'
    ' fill="currentColor"/></svg>'
)
"""The button's picture: light or dark."""

PRINTER = (
    '<svg viewBox="0 0 16 16" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.4"'
    ' stroke-linejoin="round"><path d="M4.5 6V2h7v4M4.5 11.5h-2v-5h11v5h-2M4.5 9.5h7V14h-7z"/></svg>'
)

_FONT = "inter-latin-wght-normal.woff2"
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


def nav_html(bank: str, links: Sequence[Link], slug: str = "") -> str:
    """The column of pages, the one that is shown marked."""
    groups: dict[str, list[Link]] = {}
    for link in links:
        groups.setdefault(link.group, []).append(link)
    parts = [f'<a class="brand" href="/{escape(links[0].slug)}"><i aria-hidden="true"></i>']
    parts.append(f"<span>{escape(bank)}</span></a>")
    for group, members in groups.items():
        parts += [f"<small>{escape(group)}</small>"] if group else []
        for link in members:
            on = ' on" aria-current="page' if link.slug == slug else ""
            parts.append(f'<a class="page{on}" href="/{escape(link.slug)}">{escape(link.title)}</a>')
    return f'<nav aria-label="Pages">{"".join(parts)}</nav>'


def head_html(theme: Theme | None) -> str:
    """What stands in every page's head: fonts, colours of both themes, the frame's styles and script."""
    assets = f"/{ASSETS_ROUTE}"
    known = json.dumps({"theme": theme or "", "cookie": THEME_COOKIE, "separator": TITLE_SEPARATOR})
    return f"""<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" type="image/svg+xml" href="{_FAVICON}">
<link rel="preload" as="font" type="font/woff2" href="{assets}/{_FONT}" crossorigin>
<style>
@font-face {{ font-family: Inter; src: url({assets}/{_FONT}) format("woff2"); font-weight: 100 900; }}
{css_variables()}
</style>
<script>window.FRAME = {known};
{(FOLDER / "frame.js").read_text()}</script>"""


class Frame(pn.Template):
    """A page in the house frame, with the Panel objects that its template names; the title ends in the bank's
    name.
    """

    def __init__(
        self, *, title: str, slug: str, links: Sequence[Link], theme: Theme | None, footer: str,
        parts: Mapping[str, Any],
    ) -> None:  # fmt: skip
        super().__init__((FOLDER / "frame.html").read_text(), location=False)
        self._window_title = title
        bank = title.rpartition(TITLE_SEPARATOR)[2]
        variables = {
            "window_title": title, "nav": nav_html(bank, links, slug), "footer": footer,
            "head": head_html(theme), "moon": MOON, "printer": PRINTER,
            "style": (FOLDER / "frame.css").read_text(), "app_favicon": _FAVICON, "apple_icon": _FAVICON,
            "html_attrs": f'data-theme="{theme or "light"}"',
        }  # fmt: skip
        for name, value in variables.items():
            self.add_variable(name, value)
        for name, part in parts.items():
            self.add_panel(name, part)

    def __repr__(self) -> str:
        """Short: Panel asks for it with every part that is added, and would describe all parts there are."""
        return f"Frame({self.name})"

    def server_doc(
        self, doc: Document | None = None, title: str | None = None, location: bool | Any = False
    ) -> Document:
        """The page as a document under its own title, not the server's. Its models are counted once at the
        end, not after every step.
        """
        document = doc or pn.state.curdoc or Document()
        with document.models.freeze():
            return super().server_doc(document, self._window_title, location)

"""Lists of what is no metric: rows of text, numbers, states and links, with a field that narrows them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from dashboards.components.html import text

Mood = Literal["good", "warn", "bad", "quiet"]


@dataclass(frozen=True)
class Field:
    """One field of a row. `mood` puts a dot before it that says how it stands; the word says so too."""

    text: str = ""
    href: str = ""
    below: str = ""
    """A second, quieter line."""
    hover: str = ""
    mood: Mood | None = None
    code: bool = False
    """Whether it is a name of the machine's: set as such."""


@dataclass(frozen=True)
class Item:
    """A row; `look` tints it."""

    fields: tuple[Field, ...]
    look: bool = False


def listing_html(
    columns: Sequence[str],
    groups: Mapping[str, Iterable[Item]],
    caption: str,
    *,
    numbers: Collection[str] = (),
    wide: Collection[str] = (),
    narrow: str = "",
    height: int = 560,
) -> str:
    """A table with a heading per group (none over a group without a name).

    `numbers` are the columns set to the right, `wide` those that may wrap. `narrow` is what stands in the
    empty field over the rows, which keeps those with all its words. What is higher than `height` pixels
    scrolls in itself; 0 lets it be as high as it is.
    """
    kinds = ["number" if one in numbers else "wide" if one in wide else "" for one in columns]
    head = "".join(
        f'<th scope="col" class="{kind}">{text(name)}</th>' for name, kind in zip(columns, kinds, strict=True)
    )
    bodies = "".join(_group_html(name, items, kinds) for name, items in groups.items())
    field = (
        f'<input type="search" data-narrow="tr.item" placeholder="{text(narrow)}" '
        f'aria-label="{text(narrow)}" autocomplete="off" spellcheck="false">'
        if narrow
        else ""
    )
    kind = f'rows tall" tabindex="0" style="max-height:{height}px' if height else "rows"
    return (
        f'<div class="listing">{field}<div class="{kind}" role="region" aria-label="{text(caption)}"><table>'
        f"<thead><tr>{head}</tr></thead>{bodies}</table></div>"
        '<p class="none">Nothing has all these words.</p></div>'
    )


def _group_html(name: str, items: Iterable[Item], kinds: Sequence[str]) -> str:
    heading = (
        f'<tr class="group"><th scope="rowgroup" colspan="{len(kinds)}">{text(name)}</th></tr>'
        if name
        else ""
    )
    rows = "".join(_item_html(item, kinds) for item in items)
    return f"<tbody>{heading}{rows}</tbody>"


def _item_html(item: Item, kinds: Sequence[str]) -> str:
    cells = "".join(
        f'<td class="{kind}">{field_html(field)}</td>' for field, kind in zip(item.fields, kinds, strict=True)
    )
    return f'<tr class="item{" look" if item.look else ""}">{cells}</tr>'


def field_html(field: Field) -> str:
    """A field on its own."""
    shown = text(field.text)
    if field.code:
        shown = f"<code>{shown}</code>"
    if field.href:
        shown = f'<a href="{text(field.href)}">{shown}</a>'
    if field.hover:
        shown = f'<span title="{text(field.hover)}">{shown}</span>'
    if field.mood:
        shown = f'<span class="mood {field.mood}"><i></i>{shown}</span>'
    return shown + (f"<small>{text(field.below)}</small>" if field.below else "")


def facts_html(facts: Iterable[tuple[str, Field]]) -> str:
    """Facts by the word for each; those without a value are left out."""
    rows = "".join(
        f"<div><dt>{text(name)}</dt><dd>{field_html(field)}</dd></div>" for name, field in facts if field.text
    )
    return f'<dl class="facts">{rows}</dl>'

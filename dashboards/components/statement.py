"""Statements: lines with their parts indented below them, each of which can be opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dashboards.components.html import text


@dataclass(frozen=True)
class Figure:
    """A figure of a line: its text, how good it is, a word that says so, and every digit on hover."""

    text: str
    tone: str = ""
    word: str = ""
    exact: str = ""


@dataclass(frozen=True)
class StatementRow:
    """A line, one of its parts, or a unit's share in it."""

    name: str
    figures: tuple[Figure, ...]
    depth: int = 0
    kind: Literal["line", "total", "rest", "unit"] = "line"
    takes: bool = False
    """Whether it is taken off in the total that follows."""
    href: str = ""
    toggle: str = ""
    """Where a click on its mark leads; nothing where there is nothing to open."""
    is_open: bool = False
    units: str = ""
    """Where a click on its second mark leads: to the units that make it up, or back."""
    units_label: str = ""
    units_open: bool = False


@dataclass(frozen=True)
class Head:
    """The head of a column, and where a click on it leads."""

    label: str
    href: str = ""


def statement_html(columns: Sequence[Head], rows: Sequence[StatementRow], caption: str) -> str:
    """The table; `columns` are those behind the line's name."""
    head = "".join(f'<th scope="col">{_linked(one.label, one.href)}</th>' for one in columns)
    body = "".join(_row_html(row) for row in rows)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{text(caption)}"><table>'
        f'<thead><tr><th scope="col">Line</th>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _row_html(row: StatementRow) -> str:
    if row.toggle:
        does = "Close" if row.is_open else "Open"
        mark = (
            f'<a class="mark" href="{text(row.toggle)}" aria-expanded="{"true" if row.is_open else "false"}" '
            f'aria-label="{does} {text(row.name)}">{"▾" if row.is_open else "▸"}</a>'
        )
    else:
        mark = '<span class="mark"></span>'
    sign = '<i title="taken off">−</i>' if row.takes else "<i></i>"
    on = " on" if row.units_open else ""
    units = f'<a class="units{on}" href="{text(row.units)}">{text(row.units_label)}</a>' if row.units else ""
    name = f'<span class="name">{mark}{sign}<b>{_linked(row.name, row.href)}</b>{units}</span>'
    cells = "".join(map(_figure_html, row.figures))
    return f'<tr class="{row.kind} d{min(row.depth, 4)}"><th scope="row">{name}</th>{cells}</tr>'


def _figure_html(figure: Figure) -> str:
    tone = f' class="{figure.tone}"' if figure.tone else ""
    exact = f' title="{text(figure.exact)}"' if figure.exact else ""
    word = f"<small>{text(figure.word)}</small>" if figure.word else ""
    return f"<td{tone}{exact}>{text(figure.text)}{word}</td>"


def _linked(label: str, href: str) -> str:
    return f'<a href="{text(href)}">{text(label)}</a>' if href else text(label)

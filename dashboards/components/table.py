"""Tables that are pictures too: right-aligned numbers, inline bars, sparklines, the row to look at tinted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboards.components.cards import Tone
from dashboards.components.html import sparkline, text


@dataclass(frozen=True)
class Cell:
    """One cell: its text, a tone, or a bar of `share` (−1 to 1) of the longest, or a course of values."""

    text: str = ""
    tone: Tone | None = None
    share: float | None = None
    course: tuple[float | None, ...] = ()
    href: str = ""
    words: bool = False
    """Whether it is a name or a sentence, which stand left and may take more than a line."""


@dataclass(frozen=True)
class Row:
    """Cells in the order of the columns; `look` says in words why this is the row to look at."""

    cells: tuple[Cell, ...]
    look: str = ""


def _cell_html(cell: Cell) -> str:
    if cell.course:
        return f"<td>{sparkline(cell.course, width=92, height=20, label='24 months')}</td>"
    if cell.share is not None:
        width = max(abs(cell.share) * 100, 1.5)
        bar = f'<b class="{"below" if cell.share < 0 else ""}" style="width:{width:.1f}%"></b>'
        return f'<td><span class="gauge">{text(cell.text)}<i>{bar}</i></span></td>'
    kind = " ".join(([cell.tone] if cell.tone else []) + (["words"] if cell.words else []))
    told = f' class="{kind}"' if kind else ""
    return f"<td{told}>{text(cell.text)}</td>"


LONG = 24
"""Rows from which a table scrolls in itself, its head staying in sight."""


def table_html(columns: Sequence[str], rows: Sequence[Row], caption: str) -> str:
    """A table; the caption is for those who hear it instead of seeing it."""
    cells = rows[0].cells if rows else ()
    kinds = [' class="words"' if cell.words else "" for cell in cells] or [""] * len(columns)
    head = "".join(
        f'<th scope="col"{kind}>{text(column)}</th>' for column, kind in zip(columns, kinds, strict=True)
    )
    body = []
    for row in rows:
        first, *rest = row.cells
        why = f'<span class="why">{text(row.look)}</span>' if row.look else ""
        name = f'<a href="{text(first.href)}">{text(first.text)}</a>' if first.href else text(first.text)
        cells = f"<td>{name}{why}</td>" + "".join(map(_cell_html, rest))
        body.append(f'<tr class="look">{cells}</tr>' if row.look else f"<tr>{cells}</tr>")
    kind = 'scroll long" tabindex="0' if len(rows) >= LONG else "scroll"
    return (
        f'<div class="{kind}"><table aria-label="{text(caption)}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )

"""Cards: one figure each, with what it is held against and its course over 24 months."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dashboards.components.html import sparkline, text

Tone = Literal["better", "worse", "same"]


@dataclass(frozen=True)
class Change:
    """A change in words: `▲ 6.2 %`, whether that is better, and against what: `on 2024`."""

    value: str
    tone: Tone
    words: str


@dataclass(frozen=True)
class Card:
    """What a card shows. `missing` replaces everything below the title; `note` says what it can't be split
    by.
    """

    title: str
    href: str = ""
    """Where its title leads: to the definition."""
    basis: str = ""
    value: str = ""
    unit: str = ""
    exact: str = ""
    """The value with every digit, shown on hover."""
    changes: tuple[Change, ...] = ()
    course: tuple[float | None, ...] = ()
    since: str = ""
    reference: float | None = None
    reference_words: str = ""
    ahead: str = ""
    """What is expected next, where there is a forecast of it."""
    share: float | None = None
    """Of a part: how much it is of the whole, 0 to 1, drawn where else the course stands."""
    note: str = ""
    missing: str = ""
    help: str = ""


def card_html(card: Card) -> str:
    """One card."""
    title, basis = text(card.title), text(card.basis)
    name = f'<a href="{text(card.href)}">{title}</a>' if card.href else title
    head = f'<div class="l" title="{text(card.help)}"><span>{name}</span><em>{basis}</em></div>'
    if card.missing:
        return f'<article class="card">{head}<div class="absent">{text(card.missing)}</div></article>'
    changes = "".join(
        f'<span class="{change.tone}">{text(change.value)}</span><span>{text(change.words)}</span>'
        for change in card.changes
    )
    note = "".join(f'<div class="note">{text(one)}</div>' for one in (card.ahead, card.note) if one)
    course = sparkline(
        card.course, reference=card.reference, label=f"{card.title}, month by month since {card.since}"
    )
    if card.share is not None:
        course = f'<div class="share"><i style="width:{card.share * 100:.1f}%"></i></div>'
    figure = f"{text(card.value)}<small>{text(card.unit)}</small>"
    kind = "card" if card.course else "card plain"
    return (
        f'<article class="{kind}">{head}<div class="v" title="{text(card.exact)}">{figure}</div>'
        f'<div class="d">{changes}</div>{note}{course}'
        f'<div class="t"><span>{text(card.since)}</span><span>{text(card.reference_words)}</span></div>'
        "</article>"
    )


def cards_html(cards: Sequence[Card]) -> str:
    """The grid of cards: four in a row, two on narrow screens."""
    return f'<section class="cards" aria-label="Key figures">{"".join(map(card_html, cards))}</section>'

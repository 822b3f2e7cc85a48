"""What a page declares: its address and title, its cards and rows of parts, and what it opens with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from dashboards.charts.spec import ChartSpec
from dashboards.components.cards import Card
from dashboards.metrics import Filter
from dashboards.reader import Reader
from dashboards.selection import Selection


@dataclass(frozen=True)
class CardSpec:
    """A card for one metric. `beside` is what its dotted line shows where there is no target.

    `instead` is the metric to show at a bank that lacks the first: deposits from the accounts where
    there is no ledger.
    """

    metric: str
    title: str
    beside: Literal["peers"] | None = None
    limit: bool = False
    """Whether a target is a limit: a line not to cross."""
    instead: str | None = None
    where: tuple[Filter, ...] = ()
    """What it always is about: one stage of several."""
    behind: int = 0
    """How many months after its own a figure is known first: the card shows the period so long before."""


@dataclass(frozen=True)
class Column:
    """A column of a table: a metric of the selected period, its change, or its course over 24 months.

    `instead` as in a card.
    """

    metric: str
    title: str
    show: Literal["value", "bar", "change", "course"] = "value"
    instead: str | None = None


@dataclass(frozen=True)
class TableSpec:
    """A table with one row per value of a dimension, the largest of the first column on top."""

    title: str
    dimension: str
    columns: tuple[Column, ...]
    look: str = ""
    """The metric whose worsening makes a row the one to look at; the first column's where it is empty."""


@dataclass(frozen=True)
class Content:
    """What a block shows: a line under its title, HTML, or in a sentence why there is none."""

    subtitle: str = ""
    html: str = ""
    missing: str = ""


@dataclass(frozen=True)
class BlockSpec:
    """A part of a page that makes its own HTML from a reader and a selection; `style` names its style sheet.

    Everything that comes from data has to be escaped in it (`components.html.text`).
    """

    title: str
    render: Callable[[Reader, Selection], Content]
    style: str = "table"


PartSpec = ChartSpec | TableSpec | BlockSpec


@dataclass(frozen=True)
class StorySpec:
    """What the headline is about: the total and its parts, and the dimension whose values explain it.

    `otherwise` are the metrics to speak of where the total can't be told, each with what may stand in for it.
    """

    explains: ChartSpec
    subject: str
    dimension: str
    otherwise: tuple[tuple[str, ...], ...]
    also: tuple[tuple[str, str], ...] = ()
    """Further figures and dimensions whose values moved them; the one that moved most is told."""


@dataclass(frozen=True)
class HeadSpec:
    """A headline over some metrics: the first two that are known, and of the first which values of the
    dimensions moved it.
    """

    metrics: tuple[tuple[str, ...], ...]
    """Each with what may stand in for it."""
    dimensions: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    """Figures of the period that the line under the headline begins with."""


@dataclass(frozen=True)
class TellSpec:
    """A headline that a page tells by itself: the headline (text) and the line under it (HTML)."""

    tell: Callable[[Reader, Selection], tuple[str, str]]


@dataclass(frozen=True)
class Page:
    """A page. `group` is the heading it stands under in the navigation."""

    slug: str
    title: str
    story: StorySpec | HeadSpec | TellSpec
    cards: tuple[CardSpec, ...] = ()
    counts: Callable[[Reader, Selection], Sequence[Card]] | None = None
    """Cards of what are no metrics, after the others."""
    rows: tuple[tuple[PartSpec, ...], ...] = ()
    """From the top down; of a row the parts stand beside each other."""
    controls: tuple[str, ...] = ()
    """Dimensions whose values count the same whole in different ways: a row of links each."""
    group: str = ""
    footer: str = ""
    opens: Mapping[str, Callable[[str, Page, Reader, Selection], tuple[str, str]]] = field(
        default_factory=dict
    )
    """Kinds of things that can be opened beside this page only, by the word before the colon; each gives a
    heading and HTML.
    """

    @property
    def charts(self) -> dict[str, ChartSpec]:
        """Its charts by id."""
        return {part.id: part for row in self.rows for part in row if isinstance(part, ChartSpec)}

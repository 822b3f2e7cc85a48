"""What a page declares: its address and title, its cards, charts and tables, and what it opens with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dashboards.charts.spec import ChartSpec


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
    """A table with one row per value of a dimension, the largest of the first column on top.

    `names` is the group-by name of what the rows are called.
    """

    title: str
    dimension: str
    names: str
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class StorySpec:
    """What the headline is about: the total and its parts, and the dimension whose values explain it.

    `otherwise` are the metrics to speak of where the total can't be told, each with what may stand in for it.
    """

    explains: ChartSpec
    subject: str
    dimension: str
    names: str
    otherwise: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Page:
    """A page. `group` is the heading it stands under in the navigation."""

    slug: str
    title: str
    story: StorySpec
    cards: tuple[CardSpec, ...] = ()
    charts: tuple[tuple[ChartSpec, ...], ...] = ()
    """Rows of charts."""
    tables: tuple[TableSpec, ...] = ()
    group: str = ""
    footer: str = ""

"""The filters of a session: one object, synced to the address, shared by every page.

`Filters` holds what a person chose as plain words; `Selection` is what that means for one snapshot.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import panel as pn
import param

from dashboards.components.html import css
from dashboards.metrics import Against
from dashboards.periods import Period, choices, parse_period, period_of

ALL = "all"
"""The value of a filter that lets everything through."""

DIMENSIONS = ("branch", "segment", "product")
"""Filters over dimensions, by the names they have in the address and in metric requests."""


@dataclass(frozen=True)
class Choices:
    """What a snapshot can be filtered by: its months, and per dimension value → name, in the order shown."""

    first: date
    last: date
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Selection:
    """What to show: a period, the one to hold it against, and the chosen value per filtered dimension."""

    period: Period
    against: Against
    chosen: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def comparison(self) -> Period:
        return self.period.against(self.against)

    def place(self, dimensions: Collection[str]) -> str:
        """What figures with these dimensions are about, in words; nothing for the whole bank."""
        return ", ".join(self.names[name] for name in DIMENSIONS if name in self.names and name in dimensions)


class Filters(param.Parameterized):
    """What a person chose. Empty period: the newest month."""

    period = param.String(default="", doc="Id of a period, see `periods`.")
    against = param.Selector(
        default="last_year", objects=["last_year", "previous"], doc="What to compare with."
    )
    branch = param.String(default=ALL)
    segment = param.String(default=ALL)
    product = param.String(default=ALL)

    SYNCED = ("period", "against", *DIMENSIONS)

    def sync(self, location: Any) -> None:
        """Keep this object and the address the same; what the address says wins at the start."""
        location.sync(self, list(self.SYNCED), on_error=lambda refused: None)

    def selection(self, offered: Choices) -> Selection:
        """What the choices mean for a snapshot. What it doesn't have is left out, with a note on it."""
        notes: list[str] = []
        latest = period_of("month", offered.last)
        period = parse_period(self.period) if self.period else latest
        if period is None:
            notes.append(f"There is no period “{self.period}”: showing {latest.name}.")
            period = latest
        elif period.last > offered.last or period.last < offered.first.replace(day=1):
            notes.append(
                f"The data reaches from {offered.first:%B %Y} to {offered.last:%B %Y}, which leaves out "
                f"{period.name}: showing {latest.name}."
            )
            period = latest
        chosen, names = {}, {}
        for dimension in DIMENSIONS:
            wanted = getattr(self, dimension)
            if wanted == ALL:
                continue
            values = offered.values.get(dimension, {})
            if wanted in values:
                chosen[dimension], names[dimension] = wanted, values[wanted]
            else:
                notes.append(f"There is no {dimension} “{wanted}” in this snapshot: showing all.")
        return Selection(period, self.against, chosen, names, tuple(notes))


class FilterBar:
    """The row of controls over the filters: their choices follow the snapshot, their values the filters."""

    def __init__(self, filters: Filters) -> None:
        self._filters = filters
        self._filling = False
        self._controls = {
            name: pn.widgets.Select(label=label, stylesheets=[css("filter_control")], sizing_mode=None)
            for name, label in (
                ("period", "Period"), ("against", "against"), ("branch", "Branch"),
                ("segment", "Segment"), ("product", "Product"),
            )
        }  # fmt: skip
        for name, control in self._controls.items():
            control.param.watch(lambda event, name=name: self._choose(name, event.new), "value")
        self.view = pn.Column(*self._controls.values(), stylesheets=[css("filter_bar")], margin=0)

    def _choose(self, name: str, value: Any) -> None:
        if not self._filling and value is not None:
            self._filters.param.update(**{name: value})

    def fill(self, offered: Choices, selection: Selection) -> None:
        """Show what the snapshot offers and what is selected. Does not change the filters."""
        self._filling = True
        try:
            period = selection.period
            groups = choices(offered.first, offered.last)
            if period.id not in {key for group in groups.values() for key in group.values()}:
                groups = {"Chosen": {period.name: period.id}, **groups}
            self._show("period", period.id, groups=groups)
            comparisons = {period.last_year().name: "last_year"}
            if period.previous() != period.last_year():
                comparisons[period.previous().name] = "previous"
            against = selection.against if selection.against in comparisons.values() else "last_year"
            self._show("against", against, options=comparisons)
            for dimension in DIMENSIONS:
                values = offered.values.get(dimension, {})
                every = f"All {len(values)}" if dimension == "branch" and values else "All"
                options = {every: ALL, **{name: value for value, name in values.items()}}
                self._show(dimension, selection.chosen.get(dimension, ALL), options=options)
                self._controls[dimension].disabled = not values
        finally:
            self._filling = False

    def _show(self, name: str, value: str, **offer: Any) -> None:
        control = self._controls[name]
        current = {key: getattr(control, key) for key in offer}
        if current != offer or control.value != value:
            control.param.update(value=value, **offer)

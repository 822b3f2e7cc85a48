"""What a state means for one snapshot: a period inside its data, filters with values that it has."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from dashboards.dimensions import dimension, dimensions_of
from dashboards.metrics import Against, Filter
from dashboards.periods import Period, parse_period, period_of
from dashboards.state import State

CONTROLS = ("branch", "segment", "product", "region", "currency")
"""Filters that have a control on every page. All others are set by clicking."""


@dataclass(frozen=True)
class Unit:
    """A unit of the organisation that others hang on: chosen, it stands for itself and all below it."""

    name: str
    level: str
    """The group-by name that says who is below it."""


@dataclass(frozen=True)
class Choices:
    """What a snapshot can be filtered by: its months, and per control value → name, in the order shown."""

    first: date
    last: date
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    units: Mapping[str, Unit] = field(default_factory=dict)
    """By the branch filter's value."""


@dataclass(frozen=True)
class Selection:
    """What to show: a period, the one to hold it against, and the chosen value per filter with its name."""

    period: Period
    against: Against
    state: State = field(default_factory=State)
    chosen: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, Unit] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def comparison(self) -> Period:
        return self.period.against(self.against)

    @property
    def parts(self) -> tuple[str, ...]:
        """The chosen filters that choose a part of the bank, and not how to count it."""
        return tuple(name for name in self.chosen if not dimension(dimensions_of(name)[0]).whole)

    def filters(self, dimensions: Collection[str], leave_out: Collection[str] = ()) -> tuple[Filter, ...]:
        """The chosen filters as far as something with these dimensions can take them.

        `leave_out` names dimensions whose filter does not count, as for a chart that shows all their values.
        """
        spared = {dimension(name).filter for name in leave_out}
        found = []
        for name, value in self.chosen.items():
            if name in spared:
                continue
            unit = self.units.get(value) if name == "branch" else None
            targets = (unit.level,) if unit else dimensions_of(name)
            target = next((one for one in targets if one in dimensions), None)
            if target is not None:
                found.append(Filter(target, (value.removesuffix(BELOW) if unit else value,)))
        return tuple(sorted(found, key=lambda one: one.name))  # so that the same filters make the same SQL

    def takes(self, name: str, dimensions: Collection[str]) -> bool:
        """Whether something with these dimensions can be filtered by a chosen filter."""
        return any(one in dimensions for one in dimensions_of(name))

    def place(self, dimensions: Collection[str]) -> str:
        """What figures with these dimensions are about, in words; nothing for the whole bank."""
        return ", ".join(name for key, name in self.names.items() if self.takes(key, dimensions))


BELOW = "/"
"""Ends the value of a unit together with all below it."""


def select(state: State, offered: Choices, values: Callable[[str], Sequence[str] | None]) -> Selection:
    """What a state means. What the snapshot doesn't have is left out, with a note on it.

    `values` gives the values of a filter without a control, None where nothing can be filtered by it.
    """
    notes: list[str] = []
    latest = period_of("month", offered.last)
    period = parse_period(state.period) if state.period else latest
    if period is None:
        notes.append(f"There is no period “{state.period}”: showing {latest.name}.")
        period = latest
    elif period.last > offered.last or period.last < offered.first.replace(day=1):
        notes.append(
            f"The data reaches from {offered.first:%B %Y} to {offered.last:%B %Y}, which leaves out "
            f"{period.name}: showing {latest.name}."
        )
        period = latest
    chosen, names = {}, {}
    for name, wanted in state.chosen.items():
        known = dimension(dimensions_of(name)[0])
        label = known.label.lower()
        if name in offered.values:
            words = offered.values[name].get(wanted)
        else:
            found = values(name)
            if found is None:
                notes.append(f"There is no filter “{name}”: it is left out.")
                continue
            words = known.word(wanted) if wanted in found else None
        if words is None:
            notes.append(f"There is no {label} “{wanted}” in this snapshot: showing all.")
        else:
            chosen[name], names[name] = wanted, words
    against: Against = "previous" if state.against == "previous" else "last_year"
    return Selection(period, against, state, chosen, names, offered.units, tuple(notes))

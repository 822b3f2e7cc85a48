"""The row of controls over a page: their choices follow the snapshot, their values the state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel as pn

from dashboards.components.html import css
from dashboards.dimensions import dimension, dimensions_of
from dashboards.frame.prompt import PromptSelect
from dashboards.periods import choices
from dashboards.selection import CONTROLS, Choices, Selection
from dashboards.state import State

ALL = "all"
"""The value of a control that lets everything through."""

REGION = "region:"
"""Begins the values of regions among those of branches."""


class FilterBar:
    """Native selects, one per filter, regions among the branches; choosing hands the new state to `go`."""

    def __init__(self, go: Callable[[State], None]) -> None:
        self._go = go
        self._state = State()
        self._filling = False
        labels = {"period": "Period", "against": "against"}
        labels |= {name: dimension(dimensions_of(name)[0]).label for name in CONTROLS if name != "region"}
        self._controls = {
            name: PromptSelect(label=label, stylesheets=[css("filter_control")], sizing_mode=None)
            for name, label in labels.items()
        }
        for name, control in self._controls.items():
            control.param.watch(lambda event, name=name: self._choose(name, event.new), "value")
        self.view = pn.Column(*self._controls.values(), stylesheets=[css("filter_bar")], margin=0)

    def _choose(self, name: str, value: Any) -> None:
        if self._filling or value is None:
            return
        if name == "period":
            self._go(self._state.during(value))
        elif name == "against":
            self._go(self._state.held_against(value))
        elif name == "branch":
            region = value.removeprefix(REGION) if value.startswith(REGION) else None
            branch = None if region or value == ALL else value
            self._go(self._state.choosing("region", region).choosing("branch", branch))
        else:
            self._go(self._state.choosing(name, None if value == ALL else value))

    def fill(self, offered: Choices, selection: Selection) -> None:
        """Show what the snapshot offers and what is selected. Asks for nothing."""
        self._filling, self._state = True, selection.state
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
            self._show_places(offered, selection)
            for name in self._controls.keys() - {"period", "against", "branch"}:
                values = offered.values.get(name, {})
                options = {"All": ALL, **{word: value for value, word in values.items()}}
                self._show(name, selection.chosen.get(name, ALL), options=options)
                self._controls[name].visible = len(values) > 1
        finally:
            self._filling = False

    def _show_places(self, offered: Choices, selection: Selection) -> None:
        """Regions and branches in one control: who asks for one lets go of the other."""
        branches, regions = (offered.values.get(name, {}) for name in ("branch", "region"))
        groups = {"Bank": {f"All {len(branches)}" if branches else "All": ALL}}
        if len(regions) > 1:
            groups["Regions"] = {word: REGION + value for value, word in regions.items()}
        groups["Branches"] = {word: value for value, word in branches.items()}
        region = selection.chosen.get("region")
        value = selection.chosen.get("branch") or (REGION + region if region else ALL)
        self._show("branch", value, groups=groups)
        self._controls["branch"].visible = len(branches) > 1

    def _show(self, name: str, value: str, **offer: Any) -> None:
        control = self._controls[name]
        current = {key: getattr(control, key) for key in offer}
        if current != offer or control.value != value:
            control.param.update(value=value, **offer)

"""Asks ahead, in quiet moments, what pages ask under every combination of filters.

The SQL of a question depends on which filters are set and not on their values, so that afterwards no visitor
waits for a compilation, whatever branch, segment, product or period is chosen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from dashboards.live import Live
from dashboards.pages import Page
from dashboards.pages.body import PageBody
from dashboards.reader import reader_of
from dashboards.selection import CONTROLS, Choices
from dashboards.snapshot import Snapshot
from dashboards.state import State


class Ahead:
    """What is still to be asked of the newest snapshot; a step is one part of one page."""

    def __init__(self, live: Live, pages: Sequence[Page]) -> None:
        self._live = live
        self._pages = pages
        self._build: str | None = None
        self._steps: Iterator[None] = iter(())

    def step(self) -> None:
        """Ask for the next part of a page; nothing when all has been asked of this snapshot."""
        snapshot = self._live.snapshot
        if snapshot is None:
            return
        if snapshot.build != self._build:
            self._build, self._steps = snapshot.build, self._ask(snapshot)
        next(self._steps, None)

    def _ask(self, snapshot: Snapshot) -> Iterator[None]:
        reader = reader_of(snapshot)
        bodies = []
        for page in self._pages:
            bodies.append(PageBody(page, "light"))
            yield
        for state in every_combination(reader.choices):
            for body in bodies:
                yield from body.showing(reader, reader.select(state))


def every_combination(offered: Choices) -> list[State]:
    """One choice for each set of up to two filters that can be set together, none of them first.

    It is the second of each filter's values: the first branch is often a head office without business.
    """
    values = {name: list(offered.values.get(name, ())) for name in CONTROLS}
    typical = {name: known[1] for name, known in values.items() if len(known) > 1}
    sets = [names for size in range(3) for names in combinations(typical, size)]
    return [State(chosen={name: typical[name] for name in names}) for names in sets]

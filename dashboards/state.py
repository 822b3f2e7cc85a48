"""What a person looks at, as a value: all of it stands in the address, so that a link reproduces it.

Every control of a page is a link to another state. Nothing here knows a snapshot, Panel or a page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, quote, urlencode

from dashboards.metrics import AGAINST

_BY = "by."
_OWN = ("period", "against", "open")
_FOREIGN = ("theme",)
"""Names in an address that are no part of the state."""


@dataclass(frozen=True)
class State:
    """A period (empty: the newest month), what to hold it against, filters, drills, and what lies open."""

    period: str = ""
    against: str = "last_year"
    chosen: Mapping[str, str] = field(default_factory=dict)
    """Value by filter."""
    by: Mapping[str, str] = field(default_factory=dict)
    """The dimension that a part of the page is drilled by, by the part's id."""
    open: str = ""
    """What lies open beside the page, `kind:name`."""

    @classmethod
    def of(cls, query: str) -> State:
        """The state that an address says; what is empty or said twice counts once."""
        said = {name: value for name, value in parse_qsl(query.removeprefix("?")) if name not in _FOREIGN}
        against = said.get("against", "")
        return cls(
            period=said.get("period", ""),
            against=against if against in AGAINST else cls.against,
            chosen={
                name: value for name, value in said.items() if not name.startswith(_BY) and name not in _OWN
            },
            by={name.removeprefix(_BY): value for name, value in said.items() if name.startswith(_BY)},
            open=said.get("open", ""),
        )

    @property
    def query(self) -> str:
        """The state as the address says it, `?` included; defaults are left out."""
        said = {"period": self.period} if self.period else {}
        if self.against != State.against:
            said["against"] = self.against
        said |= dict(self.chosen)
        said |= {f"{_BY}{part}": name for part, name in self.by.items()}
        if self.open:
            said["open"] = self.open
        return "?" + urlencode(said, safe=":,/", quote_via=quote)

    def during(self, period: str) -> State:
        """The same for another period."""
        return replace(self, period=period)

    def held_against(self, against: str) -> State:
        """The same beside another period."""
        return replace(self, against=against)

    def choosing(self, name: str, value: str | None) -> State:
        """With a filter set to a value, or let go of."""
        chosen = {key: one for key, one in self.chosen.items() if key != name}
        return replace(self, chosen=chosen | ({name: value} if value is not None else {}))

    def drilled(self, part: str, name: str | None) -> State:
        """With a part split by another dimension, or by its own again."""
        by = {key: one for key, one in self.by.items() if key != part}
        return replace(self, by=by | ({part: name} if name is not None else {}))

    def opening(self, what: str) -> State:
        """With something open beside the page; nothing closes it."""
        return replace(self, open=what)

    def closed(self) -> State:
        """What another page can take over: period and filters, not what is drilled or open on this one."""
        return replace(self, by={}, open="")

    def reset(self) -> State:
        """The same period without filters and drills."""
        return State(self.period, self.against)

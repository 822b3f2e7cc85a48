"""Which arrivals are still to be dealt with: pure functions over what the ledger says.

An arrival is a file that came into landing, or that changed there, in the order in which it was noticed.
What a bank sent last for a table, date and part is what it says today: an arrival with the content of the
live version changes nothing, any other supersedes it. So a file that is sent again after a correction takes
back that correction. It is a delivery of its own, read and judged anew, because what its rows were judged by
may have changed: keys that are live from elsewhere, parents that came.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field


def version_name(content: str, before: int) -> str:
    """The version that a content is when it was delivered so many times before: `3f2a…`, then `3f2a…-2`."""
    return f"{content}-{before + 1}" if before else content


def content_of(version_id: str) -> str:
    """The content that a version has, equal for all deliveries of it."""
    return version_id.partition("-")[0]


@dataclass
class History:
    """What became of the arrivals of one table, date and part.

    `arrival` is the newest one that was dealt with, `live` the content that counts since, `refused` are
    contents that the present mapping can't read, `times` says how often each was loaded.
    """

    arrival: int = 0
    live: str | None = None
    refused: set[str] = field(default_factory=set)
    times: Counter[str] = field(default_factory=Counter)

    def takes(self, content: str, arrival: int) -> str | None:
        """The version that an arrival is to be loaded as, which counts from then on; None: nothing to do.

        The same arrival may have another content than when it was dealt with: that of the files it is
        looked up in is part of it.
        """
        if arrival < self.arrival or content == self.live or content in self.refused:
            return None
        version_id = version_name(content, self.times[content])
        self.arrival, self.live = arrival, content
        self.times[content] += 1
        return version_id


def histories(deliveries: Iterable[sqlite3.Row], mapping_hash: str) -> dict[tuple[str, str, str], History]:
    """The history of everything that one source delivered, by table, business date and part.

    A refusal under another mapping does not count: that file is tried again, unless a later one is live.
    """
    found: dict[tuple[str, str, str], History] = {}
    for row in deliveries:
        history = found.setdefault((row["table_name"], row["business_date"], row["part"]), History())
        content = content_of(row["version_id"])
        if row["state"] == "refused":
            if row["mapping_hash"] != mapping_hash:
                continue
            history.refused.add(content)
        else:
            history.times[content] += 1
            if row["state"] == "live":
                history.live = content
        history.arrival = max(history.arrival, row["arrival"])
    return found

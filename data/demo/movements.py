"""A month's movements on accounts before they are booked: one growing set of columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.demo.kinds import CODE, KINDS
from data.demo.timeline import NEVER

Ints = NDArray[np.int64]

DEFAULTS: dict[str, int] = {
    "channel": -1,
    "purpose": -1,
    "link": -1,
    "reversal_of": -1,
    "merchant": -1,
    "category": -1,
    "terminal": -1,
    "counterparty": -1,
    "own_bank": 0,
    "loan": -1,
    "refused": 0,
    "charge": 0,
    "closing": 0,
    "manual": 0,
    "fraud": 0,
    "episode": -1,
}
"""Optional columns and what stands there unless given. `link` and `reversal_of` are positions in the
month."""

CREDIT = np.array([kind.credit for kind in KINDS])
CHANNEL = np.array([kind.channel for kind in KINDS])


@dataclass
class Movements:
    """Rows added kind by kind; amounts in cents, never negative."""

    parts: list[dict[str, Ints]] = field(default_factory=list)
    count: int = 0

    def add(self, kind: str, account: Ints, second: Ints, amount: Ints | int, **optional: Any) -> Ints:
        """Add rows of one kind; returns their positions."""
        size = len(account)
        row: dict[str, Ints] = {
            "kind": np.full(size, CODE[kind]),
            "account": account,
            "second": second,
            "amount": np.broadcast_to(amount, size),
        }
        for name, default in DEFAULTS.items():
            row[name] = np.broadcast_to(np.asarray(optional.get(name, default), dtype=np.int64), size)
        self.parts.append(row)
        positions = np.arange(self.count, self.count + size)
        self.count += size
        return positions

    def columns(self) -> dict[str, Ints]:
        """All rows as columns, in the order they were added."""
        names = ["kind", "account", "second", "amount", *DEFAULTS]
        columns = {name: np.concatenate([part[name] for part in self.parts]) for name in names}
        columns["channel"] = np.where(columns["channel"] < 0, CHANNEL[columns["kind"]], columns["channel"])
        columns["signed"] = np.where(CREDIT[columns["kind"]], columns["amount"], -columns["amount"])
        return columns


def keep_rows(columns: dict[str, Ints], keep: NDArray[np.bool_]) -> dict[str, Ints]:
    """The rows to keep, with links moved along; a row whose link is dropped must be dropped with it."""
    position = np.where(keep, np.cumsum(keep) - 1, NEVER)
    out = {name: values[keep] for name, values in columns.items()}
    for name in ("link", "reversal_of"):
        out[name] = np.where(out[name] >= 0, position[np.maximum(out[name], 0)], -1)
    return out

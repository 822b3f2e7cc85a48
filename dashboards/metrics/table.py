"""Columns and rows. The data frame comes on demand: importing pandas takes half of a first answer's time."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Table:
    """Rows as DuckDB returned them; None where there is no value."""

    columns: tuple[str, ...]
    records: list[tuple[Any, ...]]

    def column(self, name: str) -> list[Any]:
        """One column's values."""
        position = self.columns.index(name)
        return [record[position] for record in self.records]

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The rows as a frame: numbers are float64 with NaN, days datetime64, truth values nullable."""
        import pandas as pd

        made = {name: self._values(name) for name in self.columns}
        return pd.DataFrame(made, columns=list(self.columns))

    def _values(self, name: str) -> Any:
        """A column for a frame; no series, whose index the frame would compare with all others."""
        import numpy as np
        import pandas as pd

        values = self.column(name)
        kind = next((type(value) for value in values if value is not None), None)
        if kind in (datetime.date, datetime.datetime) or (kind is None and name.startswith("metric_time__")):
            return pd.to_datetime(values)
        if kind is bool:
            return pd.array(values, dtype="boolean")
        if kind in (float, Decimal) or (kind is None and values) or (kind is int and None in values):
            return np.array([np.nan if value is None else float(value) for value in values])
        return values if values else np.array([], dtype=object)

"""The rows of a mart behind a figure: what its measures add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from dashboards.metrics.registry import Metric, registry
from dashboards.metrics.request import Filter, month_start
from dashboards.metrics.table import Table
from dashboards.snapshot import Snapshot

_TIMES = ("booking_date", "date_day", "month", "date")


@dataclass(frozen=True)
class Behind:
    """The first rows of a mart behind a figure, how many there are, and filters that the mart can't take."""

    mart: str
    count: int
    rows: Table
    left_out: tuple[str, ...]


def rows_behind(
    snapshot: Snapshot, metric: Metric, where: Sequence[Filter], start: date, end: date, limit: int
) -> Behind:
    """The rows of the mart that a metric reads (the first, if it reads several) in a period under filters.

    A position counts in the period's last month only, as it does in the figure.
    """
    mart = metric.marts[0]
    table = f"bank.marts.{mart}"
    left_out = []
    with snapshot.cursor() as cursor:
        columns = [name for name, *_ in cursor.execute(f"DESCRIBE {table}").fetchall()]
        time = next((name for name in _TIMES if name in columns), None)
        places = registry(snapshot).places
        conditions, values = [], []
        if time is not None:
            first = month_start(end) if metric.kind == "stock" else start
            conditions.append(f"{time} BETWEEN ? AND ?")
            values += [first, end]
        for one in where:
            column = next((text for place, text in places[one.name] if place == table), None)
            if column is None:
                left_out.append(one.name)
            else:
                negated = "NOT " if one.op == "not in" else ""
                conditions.append(
                    f"CAST({column} AS VARCHAR) {negated}IN ({', '.join('?' * len(one.values))})"
                )
                values += [str(value) for value in one.values]
        clause = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        ((count,),) = cursor.execute(f"SELECT count(*) FROM {table}{clause}", values).fetchall()
        found = cursor.execute(
            f"SELECT * FROM {table}{clause} ORDER BY ALL DESC LIMIT {limit}", values
        ).fetchall()
    return Behind(mart, count, Table(tuple(columns), found), tuple(left_out))

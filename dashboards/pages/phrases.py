"""One figure of the selected period, for a sentence."""

from __future__ import annotations

from dashboards.metrics import MetricRequest
from dashboards.metrics.format import number
from dashboards.reader import Reader
from dashboards.selection import Selection


def figure(name: str, reader: Reader, selection: Selection) -> float | None:
    """A metric of the selected period under the filters that it takes; None where it is not known."""
    period = selection.period
    where = reader.where(name, selection)
    answer = reader.ask(MetricRequest((name,), (), where, period.start, period.end))
    value = answer.records[0][0] if answer.records else None
    return None if value is None else float(value)


def told(name: str, reader: Reader, selection: Selection) -> str:
    """The same as text."""
    return number(figure(name, reader, selection), reader.metric(name).unit)


def counted(number_of: float, one: str, many: str = "") -> str:
    """`1 row`, `1,204 rows`."""
    return f"{number_of:,.0f} {one if number_of == 1 else many or one + 's'}"

"""Figures to take away: the table behind a chart, or the rows behind a metric, as CSV or XLSX.

An address with a page's state is all that is needed, so a link to a file can be kept and sent. Text that a
spreadsheet would take for a formula gets an apostrophe in front (OWASP, CSV injection).
"""

from __future__ import annotations

import csv
import io
import logging
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast

from tornado.web import RequestHandler

from dashboards.charts.data import chart_data
from dashboards.live import Live
from dashboards.pages import PAGES
from dashboards.reader import Reader, reader_of
from dashboards.selection import Selection
from dashboards.state import State
from runtime.errors import BankError

log = logging.getLogger(__name__)

MOST_ROWS = 100_000
"""How many rows of a mart a file takes; a spreadsheet has little more."""

_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

Rows = Sequence[Sequence[Any]]


def csv_bytes(columns: Sequence[str], records: Rows) -> bytes:
    """UTF-8 with a mark for spreadsheets, numbers with every digit."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([harmless(column) for column in columns])
    writer.writerows([harmless(value) for value in record] for record in records)
    return text.getvalue().encode("utf-8-sig")


def xlsx_bytes(
    columns: Sequence[str], records: Rows, about: Sequence[tuple[str, str]], made: datetime
) -> bytes:
    """A workbook with typed cells under a frozen head, and a sheet that says what it is.

    It says that it was made when its snapshot was, so that the same figures are the same bytes.
    """
    import xlsxwriter

    file = io.BytesIO()
    book = xlsxwriter.Workbook(
        file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    book.set_properties({"created": made})
    bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet("Figures")
    for place, column in enumerate(columns):
        longest = max([len(str(column)), *(len(str(record[place])) for record in records[:200])])
        sheet.set_column(place, place, min(longest + 2, 48))
        sheet.write_string(0, place, str(column), bold)
    sheet.freeze_panes(1, 0)
    for row, record in enumerate(records, 1):
        for place, value in enumerate(record):
            if value is None or value != value:  # noqa: PLR0124 - NaN
                continue
            if isinstance(value, bool):
                sheet.write_boolean(row, place, value)
            elif isinstance(value, int | float | Decimal):
                sheet.write_number(row, place, float(value))
            elif isinstance(value, date):
                moment = datetime.combine(value, datetime.min.time()) if type(value) is date else value
                moment = cast(datetime, moment).replace(tzinfo=None)
                sheet.write_datetime(row, place, moment, day)
            else:
                sheet.write_string(row, place, str(value))
    told = book.add_worksheet("About")
    told.set_column(0, 0, 18)
    told.set_column(1, 1, 90)
    for row, (name, value) in enumerate(about):
        told.write_string(row, 0, name, bold)
        told.write_string(row, 1, value)
    book.close()
    return file.getvalue()


def harmless(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula; numbers stay as they are."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


class _Export(RequestHandler):
    """What both kinds of file have in common."""

    def initialize(self, live: Live) -> None:
        self._live = live

    def _answer(self, kind: str, name: str, found: Any) -> None:
        snapshot = self._live.snapshot
        try:
            if snapshot is None:
                raise BankError("Nothing has been published yet.", "", "Run ./bank up.")
            reader = reader_of(snapshot)
            selection = reader.select(State.of(self.request.query))
            title, about, columns, records = found(reader, selection)
        except BankError as error:
            self.set_status(404)
            self.set_header("Content-Type", "text/plain; charset=utf-8")
            self.finish(f"{error.what} {error.why} {error.fix}\n")
            return
        told = [
            ("What", title), ("About", about), ("Period", selection.period.name),
            ("Filters", ", ".join(selection.names.values()) or "none"), ("Build", snapshot.build),
        ]  # fmt: skip
        made = datetime.fromisoformat(snapshot.info["published_at"])
        content = csv_bytes(columns, records) if kind == "csv" else xlsx_bytes(columns, records, told, made)
        self.set_header("Content-Type", _TYPES[kind])
        self.set_header("Content-Disposition", f'attachment; filename="{name}-{selection.period.id}.{kind}"')
        self.finish(content)


class ChartFile(_Export):
    """`/export/<page>/<chart>.csv?…`"""

    def get(self, page: str, chart: str, kind: str) -> None:
        """The figures of a chart."""

        def found(reader: Reader, selection: Selection) -> tuple[str, str, Sequence[str], Rows]:
            spec = next(
                (one.charts[chart] for one in PAGES if one.slug == page and chart in one.charts), None
            )
            if spec is None:
                raise BankError(f"There is no chart {chart} on a page {page}.", "", "Use a link of a page.")
            shown = chart_data(spec, reader, selection)
            if shown.missing:
                raise BankError(f"{shown.title}: there is nothing to take away.", shown.missing, "")
            return shown.title, shown.subtitle, shown.columns, shown.records

        self._answer(kind, chart, found)


class RowsFile(_Export):
    """`/rows/<metric>.csv?…`"""

    def get(self, metric: str, kind: str) -> None:
        """The rows behind a metric."""

        def found(reader: Reader, selection: Selection) -> tuple[str, str, Sequence[str], Rows]:
            behind = reader.rows_behind(metric, selection, MOST_ROWS)
            about = f"{behind.count:,} rows of {behind.mart}"
            if behind.count > MOST_ROWS:
                about += f", the first {MOST_ROWS:,}: bank sql has them all"
            return f"Rows behind {metric}", about, behind.rows.columns, behind.rows.records

        self._answer(kind, f"rows-{metric}", found)


ROUTES = (
    (r"/export/([a-z-]+)/([a-z0-9-]+)\.(csv|xlsx)", ChartFile),
    (r"/rows/(\w+)\.(csv|xlsx)", RowsFile),
)
"""Addresses and what answers them."""

"""What lies open beside a page: a metric's definition, a chart's figures, the rows behind one.

The address says it as `open=<kind>:<name>`; a name that does not exist is said in the drawer.
"""

from __future__ import annotations

from collections.abc import Callable

from dashboards.charts.data import chart_data
from dashboards.components.drawer import drawer_html, rows_html
from dashboards.components.html import text
from dashboards.pages import PAGES
from dashboards.pages.declare import Page
from dashboards.pages.definition import definition
from dashboards.reader import Reader
from dashboards.selection import Selection
from runtime.errors import BankError

ROWS = 200
"""How many rows a drawer shows; all of them can be taken away."""

Opened = tuple[str, str]
"""A heading and HTML."""


def beside(page: Page, reader: Reader, selection: Selection) -> str:
    """The drawer of a selection; nothing where nothing is open."""
    what = selection.state.open
    if not what:
        return ""
    kind, _, name = what.partition(":")
    close = selection.state.opening("").query
    show = _KINDS.get(kind) or page.opens.get(kind)
    try:
        if show is None:
            raise BankError(f"Nothing can be opened as “{what}”.", "", "Close this and choose from a menu.")
        title, content = show(name, page, reader, selection)
    except BankError as error:
        title, content = error.what, f"<p>{text(error.why)}</p><p>{text(error.fix)}</p>"
    return drawer_html(title, content, close)


def _metric(name: str, page: Page, reader: Reader, selection: Selection) -> Opened:
    """From a number to what is behind it."""
    return definition(name, PAGES, reader, selection)


def _data(name: str, page: Page, reader: Reader, selection: Selection) -> Opened:
    """The figures of a chart as a table."""
    spec = page.charts.get(name)
    if spec is None:
        raise BankError(
            f"There is no chart “{name}” on this page.",
            f"It has {', '.join(page.charts) or 'none'}.",
            "Close this and choose from a menu.",
        )
    shown = chart_data(spec, reader, selection)
    if shown.missing:
        return shown.title, f"<p>{text(shown.missing)}</p>"
    file = f"/export/{page.slug}/{spec.id}"
    query = text(selection.state.opening("").query)
    tools = "".join(f'<a href="{file}.{kind}{query}" download>{kind.upper()}</a>' for kind in ("csv", "xlsx"))
    table = rows_html(shown.columns, shown.records, shown.title)
    return shown.title, f'<p>{text(shown.subtitle)}</p><div class="tools">{tools}</div>{table}'


def _rows(name: str, page: Page, reader: Reader, selection: Selection) -> Opened:
    """The rows of the mart behind a metric."""
    metric = reader.metric(name)
    found = reader.rows_behind(name, selection, ROWS)
    said = f"{found.count:,} rows of {found.mart}" if found.count > ROWS else f"Rows of {found.mart}"
    said += f", the first {ROWS}" if found.count > ROWS else f": {found.count:,}"
    if found.left_out:
        said += f"; not filtered by {', '.join(found.left_out)}"
    if len(metric.marts) > 1:
        said += f". {metric.label} also reads {', '.join(metric.marts[1:])}"
    query = text(selection.state.opening("").query)
    tools = "".join(
        f'<a href="/rows/{text(name)}.{kind}{query}" download>All as {kind.upper()}</a>'
        for kind in ("csv", "xlsx")
    )
    table = rows_html(found.rows.columns, found.rows.records, f"Rows behind {metric.label}")
    return f"Behind {metric.label}", f'<p>{text(said)}.</p><div class="tools">{tools}</div>{table}'


_KINDS: dict[str, Callable[[str, Page, Reader, Selection], Opened]] = {
    "metric": _metric, "data": _data, "rows": _rows,
}  # fmt: skip

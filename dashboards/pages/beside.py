"""What lies open beside a page: a metric's definition, a chart's figures, the rows behind one.

The address says it as `open=<kind>:<name>`; a name that does not exist is said in the drawer.
"""

from __future__ import annotations

from collections.abc import Callable

from dashboards.charts.data import chart_data
from dashboards.components.drawer import drawer_html, rows_html
from dashboards.components.html import text
from dashboards.metrics import lineage
from dashboards.metrics.describe import checks_on, facts
from dashboards.metrics.format import exact
from dashboards.metrics.request import MetricRequest
from dashboards.pages.declare import Page
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
    """From a number to what is behind it: definition, formula, facts, SQL, sources, checks, run."""
    metric = reader.metric(name)
    period = selection.period
    singly = tuple(one for one, default in metric.within.items() if default is None)
    request = MetricRequest((name,), singly, reader.where(name, selection), period.start, period.end)
    head = f"<p>{text(metric.description)}</p>"
    value, lacks = None, ""
    try:
        table = reader.ask(request)
        value = table.frame[name].iloc[0] if len(table.frame) == 1 and not singly else None
        lacks = table.unavailable.get(name, "")
    except BankError as error:  # a definition is worth reading where the period has no figure
        head += f"<p>{text(error.what)} {text(error.why)}</p>"
    place = selection.place(metric.dimensions)
    about = f"{period.name}{', ' + place if place else ''}"
    if value is not None and value == value:  # noqa: PLR0124 - NaN
        unit = f" {reader.snapshot.currency}" if metric.unit == "ccy" else ""
        head += f"<p><b>{text(exact(float(value), metric.unit))}{text(unit)}</b> in {text(about)}</p>"
    elif lacks:
        head += f"<p>In {text(about)} it is {text(lacks)}.</p>"
    rows = selection.state.opening(f"rows:{name}").query
    tools = f'<a href="{text(rows)}">Rows behind it</a> <a href="/metrics">All metrics</a>'
    told = "".join(
        f"<dt>{text(fact)}</dt><dd>{text(one)}</dd>" for fact, one in facts(reader.snapshot, metric).items()
    )
    traced = lineage(reader.snapshot, name, f"{period.last:%Y-%m}")
    checks = checks_on(reader.snapshot, metric)
    parts = [
        f'{head}<div class="tools">{tools}</div><dl>{told}</dl>',
        "<h3>Made of</h3>" + rows_html(
            ("Metric", "Formula"), [(one.label, one.formula) for one in traced.parts], "Parts of the formula"
        ),
        f'<h3>SQL</h3><pre tabindex="0">{text(traced.sql)}</pre>',
        "<h3>Models</h3>" + rows_html(
            ("Layer", "Model"), [(one.layer, one.name) for one in traced.models], "Models behind it"
        ),
        "<h3>Deliveries</h3>" + rows_html(
            ("Table", "Files"), [(one.table, len(one.deliveries)) for one in traced.sources], "Deliveries"
        ),
        f"<h3>{len(checks)} checks on {text(', '.join(metric.marts))}</h3>"
        f"<ul>{''.join(f'<li>{text(one)}</li>' for one in checks)}</ul>",
        _run(reader),
    ]  # fmt: skip
    return metric.label, "".join(parts)


def _run(reader: Reader) -> str:
    info = reader.snapshot.info
    return f"<h3>Run</h3><p>Build {text(reader.snapshot.build)}, run {text(info.get('run_id') or '–')}.</p>"


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

"""The state of the data in one line: final, provisional, building, failed with the previous snapshot kept."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from dashboards.components.html import text
from dashboards.components.when import day, moment
from dashboards.metrics.format import exact
from dashboards.metrics.table import Table
from dashboards.snapshot import ALL_BREAKS, Status, provisional
from runtime.errors import BankError


def status_html(
    build: Mapping[str, Any],
    status: Status | None,
    problem: BankError | None = None,
    breaks: Table | None = None,
    more: str = "",
) -> str:
    """The line for a published build (`build.json`), the newest build's status, and a problem with them.

    `breaks` are the first rows of what keeps it from being final: they unfold from the line. `more` is where
    all there is to say of the data stands.
    """
    not_final = provisional(build)
    books = f"{'provisional ' if not_final else ''}books of {day(build.get('business_date'))}"
    if build.get("as_of"):
        books += f" as known on {moment(build['as_of'])}"
    passed, warned = build.get("checks_passed", 0), build.get("checks_warned", 0)
    checks = f" · {passed} checks passed" if passed else ""
    published = moment(build.get("published_at"))
    state = status.state if status else "ok"
    since = moment(status.since) if status else ""
    failed = status.failed_checks if status else ()
    if problem is not None:
        words, kind = f"Not updated: {problem.what} Showing {books}, built {published}", "failed"
    elif state == "building":
        words, kind = f"Building since {since} · showing {books}", "building"
    elif state == "failed":
        reason = (
            f"{len(failed)} checks failed"
            if len(failed) > 1
            else "a check failed"
            if failed
            else "the build failed"
        )
        words, kind = f"Not updated: {reason}, {since} · showing {books}, built {published}", "failed"
    elif not_final:
        words, kind = f"{not_final} · {books.removeprefix('provisional ')}{checks}", "provisional"
    else:
        words, kind = f"Final · {books}{checks}", "ok"
    detail = [f"Built {published}." if published else "", f"{warned} checks warn." if warned else ""]
    detail += [status.message if status else ""]
    detail += [f"Failed: {', '.join(failed)}." if failed else ""]
    detail += [f"{problem.why} {problem.fix}" if problem else ""]
    detail += [f"{_kinds(build)}. Click for the rows." if not_final else ""]
    title = " ".join(part for part in detail if part)
    line = f'<span class="dot"></span><span>{text(words)}</span>'
    if not not_final or breaks is None:
        leads = f'<a href="{text(more)}">{line}</a>' if more else line
        return f'<div class="status {kind}" role="status" title="{text(title)}">{leads}</div>'
    return (
        f'<details class="breaks"><summary class="status {kind}" role="status" title="{text(title)}">{line}'
        f"</summary>{_listed(build, breaks, more)}</details>"
    )


def _kinds(build: Mapping[str, Any]) -> str:
    """How many breaks of which kind, and since when: `2 trial balance, oldest 31 days`."""
    return "; ".join(
        f"{one['count']:,} {one['kind'].replace('_', ' ')}, oldest {one['oldest_age_days']} days"
        for one in build.get("breaks") or ()
    )


def _listed(build: Mapping[str, Any], breaks: Table, more: str) -> str:
    head = "".join(f'<th scope="col">{text(name.replace("_", " "))}</th>' for name in breaks.columns)
    rows = "".join(
        f"<tr>{''.join(f'<td>{text(_cell(value))}</td>' for value in record)}</tr>"
        for record in breaks.records
    )
    count = sum(one["count"] for one in build.get("breaks") or ())
    shown = len(breaks.records)
    first = f"The first {shown} of {count:,}. " if count > shown else ""
    return (
        '<div class="list" role="region" aria-label="Breaks in the books" tabindex="0">'
        f"<p>{text(_kinds(build))}.</p>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        f"<p>{first}All of them: <code>{text(ALL_BREAKS)}</code></p>"
        + (f'<p><a href="{text(more)}">Data health</a></p>' if more else "")
        + "</div>"
    )


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    return exact(float(value), "ccy") if isinstance(value, Decimal) else str(value)

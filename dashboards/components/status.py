"""The state of the data in one line: final, building, or failed with the previous snapshot kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from dashboards.components.html import text
from dashboards.snapshot import Status
from runtime.errors import BankError


def _moment(value: Any) -> str:
    """A moment from the published files, in words; empty where there is none."""
    if not value:
        return ""
    moment = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    return f"{moment.day} {moment:%b %Y, %H:%M} UTC"


def _day(value: Any) -> str:
    if not value:
        return "—"
    day = value if isinstance(value, date) else date.fromisoformat(str(value)[:10])
    return f"{day.day} {day:%b %Y}"


def status_html(build: Mapping[str, Any], status: Status | None, problem: BankError | None = None) -> str:
    """The line for a published build (`build.json`), the newest build's status, and a problem with them."""
    books = f"books of {_day(build.get('business_date'))}"
    if build.get("as_of"):
        books += f" as known on {_moment(build['as_of'])}"
    passed, warned = build.get("checks_passed", 0), build.get("checks_warned", 0)
    checks = f" · {passed} checks passed" if passed else ""
    published = _moment(build.get("published_at"))
    state = status.state if status else "ok"
    since = _moment(status.since) if status else ""
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
    else:
        words, kind = f"Final · {books}{checks}", "ok"
    detail = [f"Built {published}." if published else "", f"{warned} checks warn." if warned else ""]
    detail += [status.message if status else ""]
    detail += [f"Failed: {', '.join(failed)}." if failed else ""]
    detail += [f"{problem.why} {problem.fix}" if problem else ""]
    title = " ".join(part for part in detail if part)
    return (
        f'<div class="status {kind}" role="status" title="{text(title)}"><span class="dot"></span>'
        f"<span>{text(words)}</span></div>"
    )

"""The state of the data in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dashboards.components.status import status_html
from dashboards.metrics import sql
from dashboards.reader import reader_of
from dashboards.snapshot import Snapshot, Status, current

BUILD = {
    "business_date": "2025-12-31",
    "published_at": "2026-01-01T06:00:00+00:00",
    "checks_passed": 214,
    "checks_warned": 1,
}


def test_a_finished_build_is_final() -> None:
    assert "Final · books of 31 Dec 2025 · 214 checks passed" in status_html(BUILD, Status("ok"))
    assert "Final" in status_html(BUILD, None)


def test_a_running_build_says_since_when_and_what_is_shown() -> None:
    html = status_html(BUILD, Status("building", since="2026-01-02T06:00:00+00:00"))
    assert "Building since 2 Jan 2026, 06:00 UTC · showing books of 31 Dec 2025" in html


def test_a_failed_build_names_its_checks_and_the_time_of_the_last_good_one() -> None:
    failed = Status("failed", since="2026-01-02T06:10:00+00:00", failed_checks=("balances <differ>", "keys"))
    html = status_html(BUILD, failed)
    assert "Not updated: 2 checks failed, 2 Jan 2026, 06:10 UTC" in html
    assert "showing books of 31 Dec 2025, built 1 Jan 2026, 06:00 UTC" in html
    assert "balances &lt;differ&gt;" in html


def test_the_line_leads_to_all_there_is_to_say() -> None:
    assert '<a href="/health?branch=B01&amp;x=1">' in status_html(BUILD, None, more="/health?branch=B01&x=1")
    assert "<a" not in status_html(BUILD, None)


PROVISIONAL: dict[str, Any] = BUILD | {
    "final": False,
    "breaks": [
        {"kind": "subledger", "count": 2, "amount": 0.02, "oldest_age_days": 31},
        {"kind": "trial_balance", "count": 1, "amount": 1234.5, "oldest_age_days": 0},
    ],
}


def test_a_build_with_breaks_is_provisional_and_unfolds_its_rows(snapshot: Snapshot) -> None:
    breaks = sql(snapshot, "SELECT kind, ledger_code, difference FROM fct_recon_break ORDER BY break_id")
    html = status_html(PROVISIONAL, Status("ok"), breaks=breaks)
    assert "Provisional: 3 ledger breaks · books of 31 Dec 2025" in html
    assert "Final" not in html
    assert "2 subledger, oldest 31 days; 1 trial balance, oldest 0 days" in html
    assert html.count("<tr>") == 1 + 3
    assert "<td>trial_balance</td><td>–</td><td>1,234.50</td>" in html
    assert "bank sql &quot;SELECT * FROM fct_recon_break" in html
    assert '<a href="/health">Data health</a>' in status_html(
        PROVISIONAL, None, breaks=breaks, more="/health"
    )


def test_one_break_is_one() -> None:
    one = PROVISIONAL | {"breaks": PROVISIONAL["breaks"][1:]}
    assert "Provisional: 1 ledger break ·" in status_html(one, None)


def test_a_later_build_says_that_what_is_shown_is_provisional() -> None:
    html = status_html(PROVISIONAL, Status("building", since="2026-01-02T06:00:00+00:00"))
    assert "showing provisional books of 31 Dec 2025" in html


def test_rows_are_read_where_there_is_something_to_list(published: Path) -> None:
    """First what has been open longest; nothing of a snapshot that is final."""
    info = published / "current" / "build.json"
    for final, kinds in ((True, None), (False, ["subledger", "subledger", "trial_balance"])):
        info.write_text(json.dumps(json.loads(info.read_text()) | PROVISIONAL | {"final": final}))
        with opened(published) as snapshot:
            breaks = reader_of(snapshot).breaks
            assert (breaks.column("kind") if breaks else None) == kinds


def opened(published: Path) -> Snapshot:
    found = current(published)
    assert found is not None
    return found

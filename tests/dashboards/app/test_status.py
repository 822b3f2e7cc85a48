"""The state of the data in words."""

from __future__ import annotations

from dashboards.components.status import status_html
from dashboards.snapshot import Status

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

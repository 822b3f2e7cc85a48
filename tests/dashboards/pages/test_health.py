"""What the page of data health says, on the hand-made bank: 20 rows in quarantine and two breaks in December
2025, and the deliveries that stand here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dashboards.live import Live
from dashboards.pages.beside import beside
from dashboards.pages.blocks.arrivals import DELIVERIES, FRESHNESS, QUARANTINE
from dashboards.pages.blocks.books import RECONCILED
from dashboards.pages.body import PageBody
from dashboards.pages.declare import BlockSpec
from dashboards.pages.figures import cards, table_rows
from dashboards.pages.health import BUILD, CHECKS, PAGE, QUALITY, tell
from dashboards.reader import Reader, reader_of
from dashboards.snapshot import Builds, Snapshot, Status, current
from runtime.files import write_json_atomic
from tests.dashboards.bank import select
from tests.dashboards.metrics.test_lineage import delivery

SPACE = "\N{NO-BREAK SPACE}"


def sent(table: str, day: str, **facts: Any) -> dict[str, Any]:
    return {**delivery(table, day, [day[:7]]), "reason": None, **facts}


FILES = [
    *(sent("loan", day) for day in ("2025-10-31", "2025-11-30", "2025-12-31")),
    *(sent("customer", day) for day in ("2025-09-30", "2025-10-31")),
    sent(
        "customer",
        "2025-12-31",
        state="refused",
        version_id="refused-1",
        file_name="<b>customer</b>.csv",
        reason="13 columns, not <14>.",
    ),
]

CHECK_ROWS = [
    {"name": "one_row_per_loan", "asset": "fct_loan", "passed": True, "blocking": True, "failed_rows": 0},
    {"name": "balances_<follow>", "asset": "fct_account", "passed": False, "blocking": False,
     "failed_rows": 12},
    {"name": "books_agree", "asset": "fct_recon_break", "passed": True, "blocking": False, "failed_rows": 0,
     "keeps_from_final": True},
]  # fmt: skip


@pytest.fixture
def reader(published: Path) -> Iterator[Reader]:
    build = published / "current"
    write_json_atomic(build / "deliveries.json", FILES)
    write_json_atomic(build / "checks.json", CHECK_ROWS)
    snapshot = current(published)
    assert snapshot is not None
    with snapshot:
        yield reader_of(snapshot, builds=Builds(Status("ok"), dagster="http://127.0.0.1:3000"))


def shown(block: BlockSpec, reader: Reader, **said: str) -> str:
    """A block's text, a line per cell."""
    content = block.render(reader, select(reader, **said))
    assert not content.missing, content.missing
    return plain(content.html)


def plain(html: str) -> str:
    return re.sub(r"\n+", "\n", re.sub(r"<[^>]+>", "\n", html)).strip()


def test_the_headline_says_what_is_wrong(reader: Reader) -> None:
    headline, lede = tell(reader, select(reader))
    assert headline == (
        "1 table is behind, 1 file was refused, 20 rows are in quarantine and 2 breaks are in the books"
    )
    assert "<b>2 files</b> for December 2025 brought <b>1,980</b> rows" in lede
    assert f"<b>99.0{SPACE}%</b> of what came was accepted" in lede
    assert "<b>214 checks</b> passed, <b>1</b> warned" in lede


def test_the_headline_says_what_is_right(reader: Reader) -> None:
    """In October 2025 there is no break yet and every table has come, but 20 rows are held."""
    assert tell(reader, select(reader, period="2025-10"))[0] == (
        "20 rows are in quarantine; otherwise up to date and reconciled"
    )


def test_what_came_once_is_not_called_up_to_date(reader: Reader) -> None:
    """In September 2025 the only file is the first one of customers."""
    headline, _ = tell(reader, select(reader, period="2025-09"))
    assert headline == "20 rows are in quarantine; otherwise reconciled"


def test_a_failed_build_is_told_first_with_the_way_to_its_run(reader: Reader) -> None:
    status = Status("failed", "run/2", "2026-01-02T06:00:00+00:00", "2 checks <failed>.", ("keys",))
    failed = replace(reader, builds=Builds(status, dagster="http://127.0.0.1:3000"))
    headline, lede = tell(failed, select(failed))
    assert headline == "The newest build failed: the last good one is shown"
    assert "2 checks &lt;failed&gt;. See" in lede
    assert 'href="http://127.0.0.1:3000/runs/run%2F2"' in lede
    assert "What is shown: 1 table is behind" in lede
    build = shown(BUILD, failed)
    assert "Newest build\nFailed\nSince\n2 Jan 2026, 06:00 UTC" in build
    assert "Failed checks\nkeys" in build


def test_a_running_build_is_told(reader: Reader) -> None:
    status = Status("building", "run-2", "2026-01-02T06:00:00+00:00")
    running = replace(reader, builds=Builds(status))
    _, lede = tell(running, select(running))
    assert "A newer build is under way since 2 Jan 2026, 06:00 UTC" in lede
    assert "Newest build\nRunning" in shown(BUILD, running)


def test_without_dagster_no_run_is_a_link(reader: Reader) -> None:
    bare = replace(reader, builds=Builds())
    assert "run-1" in shown(BUILD, bare)
    assert "/runs/" not in BUILD.render(bare, select(bare)).html
    assert 'href="http://127.0.0.1:3000/runs/run-1"' in BUILD.render(reader, select(reader)).html


def test_a_live_server_hands_on_status_and_address(published: Path) -> None:
    live = Live(published, "http://127.0.0.1:3000")
    assert live.builds.status is not None
    assert live.builds.status.state == "ok"
    assert live.builds.run("run-1") == "http://127.0.0.1:3000/runs/run-1"
    live.close()


def test_late_tables_come_first_and_name_what_is_missing(reader: Reader) -> None:
    fresh = shown(FRESHNESS, reader)
    assert fresh.index("customer") < fresh.index("loan")
    assert "Behind: 30 Nov 2025 is missing" in fresh
    assert f"loan\ndemo\n31 Dec 2025\n54{SPACE}hours\nmonthly\nUp to date" in fresh
    assert "customer" not in shown(FRESHNESS, reader, delivered_table="loan")


def test_quarantine_names_tables_rules_and_where_to_look(reader: Reader) -> None:
    held = shown(QUARANTINE, reader)
    assert "20 rows\n of 2,000 did not pass" in held
    assert "loan\nrequired\nCompleteness\n10\ntransaction\nrequired\nCompleteness\n10" in held
    assert "./bank quarantine" in held
    assert "&lt;b&gt;customer&lt;/b&gt;.csv" in held
    assert "13 columns, not &lt;14&gt;." in held
    assert "type" not in held, "nobody broke that rule"


def test_newest_files_come_first_and_open(reader: Reader) -> None:
    files = shown(DELIVERIES, reader)
    assert files.index("loan_20251231.csv") < files.index("loan_20251031.csv")
    opened = beside(PAGE, reader, select(reader, open="delivery:refused-1"))
    assert "&lt;b&gt;customer&lt;/b&gt;.csv" in opened
    assert "13 columns, not &lt;14&gt;." in opened
    assert "abab" * 16 in opened
    every = plain(beside(PAGE, reader, select(reader, open="deliveries:customer")))
    assert "3 files, the newest first" in every
    assert "loan_2025" not in every


@pytest.mark.parametrize("what", ["delivery:nowhere", "deliveries:<b>", "break:nowhere", "breaks:nowhere"])
def test_what_is_not_there_is_said(reader: Reader, what: str) -> None:
    html = beside(PAGE, reader, select(reader, open=what))
    assert "There is no" in html or "Nothing was delivered" in html
    assert "<b>”" not in html


def test_breaks_stand_by_kind_and_open(reader: Reader) -> None:
    books = shown(RECONCILED, reader)
    # one subledger of a cent on 31 December, one trial balance of 1,234.50
    assert f"the ledger account that carries them.\n1\n0.01\n31{SPACE}days" in books
    assert (
        f"Trial balance\nDebits and credits of a day do not sum to zero.\n1\n1.23{SPACE}k\n0{SPACE}days"
        in books
    )
    assert "None" not in books
    every = plain(beside(PAGE, reader, select(reader, open="breaks:")))
    assert "3 breaks, the longest open first" in every
    one = plain(beside(PAGE, reader, select(reader, open="break:trial_balance/1")))
    assert "Expected\n0.00\nEUR\nFound\n1,234.50" in one
    assert "None" in shown(RECONCILED, reader, period="2025-10")


def test_without_a_ledger_nothing_can_be_reconciled(published: Path) -> None:
    availability = published / "current" / "availability.json"
    availability.write_text(availability.read_text().replace("gl_balance.closing", "gl_balance.absent"))
    snapshot = current(published)
    assert snapshot is not None
    with snapshot:
        bare = reader_of(snapshot)
        content = RECONCILED.render(bare, select(bare))
        assert content.missing == "The books can't be reconciled: not available: needs gl_balance.closing."
        (card,) = (one for one in cards(PAGE.cards, bare, select(bare)) if one.title == "Breaks in the books")
        assert card.missing == "Not available: needs gl_balance.closing."


def test_checks_that_did_not_pass_come_first(reader: Reader) -> None:
    checks = shown(CHECKS, reader)
    assert "To look at\nWarns\nbalances &lt;follow&gt;\nfct_account\n12\na warning\nPassed" in checks
    assert "figures stay provisional" in checks
    assert "nothing is published" in checks


def test_a_bank_without_any_delivery_says_so(snapshot: Snapshot) -> None:
    """The hand-made bank as it is: its marts are full, its list of deliveries is empty."""
    bare = Reader(snapshot)
    for block in (FRESHNESS, DELIVERIES):
        assert block.render(bare, select(bare)).missing == "Nothing was delivered up to 31 Dec 2025."
    assert CHECKS.render(bare, select(bare)).missing == "This build says nothing of its checks."


def test_quality_stands_by_dimension_what_failed_on_top(reader: Reader) -> None:
    _, rows, _ = table_rows(QUALITY, reader, select(reader))
    assert [[cell.text for cell in row.cells] for row in rows] == [
        ["Completeness", "20", "2,000", f"99.0{SPACE}%"],
        ["Adaptability", "0", "2,000", f"100{SPACE}%"],
    ]


def test_the_page_is_drawn_for_a_table_that_is_chosen(reader: Reader) -> None:
    body = PageBody(PAGE, "light")
    body.show(reader, select(reader, delivered_table="loan"))
    told = json.dumps([str(getattr(one, "object", "")) for one in body.view.select()])
    assert "10 rows are in quarantine" in told
    assert "20 rows" not in told

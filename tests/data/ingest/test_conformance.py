"""The conformance report says what loading would do, and loads nothing."""

from __future__ import annotations

import json

from data.ingest import conformance
from tests.data.ingest.support import SmallBank, csv_text


def test_good_files_conform(bank: SmallBank) -> None:
    bank.deliver("customer_20240131.csv", csv_text("customer", {}))
    bank.deliver("account_20240131.csv", csv_text("account", {}))
    bank.deliver("transaction_20240131.csv", csv_text("transaction", {}))
    report = conformance.check(bank.deliveries_folder, "demo")
    assert not report.refused
    assert report.missing == ()
    assert report.as_text() == "3 files, 3 rows: 3 would be loaded, 0 would go to quarantine."
    assert not bank.settings.data.exists()


def test_findings_are_named_in_every_form(bank: SmallBank) -> None:
    bank.deliver("customer_20240131.csv", csv_text("customer", {}, {"id": "C2", "sex": "<b>"}))
    bank.deliver("account_20240131.csv", "id;date\n")
    bank.deliver("notes.txt", "x")
    report = conformance.check(bank.deliveries_folder, "demo")
    assert report.refused
    assert report.missing == ("account", "transaction")
    assert "REFUSED  account_20240131.csv (account): The header is not the expected one." in report.as_text()
    assert "line 3: sex is none of F, M, X. Found: <b>" in report.as_text()
    assert "UNKNOWN  notes.txt" in report.as_text()
    assert "Found: &lt;b&gt;" in report.as_html()
    assert json.loads(report.as_json())["results"][0]["broken_rules"] == {"valid_values": 1}


def test_parent_outside_of_the_folder_is_no_refusal(bank: SmallBank) -> None:
    bank.deliver("transaction_20240131.csv", csv_text("transaction", {}))
    report = conformance.check(bank.deliveries_folder, "demo")
    assert not report.refused
    assert report.results[0].broken_rules == {"waits_for_parent": 1}

"""What a person sees of deliveries: refusals are failures and say what to do, rows in quarantine are not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from data.ingest import ledger
from orchestration.cli.main import app
from tests.data.ingest.support import SmallBank, csv_text

GOOD = "product_20240131.csv"
BAD = "customer_20240131.csv"


@dataclass(frozen=True)
class Terminal:
    """The command line of one bank."""

    bank: SmallBank

    def run(self, *arguments: str) -> Result:
        """Run a verb."""
        environment = {"BANK_DATA": str(self.bank.settings.data), "COLUMNS": "400"}
        return CliRunner().invoke(app, arguments, env=environment)

    def ingest(self) -> Result:
        """Load what was delivered."""
        return self.run("ingest", "--source", "demo", str(self.bank.deliveries_folder))


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """The command line of an empty bank."""
    return Terminal(SmallBank(tmp_path))


def test_refused_file_fails_after_the_good_ones_are_loaded(terminal: Terminal) -> None:
    terminal.bank.deliver(BAD, "another header\n")
    terminal.bank.deliver("transaction_20240131.csv", "\n")
    terminal.bank.deliver(GOOD, csv_text("product", {}))
    done = terminal.ingest()
    assert done.exit_code == 1
    assert "3 files, 1 rows loaded, 2 files refused" in done.stdout
    assert f"{BAD} (customer): The header is not the expected one." in done.stderr
    assert "Have it sent with the expected header" in done.stderr
    assert "transaction_20240131.csv (transaction): The file is empty" in done.stderr
    assert "→ Do what each line says and run the same command again." in done.stderr
    assert terminal.bank.rows("SELECT count(*) FROM raw.product") == [(1,)]


def test_refused_file_handed_over_again_fails_again(terminal: Terminal) -> None:
    """A second try must not look like a success; without a folder nothing was handed over."""
    terminal.bank.deliver(BAD, "another header\n")
    first = terminal.ingest()
    again = terminal.ingest()
    assert (first.exit_code, again.exit_code) == (1, 1)
    assert again.stdout == "nothing new in landing\n"
    assert again.stderr == first.stderr
    assert terminal.run("ingest").exit_code == 0
    assert f"refused: {BAD}: The header" in terminal.run("quarantine").stdout
    (terminal.bank.deliveries_folder / BAD).unlink()
    terminal.bank.deliver(GOOD, csv_text("product", {}))
    assert terminal.ingest().exit_code == 0


def test_rows_in_quarantine_are_counted_and_no_failure(terminal: Terminal) -> None:
    terminal.bank.deliver(GOOD, csv_text("product", {}, {"product_id": "P2", "family": "x"}))
    done = terminal.ingest()
    assert done.exit_code == 0
    assert "1 files, 1 rows loaded, 1 quarantined" in done.stdout
    assert "./bank quarantine" in done.stdout
    assert done.stderr == ""


def test_corrected_file_is_loaded(terminal: Terminal) -> None:
    terminal.bank.deliver(GOOD, "another header\n")
    assert terminal.ingest().exit_code == 1
    terminal.bank.deliver(GOOD, csv_text("product", {}))
    assert terminal.ingest().exit_code == 0
    assert [row["state"] for row in ledger.deliveries(terminal.bank.settings)] == ["refused", "live"]


def test_original_sent_again_is_listed_as_a_delivery_of_its_own(terminal: Terminal) -> None:
    for name in ("First", "Second", "First"):
        terminal.bank.deliver(GOOD, csv_text("product", {"product_name": name}))
        assert terminal.ingest().exit_code == 0
    listed = [line for line in terminal.run("deliveries").stdout.splitlines() if GOOD in line]
    assert [line.split()[-2] for line in listed] == ["live", "superseded", "superseded"]
    versions = [line.split()[-1] for line in listed]
    assert versions[0] == f"{versions[2]}-2"


def test_what_was_delivered_is_shown_as_it_is(terminal: Terminal) -> None:
    """Square brackets are no orders to the terminal."""
    terminal.bank.deliver(
        GOOD, csv_text("product", {"family": "[/]"}, {"product_id": "P2", "family": "[red]"})
    )
    terminal.bank.deliver(BAD, "[bold]id\n")
    assert "Found: [bold]id" in terminal.ingest().stderr
    shown = terminal.run("quarantine").stdout
    assert "[/]" in shown and "[red]" in shown and "Found: [bold]id" in shown


def test_long_quarantine_is_cut_and_says_so(terminal: Terminal) -> None:
    rows = ({"product_id": f"P{number}", "family": "x"} for number in range(50))
    terminal.bank.deliver(GOOD, csv_text("product", *rows))
    terminal.ingest()
    shown = terminal.run("quarantine", "--limit", "3").stdout
    assert shown.count(GOOD) == 3
    assert "47 more; --limit shows them." in shown
    assert "more;" not in terminal.run("quarantine", "--table", "customer").stdout

"""Killed in the middle of loading, the next start finishes with the same result."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from data.ingest import ledger
from runtime.failpoints import FAILPOINTS
from runtime.settings import PROJECT_ROOT
from tests.data.ingest.support import SmallBank, csv_text

INGEST = (
    "from pathlib import Path; import sys; from data.ingest.load import ingest;"
    "from runtime.settings import load_settings; ingest(load_settings(), 'demo', Path(sys.argv[1]))"
)


def _bank(folder: Path) -> SmallBank:
    folder.mkdir()
    bank = SmallBank(folder)
    bank.deliver("customer_20240131.csv", csv_text("customer", {}))
    bank.deliver("account_20240131.csv", csv_text("account", {}, {"id": "A2", "customer_id": "C2"}))
    bank.deliver(
        "transaction_20240131.csv", csv_text("transaction", {}, {"transaction_id": "T2", "amount": "x"})
    )
    return bank


def _run(bank: SmallBank, failpoint: str) -> int:
    environment = {**os.environ, "BANK_DATA": str(bank.settings.data), "BANK_FAILPOINT": failpoint}
    command = [sys.executable, "-c", INGEST, str(bank.deliveries_folder)]
    return subprocess.run(command, env=environment, cwd=PROJECT_ROOT, check=False).returncode


def _state(bank: SmallBank) -> list[Any]:
    """All that a reader sees: raw rows, deliveries, quarantine."""
    tables = [
        bank.rows(f"SELECT * FROM raw.{table} ORDER BY ALL")
        for table in ("customer", "account", "transaction")
    ]
    moments = {"received_at", "superseded_at", "first_seen"}
    rows = [*ledger.deliveries(bank.settings), *bank.quarantine()]
    return [*tables, [{k: v for k, v in row.items() if k not in moments} for row in rows]]


@pytest.mark.parametrize("failpoint", [name for name in FAILPOINTS if name.startswith("ingest.")])
def test_killed_and_started_again(tmp_path: Path, failpoint: str) -> None:
    whole = _bank(tmp_path / "whole")
    whole.load()
    killed = _bank(tmp_path / "killed")
    assert _run(killed, failpoint) == -signal.SIGKILL
    # what a reader sees meanwhile is whole files only
    assert killed.rows("SELECT count(*) FROM raw.transaction") == [(0,)]
    killed.load()
    assert _state(killed) == _state(whole)
    assert not list(killed.settings.data.rglob("*.tmp"))


def test_raw_file_that_no_ledger_row_names_is_never_read(tmp_path: Path) -> None:
    bank = _bank(tmp_path / "bank")
    assert _run(bank, "ingest.after_raw") == -signal.SIGKILL
    assert len(list(bank.settings.raw.rglob("*.parquet"))) == 1
    assert bank.rows("SELECT count(*) FROM raw.customer") == [(0,)]


def test_full_disk_is_said_in_words_and_the_next_start_carries_on(tmp_path: Path) -> None:
    bank = _bank(tmp_path / "bank")
    bank.deliver(
        "transaction_20240131.csv",
        csv_text("transaction", *({"transaction_id": f"T{n}"} for n in range(9999))),
    )
    script = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000));" + INGEST
    )
    environment = {**os.environ, "BANK_DATA": str(bank.settings.data)}
    done = subprocess.run(
        [sys.executable, "-c", script, str(bank.deliveries_folder)],
        env=environment, cwd=PROJECT_ROOT, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode != 0
    assert "there is no space left" in done.stderr
    bank.load()
    assert bank.rows("SELECT count(*) FROM raw.transaction") == [(9999,)]


def test_second_loader_waits_for_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from runtime.errors import BankError
    from runtime.locks import file_lock

    bank = _bank(tmp_path / "bank")
    monkeypatch.setattr("data.ingest.load.LOCK_SECONDS", 0.3)
    with (
        file_lock(bank.settings.ledger / "ingest.lock", "loading deliveries"),
        pytest.raises(BankError) as error,
    ):
        bank.load()
    assert f"process {os.getpid()}" in error.value.what
    assert bank.load().files == 3

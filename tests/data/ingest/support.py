"""A small bank to deliver files to: one folder of deliveries, one BANK_DATA, the demo bank's mapping."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pytest

from data.ingest import ledger, mapping, views
from data.ingest.contracts import load_contracts
from data.ingest.load import IngestReport, ingest
from runtime.settings import Settings

DEFAULTS: dict[str, dict[str, str]] = {
    "customer": {"id": "C1", "date": "2024-01-31", "type": "individual"},
    "account": {
        "id": "A1",
        "date": "2024-01-31",
        "customer_id": "C1",
        "type": "current",
        "currency_code": "EUR",
        "balance": "100.00",
    },
    "transaction": {
        "transaction_id": "T1",
        "account_id": "A1",
        "booking_date_time": "2024-01-15 10:00:00",
        "credit_debit_indicator": "DBIT",
        "amount": "12.50",
        "currency_code": "EUR",
        "status": "BOOK",
        "channel": "card_pos",
    },
    "product": {"product_id": "P1", "product_name": "Current account", "family": "current"},
    "curve": {
        "curve_id": "EUR",
        "date": "2024-01-31",
        "tenor_days": "365",
        "rate": "0.031500",
        "currency_code": "EUR",
    },
}
"""One good row of each table."""


def header(table: str) -> list[str]:
    """The expected header of a file in the contract's own convention."""
    return [column.name for column in load_contracts()[table].fields]


def csv_text(table: str, *rows: dict[str, str]) -> str:
    """A file of good rows, each with some columns set otherwise."""
    out = io.StringIO()
    writer = csv.DictWriter(out, header(table), lineterminator="\n")
    writer.writeheader()
    writer.writerows({**DEFAULTS[table], **row} for row in rows)
    return out.getvalue()


def use_mapping(monkeypatch: pytest.MonkeyPatch, folder: Path, **patterns: str) -> None:
    """Let the source `demo` deliver these tables only, under names of these patterns."""
    folder.mkdir()
    files = ", ".join(f"{{pattern: '{pattern}', table: {table}}}" for table, pattern in patterns.items())
    (folder / "demo.yaml").write_text(f"{{source: demo, bank: Demo Bank, role: own, files: [{files}]}}")
    load = partial(mapping.load_mapping, folder=folder)
    for module in ("load", "waiting"):
        monkeypatch.setattr(f"data.ingest.{module}.load_mapping", load)


@dataclass(frozen=True)
class SmallBank:
    """Deliver files, load them, look at what came of it."""

    folder: Path

    @property
    def settings(self) -> Settings:
        """Settings of this bank."""
        return Settings.model_validate({"BANK_DATA": str(self.folder / "bank")})

    @property
    def deliveries_folder(self) -> Path:
        """Where `deliver` puts files."""
        return self.folder / "from_bank"

    def deliver(self, name: str, content: str | bytes) -> Path:
        """Put a file where the bank's deliveries are."""
        self.deliveries_folder.mkdir(exist_ok=True)
        path = self.deliveries_folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def load(self, source: str = "demo") -> IngestReport:
        """Land and load what was delivered."""
        return ingest(self.settings, source, self.deliveries_folder)

    def rows(self, query: str, as_of: str | None = None) -> list[tuple[Any, ...]]:
        """Ask the raw relations, as they are or as they were."""
        values = {"BANK_DATA": str(self.settings.data), "BANK_AS_OF": as_of}
        with duckdb.connect() as con:
            views.register(con, Settings.model_validate(values))
            return con.execute(query).fetchall()

    def with_parents(self) -> SmallBank:
        """Customer C1 and account A1 are live."""
        self.deliver("customer_20240131.csv", csv_text("customer", {}))
        self.deliver("account_20240131.csv", csv_text("account", {}))
        self.load()
        return self

    def quarantine(self) -> list[dict[str, Any]]:
        """Rows in quarantine now."""
        return ledger.quarantined(self.settings)

    def delivery(self, file_name: str) -> dict[str, Any]:
        """The newest delivery of a file name."""
        return [row for row in ledger.deliveries(self.settings) if row["file_name"] == file_name][-1]

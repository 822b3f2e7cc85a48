"""A tiny bank, delivered and built once for all tests; those that change it work on a copy."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from data.demo.generate import generate
from tests.end_to_end.bank import Bank

LAST_DAY = date(2026, 1, 31)
"""With seven months, the detector of 1 January learns from six and scores one, and the books are closed."""

MONTHS = ["2025-07", "2025-08", "2025-09", "2025-10", "2025-11", "2025-12", "2026-01"]


def demo_bank(folder: Path, *, customers: int = 60, months: int = 7, end: date = LAST_DAY) -> Bank:
    """A demo bank's extracts in landing, nothing loaded yet. The targets are missing: they come late."""
    bank = Bank(folder / "bank")
    landing = bank.folder / "landing"
    generate(
        landing / "demo", bank.folder / "truth", peers=landing / "fdic",
        customers=customers, months=months, end=end,
    )  # fmt: skip
    for file in sorted((landing / "demo").glob("target_*.csv")):
        late = folder / "late"
        late.mkdir(exist_ok=True)
        file.rename(late / file.name)
    return bank


def late_targets(bank: Bank) -> dict[str, bytes]:
    """The files that were missing from the first delivery."""
    return {file.name: file.read_bytes() for file in sorted((bank.folder.parent / "late").iterdir())}


@pytest.fixture(scope="session")
def built_bank(tmp_path_factory: pytest.TempPathFactory) -> Bank:
    """Landed, ingested and built by the command line. Not to be changed."""
    bank = demo_bank(tmp_path_factory.mktemp("built"))
    bank.succeed("ingest")
    bank.succeed("build")
    return bank

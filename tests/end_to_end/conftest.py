"""A tiny bank, delivered and built once for all tests; those that change it work on a copy."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from data.demo.generate import generate
from tests.end_to_end.bank import Bank

MONTHS = ["2025-07", "2025-08", "2025-09", "2025-10", "2025-11", "2025-12", "2026-01"]
"""Delivered at first: the detector of 1 January learns from six months and scores one; the books close."""

NEXT_DAY = date(2026, 2, 28)
"""The business date of the month that is delivered later."""


def demo_bank(folder: Path, *, customers: int = 60) -> Bank:
    """A demo bank's extracts in landing, nothing loaded yet. The targets and the last month come late."""
    bank = Bank(folder / "bank")
    landing = bank.folder / "landing"
    generate(
        landing / "demo", bank.folder / "truth", peers=landing / "fdic",
        customers=customers, months=len(MONTHS) + 1, end=NEXT_DAY,
    )  # fmt: skip
    for pattern, kept in {"target_*": "late", f"*_{NEXT_DAY:%Y%m%d}.*": "next"}.items():
        (folder / kept).mkdir()
        for file in sorted((landing / "demo").glob(pattern)):
            file.rename(folder / kept / file.name)
    return bank


def late_targets(bank: Bank) -> dict[str, bytes]:
    """The files that were missing from the first delivery."""
    return _contents(bank.folder.parent / "late")


def next_month(bank: Bank) -> dict[str, bytes]:
    """The files of the month after those that were delivered first."""
    return _contents(bank.folder.parent / "next")


def _contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


@pytest.fixture(scope="session")
def built_bank(tmp_path_factory: pytest.TempPathFactory) -> Bank:
    """Landed, ingested and built by the command line. Not to be changed."""
    bank = demo_bank(tmp_path_factory.mktemp("built"))
    bank.succeed("ingest")
    bank.succeed("build")
    return bank

"""One small bank, generated once, that most tests look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pytest

from data.demo import generate
from tests.data.demo import figures


@dataclass(frozen=True)
class SmallBank:
    """Where its files are, and its extracts as relations."""

    folder: Path
    landing: Path
    truth: Path
    con: duckdb.DuckDBPyConnection

    def one(self, query: str) -> object:
        """The single value of a query."""
        row = self.con.execute(query).fetchone()
        assert row is not None
        return row[0]


@pytest.fixture(scope="session")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallBank]:
    """200 customers over 16 months, so that two year ends and a year of history are in it."""
    folder = tmp_path_factory.mktemp("demo")
    landing, truth = folder / "landing" / "demo", folder / "truth"
    generate(landing, truth, customers=200, months=16, end=date(2025, 1, 31), seed=7)
    con = figures.connect(landing)
    yield SmallBank(folder, landing, truth, con)
    con.close()

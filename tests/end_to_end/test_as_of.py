"""Any figure can be had again as it was known at an earlier moment."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import duckdb

from data.ingest.views import register
from runtime.clock import now
from tests.end_to_end import deliveries
from tests.end_to_end.bank import Bank, differences


def as_of(bank: Bank, moment: str) -> Bank:
    """The same bank, looked at as of a moment."""
    return Bank(bank.folder, {**bank.environment, "BANK_AS_OF": moment})


def test_before_a_correction_the_figures_are_the_old_ones(built_bank: Bank, tmp_path: Path) -> None:
    bank = built_bank.copy(tmp_path / "bank")
    original = bank.marts()
    before = f"{now():%Y-%m-%dT%H:%M:%S}Z"
    names = ["gl_balance_20251130.csv", "transaction_20251231.csv"]
    corrections = {
        names[0]: deliveries.moved_between_branches(bank.landed(names[0])),
        names[1]: deliveries.other_channels(bank.landed(names[1])),
    }
    assert bank.deliver(corrections).code == 0
    published = bank.published()

    said = bank.succeed("build", "--as-of", before)
    assert f"BANK_AS_OF={before[:-1]}" in said
    past = as_of(bank, before)
    assert differences(original, past.marts()) == []
    assert past.info()["as_of"] == f"{before[:-1]}+00:00"
    # the past does not change, and the present was not touched: it still has the corrections to build
    assert "nothing changed" in past.succeed("build")
    assert bank.published() == published
    in_the_internet = "SELECT count(*) FROM raw.transaction WHERE channel = 'card_ecom'"
    with duckdb.connect() as con:
        register(con, bank.settings)
        corrected = con.execute(in_the_internet).fetchall()
        register(con, past.settings)
        assert con.execute(in_the_internet).fetchall() < corrected


def test_moments_that_cannot_be_looked_at(built_bank: Bank) -> None:
    tomorrow = f"{now() + timedelta(days=1):%Y-%m-%dT%H:%M}"
    for moment, word in {
        tomorrow: "not known yet",
        "2020-01-01": "no bank here yet",
        "soon": "'soon'",
    }.items():
        done = built_bank.run("build", "--as-of", moment)
        assert done.code == 1
        assert word in done.complaint[0], moment
    assert as_of(built_bank, "2025-01-01").run("ingest").code == 1

"""Killed at each named place, the next build makes what an undisturbed one makes; nobody mends anything."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from runtime.failpoints import FAILPOINTS
from tests.end_to_end import deliveries
from tests.end_to_end.bank import Bank, Table, differences
from tests.end_to_end.conftest import late_targets

pytestmark = pytest.mark.full


@pytest.fixture(scope="module")
def correction(built_bank: Bank) -> dict[str, bytes]:
    """Files that change every kind of mart, and what detectors learn from."""
    transactions, customers = "transaction_20251130.csv", "customer_20251130.csv"
    return {
        transactions: deliveries.other_channels(built_bank.landed(transactions)),
        customers: deliveries.other_segments(built_bank.landed(customers)),
        **late_targets(built_bank),
    }


@pytest.fixture(scope="module")
def expected(
    built_bank: Bank, correction: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Table]:
    """The marts of a bank that nobody disturbed."""
    bank = built_bank.copy(tmp_path_factory.mktemp("undisturbed") / "bank")
    assert bank.deliver(correction).code == 0
    bank.succeed("build")
    return bank.marts()


@pytest.mark.parametrize("name", FAILPOINTS)
def test_killed_there_and_built_again(
    name: str, built_bank: Bank, correction: dict[str, bytes], expected: dict[str, Table], tmp_path: Path
) -> None:
    bank = built_bank.copy(tmp_path / "bank")
    before = bank.published()
    if name.startswith("ingest."):
        assert bank.deliver(correction, failpoint=name).code == -signal.SIGKILL
    assert bank.deliver(correction).code == 0
    if not name.startswith("ingest."):
        killed = bank.run("build", failpoint=name)
        assert killed.code == 1, f"{name} was never reached:\n{killed.out}"
        assert "build failed" in killed.complaint[0]
        assert bank.status()["state"] == "failed"
    # readers see the old snapshot or the new one, whole
    if name == "publish.after_pointer":
        assert differences(expected, bank.marts()) == []
    else:
        assert bank.published() == before
    bank.succeed("build")
    assert bank.status()["state"] == "ok"
    assert differences(expected, bank.marts()) == []
    published = bank.folder / "published"
    assert not [path.name for path in published.glob(".*")], "a draft was left behind"

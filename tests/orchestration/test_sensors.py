"""New deliveries are asked for once, together, and not while they arrive."""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import pytest

from data.demo.generate import generate
from orchestration import sensors
from orchestration.jobs import RANGE_END, RANGE_START
from orchestration.resources import Bank
from runtime.clock import now


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BANK_DATA in whose landing two months wait."""
    folder = tmp_path_factory.mktemp("bank")
    generate(folder / "landing/demo", folder / "truth", customers=50, months=2, end=date(2025, 12, 31))
    return folder


def ask(folder: Path, instance: dg.DagsterInstance) -> dg.RunRequest | dg.SkipReason:
    """One tick of the sensor."""
    with dg.build_sensor_context(instance=instance) as context:
        return sensors.new_deliveries(context, bank=Bank(data=str(folder), seed=1))  # type: ignore[return-value]


def later(seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let time pass: a file's change time can't be set."""
    monkeypatch.setattr(sensors, "now", lambda: now() + timedelta(seconds=seconds))


def test_files_that_still_arrive_are_waited_for(delivered: Path) -> None:
    newest = next((delivered / "landing/demo").glob("transaction_*.csv"))
    os.utime(newest, (0, 0))  # a copy that keeps its date was still written just now
    with dg.DagsterInstance.ephemeral() as instance:
        answer = ask(delivered, instance)
    assert isinstance(answer, dg.SkipReason)
    assert "still arriving" in str(answer.skip_message)


def test_one_run_for_all_months_and_the_same_key_for_the_same_files(
    delivered: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later(60, monkeypatch)
    with dg.DagsterInstance.ephemeral() as instance:
        first, second = ask(delivered, instance), ask(delivered, instance)
    assert isinstance(first, dg.RunRequest) and isinstance(second, dg.RunRequest)
    assert (first.tags[RANGE_START], first.tags[RANGE_END]) == ("2025-11", "2025-12")
    assert first.run_key == second.run_key


def test_waits_while_a_run_is_under_way(delivered: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    later(60, monkeypatch)
    with dg.DagsterInstance.ephemeral() as instance:
        run = instance.create_run_for_job(dg.GraphDefinition("job").to_job())
        assert isinstance(ask(delivered, instance), dg.SkipReason)
        instance.report_run_failed(run)
        assert isinstance(ask(delivered, instance), dg.RunRequest)


def test_nothing_in_landing(tmp_path: Path) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        answer = ask(tmp_path, instance)
    assert isinstance(answer, dg.SkipReason)
    assert "Nothing new" in str(answer.skip_message)

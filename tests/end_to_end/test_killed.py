"""`kill -9` at random moments: whatever was under way, one more build makes the same marts."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.end_to_end.bank import PATIENCE_SECONDS, Bank, Table, differences, end_group, end_marked
from tests.end_to_end.conftest import demo_bank

pytestmark = pytest.mark.full

SEED = 20251231
KILLS = 20


def only_the_parent(process: subprocess.Popen[bytes]) -> None:
    """As the kernel does when memory runs out: what it had started goes on by itself."""
    process.kill()
    process.wait(10)


def assert_whole(bank: Bank, expected: dict[str, Table]) -> None:
    """Readers see nothing yet, or everything."""
    if (bank.folder / "published" / "current").exists():
        assert differences(expected, bank.marts()) == []


def test_twenty_times_then_one_more_build(built_bank: Bank, tmp_path: Path) -> None:
    bank = demo_bank(tmp_path)
    expected = built_bank.marts()
    chance = random.Random(SEED)
    seconds = build_seconds(built_bank)
    try:
        for number in range(KILLS):
            process = bank.start("build", log=tmp_path / "killed.log")
            moment = chance.uniform(1, seconds)
            try:
                process.wait(moment)
            except subprocess.TimeoutExpired:
                end = chance.choice([end_group, only_the_parent])
                end(process)
                print(f"kill {number + 1} after {moment:.1f} s: {end.__name__}")
            assert_whole(bank, expected)
        bank.succeed("build")
    finally:
        end_marked(bank)
    assert bank.status()["state"] == "ok"
    assert differences(expected, bank.marts()) == []


def build_seconds(bank: Bank) -> float:
    """How long the undisturbed build took, from its log's first line to its last."""
    info = bank.info()
    log = bank.folder / "warehouse" / "fingerprint.txt"
    published = (bank.folder / "published" / info["build"] / "build.json").stat().st_mtime
    return max(20.0, published - log.stat().st_mtime)


def test_killed_while_a_warehouse_of_other_code_is_replaced(built_bank: Bank, tmp_path: Path) -> None:
    """All months were built once, by other code; the new warehouse must not pass for complete half-way."""
    bank = built_bank.copy(tmp_path / "bank")
    expected = bank.marts()
    (bank.folder / "warehouse" / "fingerprint.txt").write_text("made by other code")
    marts = bank.folder / "warehouse" / "bank.duckdb"
    marts.unlink()
    process = bank.start("build", log=tmp_path / "killed.log")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not marts.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.2)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)
    assert marts.exists()
    assert differences(expected, bank.marts()) == []
    assert "nothing changed" not in bank.succeed("build")
    assert differences(expected, bank.marts()) == []

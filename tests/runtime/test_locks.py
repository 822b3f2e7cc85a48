"""A lock has one holder, is named by its holder, and is free when the holder dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from runtime.errors import BankError
from runtime.locks import file_lock, lock_holder

HOLD = """
import sys, time
from pathlib import Path
from runtime.locks import file_lock
with file_lock(Path(sys.argv[1]), "a test"):
    print("held", flush=True)
    time.sleep(60)
"""


def _hold(path: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_holder_is_told_who_the_first_is(tmp_path: Path) -> None:
    process = _hold(tmp_path / "lock")
    try:
        with pytest.raises(BankError) as error, file_lock(tmp_path / "lock", "us"):
            pass
        assert f"process {process.pid} (a test, since " in error.value.what
        assert str(process.pid) in (lock_holder(tmp_path / "lock") or "")
    finally:
        process.kill()
        process.wait()


def test_a_killed_holder_frees_the_lock(tmp_path: Path) -> None:
    process = _hold(tmp_path / "lock")
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert lock_holder(tmp_path / "lock") is None
    with file_lock(tmp_path / "lock", "us"):
        assert lock_holder(tmp_path / "lock") is not None

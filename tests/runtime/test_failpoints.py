"""A failpoint kills only where it is told to, and only under a name that tests know."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from runtime.failpoints import FAILPOINTS, failpoint


def _reach(name: str, chosen: str) -> int:
    code = f"from runtime.failpoints import failpoint; failpoint({name!r})"
    environment = os.environ | {"BANK_FAILPOINT": chosen}
    return subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode


def test_it_kills_where_told() -> None:
    assert _reach(FAILPOINTS[0], FAILPOINTS[0]) == -signal.SIGKILL


def test_it_passes_elsewhere() -> None:
    assert _reach(FAILPOINTS[0], FAILPOINTS[1]) == 0


def test_an_unlisted_name_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown failpoint"):
        failpoint("nowhere")

"""Named places where a test can kill the process, to see that the next start carries on."""

from __future__ import annotations

import os
import signal

FAILPOINTS = (
    "ingest.after_copy",
    "ingest.after_raw",
    "ingest.after_ledger",
    "model.after_write",
    "model.before_register",
    "publish.after_copy",
    "publish.after_fsync",
    "publish.before_pointer",
    "publish.after_pointer",
)


def failpoint(name: str) -> None:
    """Die here by SIGKILL when the environment says `BANK_FAILPOINT=<name>`.

    Raises:
        ValueError: the name stands in no row of `FAILPOINTS`, so no test would ever reach it.
    """
    if name not in FAILPOINTS:
        raise ValueError(f"unknown failpoint {name!r}")
    if os.environ.get("BANK_FAILPOINT") == name:
        os.kill(os.getpid(), signal.SIGKILL)

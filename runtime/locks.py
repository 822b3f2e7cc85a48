"""One holder at a time, across processes; a dead holder's lock is free at once (flock)."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runtime.clock import now
from runtime.errors import BankError


@contextmanager
def file_lock(path: Path, purpose: str) -> Iterator[None]:
    """Hold the lock at `path` while the body runs.

    Raises:
        BankError: somebody else holds it; names the holder's process and purpose.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _holder(path)
            raise BankError(
                f"Another process is at work here: {holder}.",
                f"Only one at a time may hold {path.name}.",
                "Wait until it is done, or stop that process, and run the command again.",
            ) from None
        os.ftruncate(handle, 0)
        os.write(
            handle,
            json.dumps(
                {"pid": os.getpid(), "purpose": purpose, "since": now().isoformat(timespec="seconds")}
            ).encode(),
        )
        yield
    finally:
        os.close(handle)


def lock_holder(path: Path) -> str | None:
    """Who holds the lock at `path`, in words; None when it is free."""
    if not path.exists():
        return None
    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _holder(path)
    finally:
        os.close(handle)
    return None


def _holder(path: Path) -> str:
    try:
        note = json.loads(path.read_text())
        return f"process {note['pid']} ({note['purpose']}, since {note['since']})"
    except (OSError, ValueError, KeyError):
        return "an unknown process"

"""A server in a process of its own: what it has used of the processor, and what it holds in memory."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from runtime.settings import PROJECT_ROOT

START_SECONDS = 300


@dataclass(frozen=True)
class Server:
    """A server that answers at `url`."""

    url: str
    process: psutil.Process

    def cpu_milliseconds(self) -> float:
        """Of the process and its children since they began, user and system."""
        times = [one.cpu_times() for one in self._all()]
        return sum(one.user + one.system for one in times) * 1000

    def memory_mb(self) -> float:
        """Resident memory of the process and its children."""
        return sum(one.memory_info().rss for one in self._all()) / 1e6

    def _all(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]


@contextmanager
def served(command: Sequence[str], url: str, environment: Mapping[str, str]) -> Iterator[Server]:
    """Start a server, wait until `url` answers, and stop it at the end.

    Raises:
        RuntimeError: it ended, or does not answer; says its last words.
    """
    with tempfile.NamedTemporaryFile() as words:
        process = subprocess.Popen(
            command,
            env=os.environ | {"PYTHONPATH": str(PROJECT_ROOT)} | dict(environment),
            stdout=words,
            stderr=subprocess.STDOUT,
        )
        try:
            until = time.monotonic() + START_SECONDS
            while not _answers(url):
                if process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(f"{' '.join(command)}:\n{Path(words.name).read_text()[-2000:]}")
                time.sleep(0.3)
            yield Server(url, psutil.Process(process.pid))
        finally:
            process.terminate()
            process.wait(timeout=20)


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=30).close()
    except (OSError, urllib.error.URLError):
        return False
    return True

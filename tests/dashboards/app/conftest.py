"""A dashboard that runs, and a browser to look at it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from runtime.settings import PROJECT_ROOT

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
SERVE = """
from dashboards.app import serve
from runtime.settings import load_settings
serve(load_settings(), ahead=False)
"""
START_SECONDS = 90


@dataclass(frozen=True)
class Dashboard:
    """A running dashboard and the folder it reads."""

    url: str
    published: Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def start() -> Iterator[Callable[[Path], Dashboard]]:
    """Starts a dashboard over a data folder, and stops it at the end."""
    running: list[subprocess.Popen[bytes]] = []

    def begin(data: Path) -> Dashboard:
        port = free_port()
        environment = {**os.environ, "BANK_DATA": str(data), "DASHBOARD_PORT": str(port)}
        running.append(subprocess.Popen([sys.executable, "-c", SERVE], cwd=PROJECT_ROOT, env=environment))
        url = f"http://127.0.0.1:{port}"
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                urllib.request.urlopen(f"{url}/assets/favicon.svg", timeout=5).close()
                return Dashboard(url, data / "published")
            except OSError:
                assert running[-1].poll() is None, "the dashboard stopped"
                assert time.monotonic() < until, "the dashboard did not start"
                time.sleep(0.2)

    yield begin
    for process in running:
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture(scope="session")
def dashboard(
    start: Callable[[Path], Dashboard], published_once: Path, tmp_path_factory: pytest.TempPathFactory
) -> Dashboard:
    """A dashboard over the hand-made bank, for everybody who changes nothing."""
    data = tmp_path_factory.mktemp("data")
    shutil.copytree(
        published_once, data / "published", symlinks=True, ignore=shutil.ignore_patterns("leases")
    )
    return start(data)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    if CHROMIUM is None:
        pytest.skip("needs Chromium: apt-get install -y chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()

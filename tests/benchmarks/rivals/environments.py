"""Environments for the rivals, apart from the project's: made once, below a folder that git does not see."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from runtime.settings import PROJECT_ROOT

FOLDER = PROJECT_ROOT / ".venv-rivals"
INSTALL_SECONDS = 900


@dataclass(frozen=True)
class Rival:
    """Another way to make the page: its packages, and the command that serves it at a port."""

    name: str
    packages: tuple[str, ...]
    command: tuple[str, ...]
    choices: str
    shown: str


_APPS = "tests/benchmarks/rivals"
RIVALS = (
    Rival(
        "Streamlit",
        ("streamlit>=1.50,<2", "duckdb>=2,<3"),
        (
            "-m", "streamlit", "run", f"{_APPS}/streamlit_app.py", "--server.port={port}",
            "--server.address=127.0.0.1", "--server.headless=true", "--server.fileWatcherType=none",
            "--browser.gatherUsageStats=false",
        ),
        "[data-testid=stRadio] label",
        "document.querySelector('#shown')?.textContent === name",
    ),
    Rival(
        "Dash",
        ("dash>=4,<5", "duckdb>=2,<3", "pandas>=3,<4"),
        (f"{_APPS}/dash_app.py", "{port}"),
        "#branch label",
        "document.querySelector('#shown')?.textContent === branch",
    ),
)  # fmt: skip


def python_of(rival: Rival) -> Path:
    """The Python of a rival's environment, which is made where it is not there yet.

    Raises:
        RuntimeError: it can't be installed; says why.
    """
    folder = FOLDER / rival.name.lower()
    python, stamp = folder / "bin/python", folder / "installed"
    wanted = "\n".join(rival.packages)
    if stamp.exists() and stamp.read_text() == wanted:
        return python
    commands = [
        [sys.executable, "-m", "venv", "--clear", str(folder)],
        [str(python), "-m", "pip", "install", "--quiet", *rival.packages],
    ]
    alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    for command in commands:
        try:
            done = subprocess.run(
                command, env=alone, timeout=INSTALL_SECONDS, capture_output=True, text=True, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise RuntimeError(str(error)) from error
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "no word why")
    stamp.write_text(wanted)
    return python

"""A bank as a person runs it: the real command line in a process of its own, and what readers see of it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import psutil

from orchestration.supervision import MARK
from runtime.files import sha256_file
from runtime.settings import PROJECT_ROOT, Settings

Table = list[tuple[Any, ...]]

NOT_OURS = {"BANK_AS_OF", "BANK_FAILPOINT", "BANK_SUPERVISOR", "DAGSTER_HOME", "DBT_TARGET_PATH"}
"""Variables of whoever runs the tests that mean another bank."""

PATIENCE_SECONDS = 900
"""A build of the tiny bank takes one or two minutes; many times that on a machine with other things to do."""


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def complaint(self) -> tuple[str, str, str]:
        """The three sentences of an error: what, why, what to do."""
        lines = self.err.splitlines()
        start = next((n for n, line in enumerate(lines) if line.startswith("  ✗ ")), None)
        assert start is not None, f"no complaint in:\n{self.err[-3000:]}"
        what, *why, fix = [line.strip() for line in lines[start:] if line.strip()]
        assert fix.startswith("→ "), f"nothing to do is named in:\n{self.err[-3000:]}"
        assert "Traceback" not in self.err
        return what.removeprefix("✗ "), " ".join(why), fix.removeprefix("→ ")


@dataclass
class Bank:
    """One BANK_DATA."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        """Its settings."""
        as_of = self.environment.get("BANK_AS_OF")
        return Settings.model_validate({"BANK_DATA": str(self.folder), "BANK_AS_OF": as_of})

    def copy(self, folder: Path) -> Bank:
        """The same bank in another folder."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return Bank(folder, dict(self.environment))

    def start(
        self, *arguments: str, failpoint: str | None = None, file_limit: int | None = None, log: Path
    ) -> subprocess.Popen[bytes]:
        """Start `bank …` as the leader of a process group.

        Its words go to files: a pipe would be held open by children that outlive it.
        `file_limit`: bytes beyond which no file may grow, as on a full disk.
        """
        environment = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
        environment |= {"BANK_DATA": str(self.folder), "PYTHONPATH": str(PROJECT_ROOT), **self.environment}
        if failpoint:
            environment["BANK_FAILPOINT"] = failpoint
        command = [sys.executable, "-P", "-m", "orchestration.cli", *arguments]
        if file_limit:
            command = ["sh", "-c", f'ulimit -f {file_limit // 512}; exec "$@"', "sh", *command]
        with log.open("wb") as out, log.with_suffix(".err").open("wb") as err:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                cwd=PROJECT_ROOT,
                env=environment,
                start_new_session=True,
            )

    def run(self, *arguments: str, failpoint: str | None = None, file_limit: int | None = None) -> Done:
        """Run `bank …` to its end."""
        log = self.folder.parent / f"{self.folder.name}-{arguments[0]}.log"
        process = self.start(*arguments, failpoint=failpoint, file_limit=file_limit, log=log)
        try:
            code = process.wait(PATIENCE_SECONDS)
        finally:
            end_group(process)
        return Done(code, log.read_text(), log.with_suffix(".err").read_text())

    def succeed(self, *arguments: str) -> str:
        """Run `bank …`, which must succeed; gives what it printed."""
        done = self.run(*arguments)
        assert done.code == 0, f"bank {' '.join(arguments)}:\n{done.out[-3000:]}\n{done.err[-3000:]}"
        return done.out

    def deliver(self, files: Mapping[str, bytes], failpoint: str | None = None) -> Done:
        """Hand over files as a folder: `bank ingest --source demo DIR`."""
        folder = self.folder.parent / f"{self.folder.name}-deliveries"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_bytes(content)
        return self.run("ingest", "--source", "demo", str(folder), failpoint=failpoint)

    def landed(self, name: str) -> bytes:
        """A file of the demo bank's first delivery."""
        return (self.folder / "landing" / "demo" / name).read_bytes()

    def query(self, sql: str) -> Table:
        """Rows of a query over the published marts."""
        path = self.settings.published / "current" / "bank.duckdb"
        with closing(duckdb.connect()) as con:
            con.execute(f"ATTACH '{path}' AS bank (READ_ONLY)")
            con.execute("USE bank.marts")
            return con.execute(sql).fetchall()

    def marts(self) -> dict[str, Table]:
        """Every table of the published snapshot, its rows in order."""
        tables = self.query("SELECT table_name FROM duckdb_tables() WHERE database_name = 'bank' ORDER BY 1")
        return {name: self.query(f'SELECT * FROM marts."{name}" ORDER BY ALL') for (name,) in tables}

    def published(self) -> dict[str, str]:
        """What readers see: the pointer, and a hash of every file it leads to."""
        pointer = self.settings.published / "current"
        files = {file.name: sha256_file(file) for file in sorted(pointer.iterdir())}
        return {"pointer": str(pointer.readlink()), **files}

    def status(self) -> dict[str, Any]:
        """What `status.json` tells readers."""
        return json.loads((self.settings.published / "status.json").read_text())

    def info(self) -> dict[str, Any]:
        """What the snapshot says of itself."""
        return json.loads((self.settings.published / "current" / "build.json").read_text())


def end_group(process: subprocess.Popen[bytes]) -> None:
    """Kill whatever is left of a command, so that a failed test leaves nothing running."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)


def marked(bank: Bank) -> list[psutil.Process]:
    """Processes that a `bank up` or `bank build` of this bank started and that are still there."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            mark = process.environ().get(MARK, "")
            if mark.endswith(f":{bank.settings.dagster_home}") and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def end_marked(bank: Bank) -> None:
    """End all of them: a failed test leaves no server running."""
    left = marked(bank)
    for process in left:
        with suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(left, timeout=10)


ARRIVALS = "kpi_control_delivery_month"
"""When files arrived, which is another moment for every bank that takes them in."""


def differences(left: Mapping[str, Table], right: Mapping[str, Table]) -> list[str]:
    """How two banks' marts differ, for a person; empty when every row is the same but of `ARRIVALS`."""
    found = [f"only one has {name}" for name in sorted(left.keys() ^ right.keys())]
    for name in sorted(left.keys() & right.keys()):
        if name == ARRIVALS or left[name] == right[name]:
            continue
        ours, theirs = set(left[name]), set(right[name])
        first, second = (sorted(map(repr, rows))[:3] for rows in (ours - theirs, theirs - ours))
        found.append(
            f"{name}: {len(left[name])} and {len(right[name])} rows; "
            f"only in the first: {first}; only in the second: {second}"
        )
    return found

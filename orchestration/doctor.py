"""`bank doctor`: what is wrong here and how to mend it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dashboards.snapshot import ALL_BREAKS, provisional
from orchestration import publication, supervision
from orchestration.build import BUILD_LOCK, UP_LOCK, servers_alive
from orchestration.instance import open_instance
from orchestration.up import NEEDED_DISK_GB, check_ports
from runtime.clock import now
from runtime.errors import BankError
from runtime.locks import lock_holder
from runtime.settings import Settings

STALE_AFTER_HOURS = 36


@dataclass(frozen=True)
class Finding:
    """One thing looked at: `ok`, `note` or `bad`, and what to do about it."""

    state: str
    what: str
    fix: str = ""


def examine(settings: Settings) -> list[Finding]:
    """Everything looked at, in the order in which a person would."""
    return [
        *_environment(settings),
        *_ports(settings),
        *_holders(settings),
        *_runs(settings),
        *_snapshot(settings),
    ]


def _environment(settings: Settings) -> Iterator[Finding]:
    yield Finding("ok", f"Python {sys.version.split()[0]} at {sys.executable}")
    existing = next(path for path in [settings.data, *settings.data.parents] if path.exists())
    if os.access(existing, os.W_OK):
        yield Finding("ok", f"BANK_DATA is {settings.data}")
    else:
        yield Finding("bad", f"BANK_DATA {settings.data} can't be written.", f"Run: chmod u+w {existing}")
    free = shutil.disk_usage(existing).free / 1e9
    if free < NEEDED_DISK_GB:
        yield Finding(
            "bad", f"{free:.1f} GB of disk free; a build needs {NEEDED_DISK_GB}.", "Free some space."
        )
    else:
        yield Finding("ok", f"{free:.0f} GB of disk free")
    if shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome"):
        yield Finding("ok", "Chromium found: page tests can run")
    else:
        yield Finding(
            "note", "No Chromium: page tests are skipped.", "To run them: sudo apt-get install -y chromium"
        )


def _ports(settings: Settings) -> Iterator[Finding]:
    if lock_holder(settings.dagster_home / UP_LOCK):
        yield Finding("ok", f"Servers run on ports {settings.dashboard_port} and {settings.dagster_port}")
        return
    for name, port in {
        "DASHBOARD_PORT": settings.dashboard_port,
        "DAGSTER_PORT": settings.dagster_port,
    }.items():
        try:
            check_ports({name: port})
            yield Finding("ok", f"Port {port} is free")
        except BankError as error:
            yield Finding("bad", f"{error.what} {error.why}", error.fix)


def _holders(settings: Settings) -> Iterator[Finding]:
    for name, work in {BUILD_LOCK: "build", UP_LOCK: "servers"}.items():
        holder = lock_holder(settings.dagster_home / name)
        yield Finding("ok", f"{work}: {holder}" if holder else f"{work}: nobody at work")
    writer = _warehouse_holder(settings.warehouse / "work.duckdb")
    yield Finding("note" if writer else "ok", f"warehouse: {writer}" if writer else "warehouse: closed")
    leftovers = supervision.leftovers(str(settings.dagster_home))
    if leftovers:
        yield Finding(
            "bad",
            f"{len(leftovers)} processes were left by a crash: {', '.join(str(p.pid) for p in leftovers)}.",
            "./bank up or ./bank build ends them at its start.",
        )


def _runs(settings: Settings) -> Iterator[Finding]:
    if not (settings.dagster_home / "dagster.yaml").exists():
        yield Finding("note", "Nothing has run here yet.", "Run: ./bank up")
        return
    instance = open_instance(settings)
    orphans = supervision.orphans(instance, servers_alive=servers_alive(settings))
    if orphans:
        yield Finding(
            "bad",
            f"{len(orphans)} runs were interrupted by a crash and still count as running.",
            "./bank up or ./bank build marks them as failed at its start.",
        )
    else:
        yield Finding("ok", "No interrupted runs")


def _snapshot(settings: Settings) -> Iterator[Finding]:
    info = publication.current_info(settings.published)
    if info is None:
        yield Finding("note", "No snapshot has been published.", "Run: ./bank up, or ./bank build")
        return
    if not_final := provisional(info):
        yield Finding("note", not_final, f"Have what they name corrected and delivered again: ./{ALL_BREAKS}")
    hours = (now() - datetime.fromisoformat(info["published_at"])).total_seconds() / 3600
    age = f"{hours:.0f} hours" if hours >= 1 else f"{hours * 60:.0f} minutes"
    what = (
        f"Snapshot {info['build']}, {age} old: books to {info['business_date']}, "
        f"{info['checks_passed']} checks passed"
    )
    if hours > STALE_AFTER_HOURS:
        yield Finding("note", what, "./bank build refreshes it; does the schedule in the Dagster UI run?")
    else:
        yield Finding("ok", what)


def _warehouse_holder(file: Path) -> str | None:
    """Which processes have the warehouse open."""
    import psutil

    holders = []
    for process in psutil.process_iter(["pid", "name"]):
        try:
            if any(opened.path == str(file) for opened in process.open_files()):
                holders.append(f"process {process.pid} ({process.name()})")
        except (psutil.AccessDenied, psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
    return ", ".join(holders) or None

"""Publication: the marts as an immutable folder, and a pointer that moves to it in one step.

Readers hold the folder that they opened (a lease keeps it), and find a newer one by the pointer. Nothing
below `published/` is ever changed once the pointer has named it.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from runtime.clock import now
from runtime.failpoints import failpoint
from runtime.files import fsync_dir, fsync_file, replace_symlink, write_json_atomic

if TYPE_CHECKING:
    from dagster import DagsterEvent, DagsterInstance

POINTER = "current"
STATUS = "status.json"
RESERVED = ".status-failed.json"
NO_REASON = "The build failed, and there is no room on the disk to say why."
LEASES = "leases"
FORMAT = 1
"""Raised when a reader of the old layout could not read the new one."""


@dataclass(frozen=True)
class Check:
    """One data check as it was evaluated for this build."""

    name: str
    asset: str
    passed: bool
    blocking: bool
    failed_rows: int | None = None
    keeps_from_final: bool = False
    """It holds nothing up; what is published while it fails is provisional."""


@dataclass(frozen=True)
class Break:
    """What does not reconcile in the books, of one kind."""

    kind: str
    count: int
    amount: float | None
    """Sum of the differences whatever their sign, in the reporting currency; None where there is no rate."""
    oldest_age_days: int


@dataclass(frozen=True)
class Contents:
    """What a snapshot is made of, besides the marts' file."""

    bank: str
    currency_code: str | None
    run_id: str
    first_month: str
    last_month: str
    business_date: str | None
    checks: list[Check]
    breaks: list[Break]
    deliveries: list[dict[str, Any]]
    availability: Mapping[str, list[str]]
    fingerprint: str
    as_of: str | None = None


def publish(published: Path, marts: Path, manifests: Iterable[Path], contents: Contents) -> str:
    """Copy the marts and what explains them to a new folder and move the pointer to it; returns its name.

    Args:
        published: the folder of snapshots.
        marts: the marts' database file; no process has it open.
        manifests: dbt's manifest and the semantic manifest.
        contents: everything else a reader needs.
    """
    published.mkdir(parents=True, exist_ok=True)
    build = f"{now():%Y%m%dT%H%M%SZ}-{contents.run_id[:8]}"
    draft = published / f".{build}.draft"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    with duckdb.connect(str(marts)) as connection:
        connection.execute("checkpoint")
    shutil.copyfile(marts, draft / "bank.duckdb")
    for manifest in manifests:
        shutil.copyfile(manifest, draft / manifest.name)
    failpoint("publish.after_copy")
    write_json_atomic(draft / "availability.json", contents.availability)
    write_json_atomic(draft / "deliveries.json", contents.deliveries)
    write_json_atomic(draft / "checks.json", [asdict(check) for check in contents.checks])
    write_json_atomic(draft / "build.json", _build_info(build, contents))
    for file in draft.iterdir():
        fsync_file(file)
        file.chmod(0o444)
    fsync_dir(draft)
    failpoint("publish.after_fsync")
    draft.rename(published / build)
    fsync_dir(published)
    failpoint("publish.before_pointer")
    replace_symlink(published / POINTER, build)
    failpoint("publish.after_pointer")
    return build


def prune(published: Path, keep: int = 2) -> list[str]:
    """Remove snapshots that are neither among the newest `keep`, nor current, nor held by a reader's lease.

    Drafts of a publication that was killed go too. Returns what was removed.
    """
    current = current_build(published)
    removed = []
    for draft in published.glob(".*.draft"):
        shutil.rmtree(draft)
        removed.append(draft.name)
    builds = sorted(
        path.name for path in published.iterdir() if (path / "build.json").exists() and not path.is_symlink()
    )
    for build in builds[:-keep]:
        if build != current and not _is_leased(published / LEASES / build):
            shutil.rmtree(published / build)
            shutil.rmtree(published / LEASES / build, ignore_errors=True)
            removed.append(build)
    return removed


def current_build(published: Path) -> str | None:
    """The name of the snapshot that the pointer names; None before the first publication."""
    pointer = published / POINTER
    return str(pointer.readlink()) if pointer.is_symlink() else None


def current_info(published: Path) -> dict[str, Any] | None:
    """`build.json` of the current snapshot; None before the first publication."""
    build = current_build(published)
    if build is None:
        return None
    info = published / build / "build.json"
    return json.loads(info.read_text()) if info.exists() else None


def set_status(
    published: Path, state: str, *, run_id: str, message: str, failed_checks: Iterable[str] = ()
) -> None:
    """Tell readers of a running build, its failure with the reason, or that all is well.

    A full disk takes no new file, but lets one be renamed: so the word for a build that ends there is
    written when it begins.
    """
    status = {
        "state": state,
        "run_id": run_id,
        "since": now().isoformat(timespec="seconds"),
        "message": message,
        "failed_checks": sorted(failed_checks),
    }
    if state == "building":
        write_json_atomic(published / RESERVED, {**status, "state": "failed", "message": NO_REASON})
    try:
        write_json_atomic(published / STATUS, status)
    except OSError:
        if state != "failed" or not (published / RESERVED).exists():
            raise
        os.replace(published / RESERVED, published / STATUS)
    if state != "building":
        (published / RESERVED).unlink(missing_ok=True)


def current_state(published: Path) -> str | None:
    """What readers are told: ok, building or failed; None before the first build."""
    status = published / STATUS
    return json.loads(status.read_text())["state"] if status.exists() else None


def failure_reason(instance: DagsterInstance, run_id: str) -> tuple[str, list[str]]:
    """Why a run failed, in a sentence, and the names of the blocking checks that failed in it."""
    from dagster import AssetCheckSeverity, DagsterEventType

    def events(kind: DagsterEventType) -> list[DagsterEvent]:
        records = instance.get_records_for_run(run_id, of_type=kind).records
        return [r.event_log_entry.dagster_event for r in records if r.event_log_entry.dagster_event]

    failed_checks = [
        f"{event.asset_check_evaluation_data.asset_key.to_user_string()}: "
        f"{event.asset_check_evaluation_data.check_name}"
        for event in events(DagsterEventType.ASSET_CHECK_EVALUATION)
        if not event.asset_check_evaluation_data.passed
        and event.asset_check_evaluation_data.severity == AssetCheckSeverity.ERROR
    ]
    if failed_checks:
        return f"{len(failed_checks)} blocking checks failed.", sorted(failed_checks)
    for event in events(DagsterEventType.STEP_FAILURE):
        error = event.step_failure_data.error
        if error is not None:
            root = error
            while root.cause is not None:
                root = root.cause
            return f"{event.step_key}: {root.message.strip().splitlines()[0]}", []
    return "The run ended before it was done.", []


def _build_info(build: str, contents: Contents) -> dict[str, Any]:
    passed = sum(check.passed for check in contents.checks)
    failed = sum(not check.passed and check.blocking for check in contents.checks)
    return {
        "format": FORMAT,
        "build": build,
        "bank": contents.bank,
        "currency_code": contents.currency_code,
        "published_at": now().isoformat(timespec="seconds"),
        "run_id": contents.run_id,
        "first_month": contents.first_month,
        "last_month": contents.last_month,
        "business_date": contents.business_date,
        "checks_passed": passed,
        "checks_failed": failed,
        "checks_warned": len(contents.checks) - passed - failed,
        "final": not any(check.keeps_from_final and not check.passed for check in contents.checks),
        "breaks": [asdict(one) for one in contents.breaks],
        "fingerprint": contents.fingerprint,
        "as_of": contents.as_of,
    }


def _is_leased(leases: Path) -> bool:
    """Whether a living reader holds one of these leases: a dead reader's lock is free."""
    if not leases.exists():
        return False
    for lease in leases.iterdir():
        try:
            handle = os.open(lease, os.O_RDONLY)
        except FileNotFoundError:  # its reader has just left
            continue
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(handle)
    return False

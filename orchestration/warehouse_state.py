"""What the warehouse holds: built from which code, up to which delivery, for which months.

Small files beside the DuckDB files, so that they live and die with them: the warehouse of an earlier moment
has its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from data.ingest import ledger
from runtime.files import write_atomic, write_json_atomic
from runtime.settings import Settings

FINGERPRINT = "fingerprint.txt"
BUILDING = "building.json"
SEEN = "seen.json"


@dataclass(frozen=True)
class Building:
    """The months that a run rebuilds, and the newest delivery that it sees."""

    run_id: str
    position: int
    months: list[str]


def warehouse_fingerprint(settings: Settings) -> str:
    """The code that the warehouse was made by; empty when there is no warehouse."""
    file = settings.warehouse / FINGERPRINT
    return file.read_text().strip() if file.exists() else ""


def reset_warehouse(settings: Settings, fingerprint: str) -> None:
    """Start an empty warehouse made by the code of this fingerprint.

    The warehouse is derived: tables of another version of the models are dropped, not migrated. First of
    all, no month counts as built: killed half-way, the new warehouse must not pass for whole.
    """
    settings.warehouse.mkdir(parents=True, exist_ok=True)
    for name in (SEEN, BUILDING):
        (settings.warehouse / name).unlink(missing_ok=True)
    for file in settings.warehouse.glob("*.duckdb*"):
        file.unlink()
    write_atomic(settings.warehouse / FINGERPRINT, fingerprint)


def note_building(settings: Settings, run_id: str, months: list[str]) -> None:
    """Note that a run is about to rebuild these months from all that was delivered up to now.

    Publication turns it into “built” once the checks have passed. A second step of the same run changes
    nothing: what was delivered between the two was not seen by the first.
    """
    if building(settings, run_id) is None:
        noted = Building(run_id, ledger.position(settings), months)
        write_json_atomic(settings.warehouse / BUILDING, asdict(noted))


def building(settings: Settings, run_id: str) -> Building | None:
    """What this run noted; None when it built nothing by month."""
    file = settings.warehouse / BUILDING
    if not file.exists():
        return None
    noted = Building(**json.loads(file.read_text()))
    return noted if noted.run_id == run_id else None


def mark_built(settings: Settings, position: int, months: Iterable[str]) -> None:
    """Record that a published build of these months saw everything up to `position`."""
    write_json_atomic(settings.warehouse / SEEN, _seen(settings) | dict.fromkeys(months, position))


def changed_months(settings: Settings) -> list[str]:
    """Months whose data changed since they were last built and published."""
    return ledger.changed_months(settings, _seen(settings))


def _seen(settings: Settings) -> dict[str, int]:
    """By month, up to which change of the ledger the warehouse has seen it."""
    file = settings.warehouse / SEEN
    return json.loads(file.read_text()) if file.exists() else {}

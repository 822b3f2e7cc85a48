"""What the warehouse holds: built from which code, up to which delivery, for which months.

Two small files beside the DuckDB files, so that they live and die with them.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from data.ingest.ledger import position
from runtime.files import write_atomic, write_json_atomic
from runtime.settings import Settings

FINGERPRINT = "fingerprint.txt"
BUILT = "built.json"


@dataclass(frozen=True)
class BuiltRange:
    """The months that a run rebuilt, and the newest delivery that it saw."""

    run_id: str
    position: int
    months: list[str]


def warehouse_fingerprint(settings: Settings) -> str:
    """The code that the warehouse was made by; empty when there is no warehouse."""
    file = settings.warehouse / FINGERPRINT
    return file.read_text().strip() if file.exists() else ""


def reset_warehouse(settings: Settings, fingerprint: str) -> None:
    """Start an empty warehouse made by the code of this fingerprint.

    The warehouse is derived: tables of another version of the models are dropped, not migrated.
    """
    settings.warehouse.mkdir(parents=True, exist_ok=True)
    for file in settings.warehouse.glob("*.duckdb*"):
        file.unlink()
    (settings.warehouse / BUILT).unlink(missing_ok=True)
    write_atomic(settings.warehouse / FINGERPRINT, fingerprint)


def note_building(settings: Settings, run_id: str, months: list[str]) -> None:
    """Note that a run is about to rebuild these months from all that was delivered up to now.

    Publication turns it into “built” once the checks have passed. A second step of the same run changes
    nothing: what was delivered between the two was not seen by the first.
    """
    if built_range(settings, run_id) is None:
        noted = BuiltRange(run_id, position(settings), months)
        write_json_atomic(settings.warehouse / BUILT, asdict(noted))


def built_range(settings: Settings, run_id: str) -> BuiltRange | None:
    """What this run noted; None when it built nothing by month."""
    file = settings.warehouse / BUILT
    if not file.exists():
        return None
    noted = BuiltRange(**json.loads(file.read_text()))
    return noted if noted.run_id == run_id else None

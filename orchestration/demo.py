"""The demo bank, written where a bank would deliver."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from runtime.settings import Settings


@dataclass(frozen=True)
class Written:
    """What was written."""

    folder: Path
    files: int
    size: int
    """Bytes."""


def write_demo_bank(
    settings: Settings, customers: int, months: int, end: date, seed: int | None, out: Path | None
) -> Written:
    """Write the demo bank's extracts and its peers' public figures to landing, or below `out`.

    The truth behind the extracts goes to BANK_DATA/truth, or `out`/truth.
    """
    from data.demo import generate

    landing = settings.landing if out is None else out
    truth = settings.truth if out is None else out / "truth"
    generate(
        landing / "demo",
        truth,
        peers=landing / "fdic",
        customers=customers,
        months=months,
        end=end,
        seed=settings.seed if seed is None else seed,
    )
    files = [path for path in landing.rglob("*") if path.is_file()]
    return Written(landing, len(files), sum(path.stat().st_size for path in files))

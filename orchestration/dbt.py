"""How dbt is called: where its project is, when it is parsed, and with which arguments."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from runtime.errors import BankError
from runtime.files import write_atomic
from runtime.settings import PROJECT_ROOT, Settings

PROJECT_DIR = PROJECT_ROOT / "dbt_project"
INCREMENTAL = "+config.materialized:incremental"
PARTITIONED = f"{INCREMENTAL} +feat_kpi_day"
"""The partitioned part of the dbt graph: what is rebuilt by month, and what forecasts read. The `+` is
essential: an unpartitioned view between partitioned assets would drop everything below it from a backfill."""

BELOW_MODELS = "source:models+"
"""What is made of models' results, and so can't be built before them."""

KEPT_CALLS = 9
"""Three builds' calls: enough to look into what the last ones ran."""


def fingerprint() -> str:
    """A hash of everything that decides what dbt builds: models, macros, seeds, tests, contracts."""
    digest = hashlib.sha256()
    files = [
        path
        for pattern in ("**/*.sql", "**/*.yml", "**/*.csv")
        for path in PROJECT_DIR.glob(pattern)
        if "target" not in path.relative_to(PROJECT_DIR).parts
    ]
    for path in sorted(files):
        digest.update(str(path.relative_to(PROJECT_DIR)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def ensure_manifest(settings: Settings) -> Path:
    """The manifest of the project as it is now; parsed only when a file of the project has changed.

    Raises:
        BankError: the project can't be parsed; says dbt's own words.
    """
    manifest = settings.dbt_target / "manifest.json"
    stamp = settings.dbt_target / "parsed.txt"
    current = fingerprint()
    if manifest.exists() and stamp.exists() and stamp.read_text().strip() == current:
        return manifest
    settings.dbt_target.mkdir(parents=True, exist_ok=True)
    result = subprocess.run(
        ["dbt", "--quiet", "parse", "--project-dir", str(PROJECT_DIR), "--profiles-dir", str(PROJECT_DIR),
         "--target-path", str(settings.dbt_target), "--log-path", str(settings.logs / "dbt")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if result.returncode != 0:
        raise BankError(
            "dbt can't read its project.",
            (result.stdout + result.stderr).strip(),
            "Mend the file it names in dbt_project/ and run the command again.",
        )
    write_atomic(stamp, current)
    return manifest


def prune_calls(target: Path, keep: int = KEPT_CALLS) -> None:
    """Remove what old calls of dbt left below its target folder: manifest, compiled SQL, log.

    dagster-dbt gives each call a folder of its own and never removes one: some 30 MB a build.
    """
    calls = sorted(
        (path for path in target.glob("dbt_*") if path.is_dir()), key=lambda path: path.stat().st_mtime
    )
    for folder in calls[:-keep]:
        shutil.rmtree(folder, ignore_errors=True)


def reach_end(months: Iterable[str], reaches: Iterable[str], last: str) -> str:
    """The last month that must be rebuilt when `months` change, given the reach of the models built.

    Args:
        months: changed partitions `YYYY-MM`.
        reaches: `meta.reach` of each model built: `0`, a number of following months, or `end`.
        last: the last month there is.
    """
    changed = max(months)
    reaches = list(reaches)
    if "end" in reaches:
        return last
    furthest = max((int(reach) for reach in reaches), default=0)
    year, month = divmod(int(changed[:4]) * 12 + int(changed[5:]) - 1 + furthest, 12)
    return min(last, f"{year:04d}-{month + 1:02d}")


BUILD = ["build", "--exclude-resource-type", "unit_test"]
"""Unit tests belong to `./bank test`, not to a production build."""


def build_args(first: date | datetime, end: date | datetime) -> list[str]:
    """Arguments of `dbt build` for the months from `first` up to but not including `end`.

    Both event-time flags always: with one missing a microbatch model would run from its `begin`, or up
    to today.
    """
    return [
        *BUILD,
        # a test that also needs a table of the other part waits for the step that builds that one
        "--indirect-selection", "cautious",
        "--event-time-start", f"{first:%Y-%m-%d}",
        "--event-time-end", f"{end:%Y-%m-%d}",
    ]  # fmt: skip


def reaches(manifest: Mapping[str, Any], model_names: Iterable[str]) -> list[str]:
    """`meta.reach` of the incremental models among `model_names`.

    Raises:
        ValueError: an incremental model declares no reach, so a backfill could not know how far it goes.
    """
    wanted = set(model_names)
    found = []
    for node in manifest["nodes"].values():
        if node["resource_type"] != "model" or node["name"] not in wanted:
            continue
        if node["config"]["materialized"] != "incremental":
            continue
        reach = node["config"].get("meta", {}).get("reach")
        if reach is None:
            raise ValueError(f"{node['name']} is incremental and declares no meta.reach")
        found.append(str(reach))
    return found

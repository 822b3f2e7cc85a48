"""The Dagster instance of one BANK_DATA: its home, its configuration, its environment."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from runtime.settings import PROJECT_ROOT, Settings

if TYPE_CHECKING:
    from dagster import DagsterInstance

CONFIGURATION = PROJECT_ROOT / "deploy" / "dagster.yaml"


def prepare_environment(settings: Settings) -> None:
    """Set what Dagster, dbt and their child processes read from the environment, and make the home.

    All paths are absolute: a relative home or BANK_DATA would mean another folder in a child process.
    """
    home = settings.dagster_home
    home.mkdir(parents=True, exist_ok=True)
    target = home / "dagster.yaml"
    if not target.exists() or target.read_bytes() != CONFIGURATION.read_bytes():
        shutil.copyfile(CONFIGURATION, target)
    os.environ.update(
        BANK_DATA=str(settings.data),
        BANK_WAREHOUSE=str(settings.warehouse),
        **({"BANK_AS_OF": settings.as_of.isoformat()} if settings.as_of else {}),
        DAGSTER_HOME=str(home),
        DAGSTER_DISABLE_TELEMETRY="1",
        DBT_SEND_ANONYMOUS_USAGE_STATS="false",
        # each call of dbt writes below it, and finds there what was parsed before
        DBT_TARGET_PATH=str(settings.dbt_target),
        PYTHONPATH=os.pathsep.join(
            dict.fromkeys(
                [str(PROJECT_ROOT), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
            )
        ),
        PATH=os.pathsep.join(
            dict.fromkeys([str(Path(sys.executable).parent), *os.environ["PATH"].split(os.pathsep)])
        ),
    )


def open_instance(settings: Settings) -> DagsterInstance:
    """The instance with its history; `prepare_environment` has run."""
    from dagster import DagsterInstance

    prepare_environment(settings)
    return DagsterInstance.get()

"""What `bank test`, `lint` and `docs` run."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from orchestration.cli.console import say
from runtime.settings import PROJECT_ROOT, Settings

OURS = ["runtime", "data", "ml", "orchestration", "dashboards", "tests"]


def run_tests(arguments: Sequence[str], *, full: bool) -> int:
    """Run pytest on the project with a BANK_DATA of its own; returns its exit code."""
    selection = [] if full else ["-m", "not full"]
    with tempfile.TemporaryDirectory(prefix="bank-test-") as folder:
        environment = os.environ | {
            "BANK_DATA": folder,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        }
        command = [sys.executable, "-P", "-m", "pytest", *selection, *arguments]
        return subprocess.run(command, cwd=PROJECT_ROOT, env=environment, check=False).returncode


def run_lint() -> int:
    """Run every checker, also when one before it complained; returns 0 when all are content."""
    scripts = Path(sys.executable).parent
    with tempfile.TemporaryDirectory(prefix="bank-lint-") as folder:
        environment = os.environ | {
            "BANK_WAREHOUSE": folder,  # sqlfluff asks dbt, and dbt opens the warehouse
            "PATH": os.pathsep.join([str(scripts), os.environ["PATH"]]),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "DBT_TARGET_PATH": f"{folder}/dbt",
            "DBT_LOG_PATH": f"{folder}/logs",
        }
        checks = {
            "style": ["ruff", "check", "."],
            "format": ["ruff", "format", "--check", "."],
            "types": ["basedpyright", "--level", "error"],
            "imports": ["lint-imports"],
            "SQL": ["sqlfluff", "lint", "dbt_project/models", "dbt_project/tests", "--processes", "2"],
        }
        failed = []
        for name, command in checks.items():
            say(f"[bold]{name}[/]: {' '.join(command)}")
            result = subprocess.run(
                [str(scripts / command[0]), *command[1:]], cwd=PROJECT_ROOT, env=environment, check=False
            )
            if result.returncode != 0:
                failed.append(name)
    say(f"[red]Not content: {', '.join(failed)}[/]" if failed else "[green]All content.[/]")
    return 1 if failed else 0


def build_docs(settings: Settings) -> None:
    """Write the site: the data dictionary of the contracts and dbt's documentation in one file."""
    from data.ingest.dictionary import data_dictionary
    from orchestration.dbt import PROJECT_DIR, ensure_manifest
    from orchestration.instance import prepare_environment
    from runtime.errors import BankError
    from runtime.files import write_atomic

    site = PROJECT_ROOT / "site"
    prepare_environment(settings)
    ensure_manifest(settings)
    write_atomic(site / "dictionary.md", data_dictionary())
    command = ["dbt", "--quiet", "docs", "generate", "--static", "--empty-catalog"]
    folders = {
        "--project-dir": PROJECT_DIR,
        "--profiles-dir": PROJECT_DIR,
        "--target-path": settings.dbt_target,
    }
    for option, folder in folders.items():
        command += [option, str(folder)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise BankError(
            "dbt's documentation could not be built.", (result.stdout + result.stderr).strip(), "See above."
        )
    write_atomic(site / "dbt.html", (settings.dbt_target / "static_index.html").read_bytes())
    say(f"Written to {site}: dictionary.md (source tables), dbt.html (models, lineage).")

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
    """Run pytest on the project with a BANK_DATA of its own; returns its exit code.

    All tests together are divided between two processes, file by file, because fixtures belong to files;
    those that are named run in one, so that what they print is seen.
    """
    selection = [] if full else ["-m", "not full"]
    selection += [] if arguments else ["--numprocesses", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
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
        environment = _beside(folder)  # sqlfluff asks dbt, and dbt opens the warehouse
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
    """Write the site: source tables, models and metrics, each in one file that loads no other."""
    from dashboards.metrics import metrics_page
    from dashboards.snapshot import current
    from data.ingest.dictionary import data_dictionary
    from orchestration.dbt import PROJECT_DIR
    from runtime.files import write_atomic

    site = PROJECT_ROOT / "site"
    write_atomic(site / "dictionary.md", data_dictionary())
    write_atomic(site / "dbt.html", _dbt_page(PROJECT_DIR))
    written = ["dictionary.md (source tables)", "dbt.html (models, columns, lineage)"]
    snapshot = current(settings.published)
    if snapshot is None:
        # what a metric needs and whether it is there can only be told of a bank's data
        say(
            "metrics.html is left out: no snapshot has been published. Run ./bank up, then ./bank docs again."
        )
    else:
        with snapshot:
            write_atomic(site / "metrics.html", metrics_page(snapshot))
        written.append("metrics.html (every metric, searchable)")
    say(f"Written to {site}: {', '.join(written)}.")


def _dbt_page(project: Path) -> bytes:
    """The pages of dbt in one file, made on an empty warehouse: the bank's may be in use by a build."""
    from runtime.errors import BankError

    with tempfile.TemporaryDirectory(prefix="bank-docs-") as folder:
        environment = _beside(folder)
        command = ["dbt", "--quiet", "docs", "generate", "--static", "--empty-catalog"]
        command += ["--project-dir", str(project), "--profiles-dir", str(project)]
        result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise BankError(
                "dbt's documentation could not be built.",
                (result.stdout + result.stderr).strip(),
                "See above.",
            )
        return (Path(environment["DBT_TARGET_PATH"]) / "static_index.html").read_bytes()


def _beside(folder: str) -> dict[str, str]:
    """The environment of a tool that needs dbt and must not touch the bank's own warehouse."""
    return os.environ | {
        "BANK_WAREHOUSE": folder,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DBT_TARGET_PATH": f"{folder}/dbt",
        "DBT_LOG_PATH": f"{folder}/logs",
    }

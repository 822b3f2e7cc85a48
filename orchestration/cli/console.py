"""What the terminal shows: sentences, numbered steps, tables."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bar
from rich.table import Table

from orchestration.build import Progress, Step

PIPED_WIDTH = 10_000
"""A program or a file that reads a table gets each row on one line."""

out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else PIPED_WIDTH)
err = Console(stderr=True, highlight=False, soft_wrap=True)

BUILD_LOG = "build.log"
"""Under BANK_DATA/logs: what Dagster and dbt print during a build."""

STEP_NAMES = {
    "raw_reference": "reference tables",
    "raw_by_month": "events and positions",
    "dbt_by_month": "staging, facts and features by month",
    "dbt_below_models": "facts of models' results",
    "dbt_whole": "dimensions and key figures",
    "models__fraud_detector": "fraud detectors",
    "models__transaction_score": "transaction scores",
    "forecast": "forecasts",
    "published_snapshot": "publication",
}


def complain(what: str, why: str, fix: str) -> None:
    """Say what happened, what it means and what to do, each on a line. Square brackets are no markup here."""
    what, why, fix = map(escape, (what, why, fix))
    err.print(f"\n  [bold red]✗[/] [bold]{what}[/]", f"  {why}", f"  [bold]→[/] {fix}", sep="\n")


def say(sentence: str) -> None:
    """A line, in which markup is ours: values that were delivered are escaped by the caller."""
    out.print(sentence)


def seconds(value: float) -> str:
    """A duration for people: 4 s, 2 min 10 s."""
    return f"{value:.0f} s" if value < 60 else f"{int(value) // 60} min {int(value) % 60} s"


@contextmanager
def output_of_others_to(log: Path) -> Iterator[None]:
    """Send what libraries and child processes print to a log; what we say still reaches the terminal."""
    log.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    originals = {number: os.dup(number) for number in (1, 2)}
    try:
        with (
            log.open("ab") as file,
            open(originals[1], "w", closefd=False) as terminal,
            open(originals[2], "w", closefd=False) as errors,
        ):
            out.file, err.file = terminal, errors
            for number in originals:
                os.dup2(file.fileno(), number)
            try:
                yield
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                for number, original in originals.items():
                    os.dup2(original, number)
                out.file, err.file = sys.stdout, sys.stderr
    finally:
        for original in originals.values():
            os.close(original)


class Steps:
    """Numbered steps of a command: [2/5] what … detail, time."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.number = 0
        self.started = time.monotonic()
        self._since = self.started

    def begin(self, what: str) -> None:
        """Announce the next step."""
        self.number += 1
        self._since = time.monotonic()
        out.print(f"[bold cyan]\\[{self.number}/{self.total}][/] {what}")

    def end(self, detail: str) -> None:
        """Say how the step ended."""
        out.print(f"      {detail} [dim]{seconds(time.monotonic() - self._since)}[/]")


class BuildLines:
    """The steps of a build, a line each when it ends."""

    def __init__(self) -> None:
        self._shown: set[str] = set()

    def __call__(self, progress: Progress) -> None:
        """Print the steps that ended since the last call."""
        for step in list(progress.steps.values()):
            if step.state in {"done", "failed", "skipped"} and step.key not in self._shown:
                self._shown.add(step.key)
                out.print(f"      {_line(step)}")


def _line(step: Step) -> str:
    name = STEP_NAMES.get(step.key) or STEP_NAMES.get(step.key.rsplit("_", 1)[0], step.key)
    parts = []
    if step.rows:
        tables = "1 table" if len(step.rows) == 1 else f"{len(step.rows)} tables"
        parts.append(f"{_spaced(sum(step.rows.values()))} rows in {tables}")
    if quarantined := sum(step.quarantined.values()):
        parts.append(f"{_spaced(quarantined)} in quarantine")
    if step.checks_passed or step.checks_failed:
        failed = f", {step.checks_failed} failed" if step.checks_failed else ""
        checks = "check" if step.checks_passed == 1 else "checks"
        parts.append(f"{step.checks_passed} {checks} passed{failed}")
    mark = {"done": "[green]✓[/]", "failed": "[red]✗[/]", "skipped": "[dim]–[/]"}[step.state]
    return f"{mark} {name}: {', '.join(parts) or step.state} [dim]{seconds(step.seconds)}[/]"


def _spaced(number: int) -> str:
    return f"{number:,}".replace(",", " ")


def table(headers: Sequence[str], rows: Iterable[Sequence[object]], right: Iterable[str] = ()) -> None:
    """A table; columns named in `right` are numbers. Nothing is cut: what is too wide folds."""
    grid = Table(box=None, header_style="dim", pad_edge=False)
    for header in headers:
        grid.add_column(header, justify="right" if header in set(right) else "left", overflow="fold")
    for row in rows:
        # what was delivered is shown as it is, also where it looks like markup
        grid.add_row(*("" if cell is None else escape(str(cell)) for cell in row))
    out.print(grid)


class FileProgress:
    """A bar over the files being loaded; silent where nobody watches a terminal."""

    def __init__(self) -> None:
        self._bar = Bar(
            TextColumn("      {task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            console=out,
            transient=True,
            disable=not out.is_terminal,
        )
        self._task = self._bar.add_task("", total=None)

    def __enter__(self) -> FileProgress:
        """Show the bar."""
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take the bar away."""
        self._bar.stop()

    def __call__(self, done: int, total: int, file: str) -> None:
        """`done` of `total` files are loaded; `file` is next."""
        self._bar.update(self._task, completed=done, total=total, description=file)

"""A build from the command line: the same job on the same instance as the UI's, with progress to watch."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestration import publication, supervision
from orchestration.dbt import ensure_manifest, fingerprint
from orchestration.instance import open_instance
from orchestration.warehouse_state import changed_months, reset_warehouse, warehouse_fingerprint
from runtime.clock import now
from runtime.errors import BankError
from runtime.locks import file_lock, lock_holder
from runtime.settings import Settings

if TYPE_CHECKING:
    from dagster import AssetKey, DagsterEvent, DagsterInstance, EventLogRecord

BUILD_LOCK = "build.lock"
UP_LOCK = "up.lock"

NO_SPACE = ("No space left", "disk is full", "disk I/O error", "File too large", "Disk quota")
"""What the system, DuckDB and SQLite say when a file can't grow."""


@dataclass
class Step:
    """One step of a build as it is shown: what it made, how long it took."""

    key: str
    state: str = "waiting"
    seconds: float = 0.0
    rows: dict[str, int] = field(default_factory=dict)
    """By asset: a range of months reports the same total once for each month."""
    quarantined: dict[str, int] = field(default_factory=dict)
    checks_passed: int = 0
    checks_failed: int = 0


@dataclass
class Progress:
    """What the event log of a run says so far."""

    run_id: str = ""
    steps: dict[str, Step] = field(default_factory=dict)


@dataclass(frozen=True)
class BuildResult:
    """How a build ended."""

    built: bool
    run_id: str = ""
    months: tuple[str, str] | None = None
    snapshot: str = ""
    seconds: float = 0.0


def servers_alive(settings: Settings) -> bool:
    """Whether somebody keeps the Dagster servers running, who may be executing runs of their own."""
    return lock_holder(settings.dagster_home / UP_LOCK) is not None


def recover(settings: Settings, instance: DagsterInstance, *, servers_alive: bool) -> list[str]:
    """Mend what a crash left: end leftover processes, fail orphaned runs, free their pool slots.

    Returns what was done, in sentences.
    """
    done = []
    leftovers = supervision.leftovers(str(settings.dagster_home))
    if leftovers:
        supervision.stop(leftovers)
        done.append(f"Ended {len(leftovers)} processes that an earlier start left behind.")
    done.extend(
        f"Marked the interrupted run {run_id[:8]} as failed and freed what it held."
        for run_id in supervision.fail_orphans(instance, servers_alive=servers_alive)
    )
    return done


def is_current(settings: Settings) -> bool:
    """Whether there is a warehouse, made by the models and settings as they are now."""
    return (
        warehouse_fingerprint(settings) == _made_by(settings)
        and (settings.warehouse / "bank.duckdb").exists()
    )


def _made_by(settings: Settings) -> str:
    """The code that makes a warehouse, and the setting that all of its amounts depend on."""
    return "-".join(filter(None, (fingerprint(), settings.reporting_currency)))


def months_to_build(settings: Settings, first: str | None, last: str | None) -> tuple[str, str] | None:
    """The months of the next build: those asked for, else those that changed, else none.

    A warehouse that is missing, or was made by other code or in another currency, is started anew for all
    months.
    """
    from orchestration.partitions import covered_months, waiting_months

    earliest, latest = covered_months(settings)
    if not is_current(settings):
        reset_warehouse(settings, _made_by(settings))
        return earliest, latest
    if first or last:
        chosen = (first or earliest, last or latest)
        if chosen[0] > chosen[1] or chosen[0] < earliest or chosen[1] > latest:
            raise BankError(
                f"The months {chosen[0]} to {chosen[1]} can't be built.",
                f"Deliveries speak of {earliest} to {latest}.",
                "Choose --from and --to within these months.",
            )
        return chosen
    if settings.as_of is not None:  # what had been delivered by then does not change any more
        return None if publication.current_build(settings.published) else (earliest, latest)
    changed = waiting_months(settings).keys() | set(changed_months(settings))
    if changed:
        return min(changed), max(changed)
    if publication.current_build(settings.published) is None:
        return latest, latest
    return None


def build(
    settings: Settings,
    *,
    first: str | None = None,
    last: str | None = None,
    select: str | None = None,
    show: Callable[[Progress], None],
    say: Callable[[str], None],
) -> BuildResult:
    """Materialize and publish the months asked for, or whatever changed since the last build.

    `select` narrows it to some assets (of all months, where none are asked for). Months count as built only
    when everything was built.

    Raises:
        BankError: somebody else is building, or the run failed; says why and what to do.
    """
    from orchestration.partitions import covered_months

    with file_lock(settings.dagster_home / BUILD_LOCK, "bank build"):
        mark = supervision.mark_self(str(settings.dagster_home))
        instance = open_instance(settings)
        for sentence in recover(settings, instance, servers_alive=servers_alive(settings)):
            say(sentence)
        _refuse_second_run(instance)
        _refuse_the_future(settings)
        _refuse_no_bank(settings)
        ensure_manifest(settings)
        selection = None if select is None else _selection(settings, select)
        if selection is not None:
            earliest, latest = covered_months(settings)
            first, last = first or earliest, last or latest
        months = months_to_build(settings, first, last)
        if months is None:
            _settle_status(settings)
            return BuildResult(built=False)
        return _run(settings, instance, mark, months, selection, show)


def _selection(settings: Settings, select: str) -> list[AssetKey]:
    from orchestration.jobs import selected_assets

    if not is_current(settings):
        raise BankError(
            "Some assets alone can't be built yet.",
            "There is no warehouse of this version of the models that they could be built into.",
            "Build all of it once: ./bank build",
        )
    return selected_assets(select)


def _refuse_the_future(settings: Settings) -> None:
    if settings.as_of is not None and settings.as_of > now():
        raise BankError(
            f"It is not known yet what will have been delivered by {settings.as_of:%Y-%m-%d %H:%M} UTC.",
            "A build as of a moment shows what was known then.",
            "Choose an earlier moment: --as-of 2026-01-31",
        )


def _refuse_no_bank(settings: Settings) -> None:
    """Nothing to build is said at once, not by the last step of a build."""
    from data.ingest.load import pending
    from data.ingest.sources import own_bank

    if not any(file.mapping.role == "own" for file in pending(settings)):
        own_bank(settings)


def _settle_status(settings: Settings) -> None:
    """A build that was killed after its last step left the word that it is still under way."""
    if publication.current_state(settings.published) == "building":
        info = publication.current_info(settings.published) or {}
        run_id = info.get("run_id", "")
        publication.set_status(settings.published, "ok", run_id=run_id, message="Built and checked.")


def _refuse_second_run(instance: DagsterInstance) -> None:
    from dagster import DagsterRunStatus, RunsFilter

    running = instance.get_runs(
        RunsFilter(statuses=[DagsterRunStatus.STARTED, DagsterRunStatus.STARTING, DagsterRunStatus.CANCELING])
    )
    if running:
        raise BankError(
            f"The run {running[0].run_id[:8]} is using the warehouse.",
            "Two builds at once would write over each other's months.",
            "Wait until it is done, or cancel it in the Dagster UI, and build again.",
        )


def _run(
    settings: Settings,
    instance: DagsterInstance,
    mark: str,
    months: tuple[str, str],
    selection: Sequence[AssetKey] | None,
    show: Callable[[Progress], None],
) -> BuildResult:
    from dagster import execute_job, reconstructable

    from orchestration.jobs import build_job, range_tags

    started = time.monotonic()
    publication.set_status(settings.published, "building", run_id="", message="A build is under way.")
    watcher = _Watcher(instance, mark, show)
    watcher.start()
    try:
        result = execute_job(
            reconstructable(build_job),
            instance=instance,
            tags={**range_tags(*months), supervision.RUN_TAG: mark},
            asset_selection=selection,
            raise_on_error=False,
        )
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise _failure(settings, watcher.progress.run_id, reason) from error
    except BaseException:
        publication.set_status(
            settings.published, "failed", run_id=watcher.progress.run_id, message="The build was interrupted."
        )
        raise
    finally:
        watcher.finish()
        supervision.stop_children()
    if not result.success:
        raise _failure(settings, result.run_id, *publication.failure_reason(instance, result.run_id))
    publication.set_status(settings.published, "ok", run_id=result.run_id, message="Built and checked.")
    return BuildResult(
        built=True,
        run_id=result.run_id,
        months=months,
        snapshot=publication.current_build(settings.published) or "",
        seconds=time.monotonic() - started,
    )


def _failure(settings: Settings, run_id: str, reason: str, failed_checks: Sequence[str] = ()) -> BankError:
    """How a build failed, told to readers and, as the error given back, to the person who started it."""
    with suppress(OSError):  # a full disk may be the very reason
        publication.set_status(
            settings.published, "failed", run_id=run_id, message=reason, failed_checks=failed_checks
        )
    named = f" ({'; '.join(failed_checks[:5])})" if failed_checks else ""
    log = settings.logs / "build.log"
    return BankError(
        f"The build failed: {reason}{named}",
        "Readers keep the snapshot before."
        if publication.current_build(settings.published)
        else "Nothing was published.",
        f"Free some space below {settings.data} and build again; it carries on where it stopped."
        if any(sign in reason for sign in NO_SPACE)
        else f"Look into run {run_id[:8]} in the Dagster UI or {log}, mend the cause and build again.",
    )


class _Watcher(threading.Thread):
    """Reads the event log of the run that carries our mark and shows what has changed."""

    def __init__(self, instance: DagsterInstance, mark: str, show: Callable[[Progress], None]) -> None:
        super().__init__(daemon=True)
        self.progress = Progress()
        self._instance = instance
        self._mark = mark
        self._show = show
        self._done = threading.Event()
        self._cursor: str | None = None

    def run(self) -> None:
        while not self._done.wait(0.5):
            self._poll()

    def finish(self) -> None:
        self._done.set()
        self.join()
        self._poll()

    def _poll(self) -> None:
        from dagster import RunsFilter

        if not self.progress.run_id:
            runs = self._instance.get_runs(RunsFilter(tags={supervision.RUN_TAG: self._mark}), limit=1)
            if not runs or runs[0].is_finished:
                return
            self.progress.run_id = runs[0].run_id
        page = self._instance.get_records_for_run(self.progress.run_id, cursor=self._cursor)
        self._cursor = page.cursor
        for record in page.records:
            _note(self.progress, record)
        if page.records:
            self._show(self.progress)


def _note(progress: Progress, record: EventLogRecord) -> None:
    """Bring the progress up to date with one event."""
    from dagster import DagsterEventType as Kind

    event: DagsterEvent | None = record.event_log_entry.dagster_event
    if event is None or event.step_key is None:
        return
    step = progress.steps.setdefault(event.step_key, Step(event.step_key))
    match event.event_type:
        case Kind.STEP_START:
            step.state, step.seconds = "running", record.event_log_entry.timestamp
        case Kind.STEP_SUCCESS:
            step.state, step.seconds = "done", record.event_log_entry.timestamp - step.seconds
        case Kind.STEP_FAILURE:
            step.state, step.seconds = "failed", record.event_log_entry.timestamp - step.seconds
        case Kind.STEP_SKIPPED:
            step.state = "skipped"
        case Kind.ASSET_MATERIALIZATION:
            _note_materialization(step, event)
        case Kind.ASSET_CHECK_EVALUATION:
            passed = event.asset_check_evaluation_data.passed
            step.checks_passed += passed
            step.checks_failed += not passed
        case _:
            pass


def _note_materialization(step: Step, event: DagsterEvent) -> None:
    materialization = event.step_materialization_data.materialization
    asset = materialization.asset_key.to_user_string()
    rows = materialization.metadata.get("dagster/row_count")
    quarantined = materialization.metadata.get("rows quarantined")
    if rows is not None:
        step.rows[asset] = int(rows.value)  # type: ignore[arg-type]
    if quarantined is not None:
        step.quarantined[asset] = int(quarantined.value)  # type: ignore[arg-type]

"""What happens by itself: new deliveries are built, and readers are told how a build went."""

from collections.abc import Iterable
from pathlib import Path

import dagster as dg

from data.ingest.ledger import position
from data.ingest.load import pending
from orchestration import publication
from orchestration.jobs import build, range_tags
from orchestration.partitions import waiting_months
from orchestration.resources import Bank
from orchestration.warehouse_state import changed_months
from runtime.clock import now

UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]

SETTLED_SECONDS = 10
"""A file that was written to later than this ago may not be complete."""


def still_arriving(files: Iterable[Path]) -> bool:
    """Whether one of the files was touched a moment ago (by its change time: a copy may keep an old date)."""
    newest = max((file.stat().st_ctime for file in files), default=0.0)
    return now().timestamp() - newest < SETTLED_SECONDS


@dg.sensor(
    job=build,
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Looks for files in landing that were not loaded yet, and for loaded months that were not "
    "built yet, and builds what they touch.",
)
def new_deliveries(context: dg.SensorEvaluationContext, bank: Bank) -> dg.RunRequest | dg.SkipReason:
    """One run for all months touched; not asked for again until something else arrives."""
    if context.instance.get_runs_count(dg.RunsFilter(statuses=UNFINISHED)):
        return dg.SkipReason("A run is under way; what is new waits for it.")
    waiting = pending(bank.settings)
    if still_arriving(waiting_file.file.path for waiting_file in waiting):
        return dg.SkipReason("Files are still arriving; they are taken together when nothing moves any more.")
    months = sorted(waiting_months(bank.settings).keys() | set(changed_months(bank.settings)))
    if not months:
        return dg.SkipReason("Nothing new in landing.")
    key = f"{position(bank.settings)}:{':'.join(sorted(file.fingerprint for file in waiting))}"
    return dg.RunRequest(run_key=key, tags=range_tags(months[0], months[-1]))


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.STARTED,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tells the dashboard that a build is under way.",
)
def build_started(context: dg.RunStatusSensorContext, bank: Bank) -> None:
    """Write `building` to the status that readers watch."""
    publication.set_status(
        bank.settings.published,
        "building",
        run_id=context.dagster_run.run_id,
        message="A build is under way.",
    )


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tells the dashboard that all is well.",
)
def build_succeeded(context: dg.RunStatusSensorContext, bank: Bank) -> None:
    """Write `ok` to the status that readers watch."""
    publication.set_status(
        bank.settings.published, "ok", run_id=context.dagster_run.run_id, message="Built and checked."
    )


@dg.run_failure_sensor(
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tells the dashboard that a build failed and why; the snapshot before stays in place.",
)
def build_failed(context: dg.RunFailureSensorContext, bank: Bank) -> None:
    """Write `failed` with the reason to the status that readers watch."""
    run_id = context.dagster_run.run_id
    reason, failed_checks = publication.failure_reason(context.instance, run_id)
    publication.set_status(
        bank.settings.published, "failed", run_id=run_id, message=reason, failed_checks=failed_checks
    )

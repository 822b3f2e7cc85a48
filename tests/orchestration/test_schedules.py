"""Every night the open month is rebuilt, once."""

from __future__ import annotations

from datetime import UTC, datetime

import dagster as dg

from orchestration.jobs import RANGE_END, RANGE_START
from orchestration.schedules import schedules


def test_open_month_is_rebuilt_after_the_banks_end_of_day() -> None:
    partitions = dg.MonthlyPartitionsDefinition(
        start_date="2025-10", end_date="2026-01", fmt="%Y-%m", timezone="UTC", end_offset=1
    )
    (every_night,) = schedules(partitions)
    assert (every_night.cron_schedule, every_night.execution_timezone) == ("30 4 * * *", "UTC")
    assert every_night.default_status == dg.DefaultScheduleStatus.RUNNING
    night = datetime(2025, 12, 31, 4, 30, tzinfo=UTC)
    tick = every_night.evaluate_tick(dg.build_schedule_context(scheduled_execution_time=night))
    assert tick.run_requests is not None
    (request,) = tick.run_requests
    month = partitions.get_partition_keys()[-1]
    assert (request.tags[RANGE_START], request.tags[RANGE_END]) == (month, month)
    assert request.run_key == "2025-12-31"

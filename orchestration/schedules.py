"""When the open month is rebuilt without anybody asking."""

import dagster as dg

from orchestration.jobs import build, range_tags


def schedules(partitions: dg.MonthlyPartitionsDefinition) -> list[dg.ScheduleDefinition]:
    """Every night, after the bank's own end of day."""

    @dg.schedule(
        name="every_night",
        job=build,
        cron_schedule="30 4 * * *",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Rebuilds the open month at 04:30 UTC from what was delivered.",
    )
    def every_night(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        month = partitions.get_partition_keys()[-1]
        return dg.RunRequest(
            run_key=f"{context.scheduled_execution_time:%Y-%m-%d}", tags=range_tags(month, month)
        )

    return [every_night]

"""What the checks said: the newest evaluation of each, as publication and people need it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

import dagster as dg

from orchestration.publication import Check


def blocking_final(manifest: Mapping[str, Any]) -> set[str]:
    """Names of the tests whose meta says `blocks: final`: while one fails, figures are provisional."""
    return {
        node["name"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and node["config"].get("meta", {}).get("blocks") == "final"
    }


def latest_checks(
    instance: dg.DagsterInstance, keys: Iterable[dg.AssetCheckKey], final: AbstractSet[str]
) -> list[Check]:
    """The newest evaluation of every check that was evaluated at all, in the order of their names.

    `final` names those that keep figures from being final.
    """
    records = instance.event_log_storage.get_latest_asset_check_execution_by_key(list(keys))
    checks = []
    for key, record in records.items():
        event = record.event.dagster_event if record.event else None
        if event is None or event.event_type != dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            continue  # planned in a run that did not get to it
        evaluation = event.asset_check_evaluation_data
        failed_rows = evaluation.metadata.get("dagster_dbt/failed_row_count")
        checks.append(
            Check(
                name=key.name,
                asset=key.asset_key.to_user_string(),
                passed=evaluation.passed,
                blocking=evaluation.severity == dg.AssetCheckSeverity.ERROR,
                failed_rows=int(failed_rows.value) if failed_rows is not None else None,  # type: ignore[arg-type]
                keeps_from_final=key.name in final,
            )
        )
    return sorted(checks, key=lambda check: (check.asset, check.name))


def why_not_publish(keys: Iterable[dg.AssetCheckKey], checks: Iterable[Check]) -> str | None:
    """What keeps a build from being published: blocking checks that failed, or checks that never ran."""
    checks = list(checks)
    failed = [f"{check.asset}: {check.name}" for check in checks if check.blocking and not check.passed]
    if failed:
        return f"{len(failed)} blocking checks failed: {'; '.join(failed)}"
    evaluated = {(check.asset, check.name) for check in checks}
    never = sorted(key.name for key in keys if (key.asset_key.to_user_string(), key.name) not in evaluated)
    if never:
        return f"{len(never)} checks never ran: {'; '.join(never)}"
    return None

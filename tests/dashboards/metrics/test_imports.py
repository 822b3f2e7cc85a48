"""A reader's process is light: neither Dagster nor dbt, and pandas only when somebody asks for a frame."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from runtime.settings import PROJECT_ROOT

_CODE = """
import json, sys
from pathlib import Path
from dashboards.metrics import MetricRequest, export, query, registry, sql
from dashboards.snapshot import current
with current(Path(sys.argv[1])) as snapshot:
    list(registry(snapshot))
    listed = sorted(sys.modules)
    export(query(snapshot, MetricRequest.of(("nim", "npl_ratio"), ("metric_time__month",))), "json")
    export(sql(snapshot, "FROM dim_branch"), "table")
print(json.dumps({"listed": listed, "asked": sorted(sys.modules)}))
"""


def test_a_reader_loads_neither_dagster_nor_dbt(published: Path) -> None:
    command = [sys.executable, "-c", _CODE, str(published)]
    done = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    asked = {name.partition(".")[0] for name in found["asked"]}
    # the semantic layer itself is MetricFlow's own; it brings no part of dbt
    assert asked.isdisjoint({"dagster", "dbt", "dbt_common", "dbt_semantic_interfaces", "panel", "pandas"})
    assert "metricflow" in asked
    assert "metricflow" not in {name.partition(".")[0] for name in found["listed"]}

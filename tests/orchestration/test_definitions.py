"""The graph as a data engineer meets it: complete, described, owned, and shaped so that backfills work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from runtime.settings import PROJECT_ROOT

DESCRIBE = """
import json, sys
import dagster as dg
from orchestration.definitions import defs, settings
graph = defs.resolve_asset_graph()
out = {}
for key in graph.get_all_asset_keys():
    node = graph.get(key)
    out[key.to_user_string()] = {
        "parents": sorted(parent.to_user_string() for parent in node.parent_keys),
        "partitioned": node.partitions_def is not None,
        "description": node.description,
        "group": node.group_name,
        "kinds": sorted(node.kinds),
        "owners": sorted(node.owners),
        "pools": sorted(node.pools or []),
        "made": node.is_executable,
        "policy": getattr(node.backfill_policy, "max_partitions_per_run", "none"),
    }
checks = sorted(f"{key.asset_key.to_user_string()}:{key.name}" for key in graph.asset_check_keys)
dg.Definitions.validate_loadable(defs)
print(json.dumps({"assets": out, "checks": checks, "manifest": str(settings.dbt_target / "manifest.json")}))
"""


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The definitions as a fresh process sees them on a bank that has delivered nothing."""
    environment = os.environ | {"BANK_DATA": str(tmp_path_factory.mktemp("empty-bank"))}
    result = subprocess.run(
        [sys.executable, "-c", DESCRIBE],
        cwd=PROJECT_ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])


def test_every_asset_says_what_it_is_and_who_mends_it(graph: dict[str, Any]) -> None:
    for name, asset in graph["assets"].items():
        assert asset["description"], f"{name} has no description"
        assert asset["group"] not in {None, "default"}, f"{name} has no group"
        assert asset["owners"], f"{name} has no owner"
        assert asset["kinds"], f"{name} has no kind"


def test_no_lineage_edge_is_missing_against_the_dbt_manifest(graph: dict[str, Any]) -> None:
    manifest = json.loads(Path(graph["manifest"]).read_text())

    def key(unique_id: str) -> str:
        node = manifest["nodes"].get(unique_id) or manifest["sources"][unique_id]
        is_source = unique_id.startswith("source.")
        return f"{node['source_name']}/{node['name']}" if is_source else node["name"]

    for unique_id, node in manifest["nodes"].items():
        if node["resource_type"] not in {"model", "seed"}:
            continue
        parents = {key(parent) for parent in node["depends_on"].get("nodes", [])}
        assert parents <= set(graph["assets"][key(unique_id)]["parents"]) | {key(unique_id)}, unique_id


def test_between_partitioned_assets_there_is_no_unpartitioned_one(graph: dict[str, Any]) -> None:
    """Dagster's backfills walk through partitioned assets only; what hangs behind another is dropped."""
    assets = graph["assets"]

    def has_partitioned_ancestor(name: str) -> bool:
        return any(
            assets[parent]["partitioned"] or has_partitioned_ancestor(parent)
            for parent in assets[name]["parents"]
            if parent in assets
        )

    models = {"models/fraud_detector"}  # its scores also hang on the features, which are partitioned
    for name, asset in assets.items():
        if not asset["partitioned"]:
            continue
        for parent in asset["parents"]:
            if parent in assets and not assets[parent]["partitioned"] and parent not in models:
                assert not has_partitioned_ancestor(parent), f"{parent} stands between months and {name}"
    scores = assets["models/transaction_score"]["parents"]
    assert any(assets[parent]["partitioned"] for parent in scores)


def test_whoever_opens_the_warehouse_takes_its_pool(graph: dict[str, Any]) -> None:
    for name, asset in graph["assets"].items():
        if asset["made"] and not name.startswith("raw/"):
            assert asset["pools"] == ["warehouse"], name


def test_a_range_of_months_is_one_run(graph: dict[str, Any]) -> None:
    for name, asset in graph["assets"].items():
        if asset["partitioned"]:
            assert asset["policy"] is None, f"{name} would run once per month"


def test_publication_hangs_on_every_mart(graph: dict[str, Any]) -> None:
    manifest = json.loads(Path(graph["manifest"]).read_text())
    marts = {
        node["name"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["database"] == "bank"
    }
    assert marts
    assert marts == set(graph["assets"]["published_snapshot"]["parents"])


def test_dbt_tests_are_asset_checks(graph: dict[str, Any]) -> None:
    manifest = json.loads(Path(graph["manifest"]).read_text())
    model_tests = [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and node.get("attached_node", "").startswith("model.")
    ]
    assert len(graph["checks"]) >= len(model_tests) > 20

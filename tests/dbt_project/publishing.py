"""A bank that dbt built in a test, as readers have it: so that metrics are asked for as everybody does."""

from __future__ import annotations

import json

from dbt.contracts.graph.semantic_manifest import SemanticManifest

from dashboards.snapshot import Snapshot, current
from data.ingest.availability import availability
from data.ingest.ledger import deliveries, month_range
from orchestration.publication import Contents, publish
from tests.dbt_project.conftest import Warehouse


def published(bank: Warehouse) -> Snapshot:
    """Publish the bank's marts and open them; to be closed."""
    target = bank.settings.dbt_target
    target.mkdir(exist_ok=True)
    SemanticManifest(bank.project.manifest).write_json_to_file(str(target / "semantic_manifest.json"))
    (target / "manifest.json").write_text(json.dumps({}))
    months = month_range(bank.settings)
    assert months is not None
    publish(
        bank.settings.published,
        bank.settings.warehouse / "bank.duckdb",
        [target / "manifest.json", target / "semantic_manifest.json"],
        Contents(
            bank="Demo Bank", currency_code="EUR", run_id="run", first_month=months[0], last_month=months[1],
            business_date=None, checks=[], breaks=[], deliveries=deliveries(bank.settings),
            availability=availability(bank.settings), fingerprint="",
        ),
    )  # fmt: skip
    snapshot = current(bank.settings.published)
    assert snapshot is not None
    return snapshot

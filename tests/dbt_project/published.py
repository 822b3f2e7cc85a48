"""A bank that dbt has built, published as its readers see it."""

from __future__ import annotations

from dashboards.snapshot import Snapshot, current
from data.ingest.availability import availability
from data.ingest.ledger import deliveries, month_range
from data.ingest.sources import own_bank
from orchestration.publication import Contents, publish
from tests.dbt_project.conftest import Warehouse


def snapshot_of(bank: Warehouse) -> Snapshot:
    """The bank's marts as a published snapshot, open: to be asked as `bank metrics query` does."""
    owner = own_bank(bank.settings)
    months = month_range(bank.settings)
    assert months is not None
    publish(
        bank.settings.published,
        bank.settings.warehouse / "bank.duckdb",
        [bank.settings.dbt_target / name for name in ("manifest.json", "semantic_manifest.json")],
        Contents(
            bank=owner.bank,
            currency_code=owner.currency_code,
            run_id="test",
            first_month=months[0],
            last_month=months[1],
            business_date=str(owner.business_date),
            checks=[],
            breaks=[],
            deliveries=deliveries(bank.settings),
            availability=availability(bank.settings),
            fingerprint="",
        ),
    )
    opened = current(bank.settings.published)
    assert opened is not None
    return opened

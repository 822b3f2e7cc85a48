"""Publication as the last asset: it runs when everything before it succeeded and no blocking check failed."""

import json
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

import dagster as dg

from data.ingest.availability import availability
from data.ingest.ledger import deliveries
from data.ingest.sources import own_bank
from orchestration import publication
from orchestration.checks import blocking_final, latest_checks, why_not_publish
from orchestration.partitions import covered_months
from orchestration.resources import OWNER, WAREHOUSE_POOL, Bank
from orchestration.warehouse_state import building, mark_built, warehouse_fingerprint


def publication_assets(
    manifest_path: Path, checks: Sequence[dg.AssetCheckKey], built: AbstractSet[dg.AssetKey]
) -> list[dg.AssetsDefinition]:
    """The published snapshot, downstream of every mart.

    Args:
        manifest_path: dbt's manifest.
        checks: the checks that decide whether to publish.
        built: every asset that a run must have made anew before its months count as built.
    """
    manifest = json.loads(manifest_path.read_text())
    final = blocking_final(manifest)
    marts = sorted(
        node["name"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node.get("database") == "bank"
    )

    @dg.asset(
        deps=[dg.AssetKey(mart) for mart in marts],
        group_name="control",
        kinds={"python", "duckdb"},
        owners=[OWNER],
        pool=WAREHOUSE_POOL,
        tags={"layer": "publication"},
    )
    def published_snapshot(context: dg.AssetExecutionContext, bank: Bank) -> dg.MaterializeResult:
        """The marts as a read-only folder that dashboards, reports and the command line read.

        The pointer moves only when every blocking check passed; otherwise readers keep the snapshot before.
        While the books hold a break, what is published is provisional.
        """
        settings = bank.settings
        evaluated = latest_checks(context.instance, checks, final)
        reason = why_not_publish(checks, evaluated)
        if reason:
            raise dg.Failure(
                f"Not published: {reason}. The snapshot before stays in place. "
                "Open the checks in the UI for their failed rows.",
                allow_retries=False,
            )
        first, last = covered_months(settings)
        owner = own_bank(settings)
        published = publication.publish(
            settings.published,
            bank.marts_file,
            [manifest_path, manifest_path.with_name("semantic_manifest.json")],
            publication.Contents(
                bank=owner.bank,
                currency_code=owner.currency_code,
                run_id=context.run.run_id,
                first_month=first,
                last_month=last,
                business_date=str(owner.business_date) if owner.business_date else None,
                checks=evaluated,
                breaks=(breaks := _breaks(bank)),
                deliveries=deliveries(settings),
                availability=availability(settings) | _reported_concepts(bank),
                fingerprint=warehouse_fingerprint(settings),
                as_of=settings.as_of.isoformat() if settings.as_of else None,
            ),
        )
        noted = building(settings, context.run.run_id)
        if noted is not None and (context.run.asset_selection or built) >= built:
            mark_built(settings, noted.position, noted.months)
        removed = publication.prune(settings.published)
        return dg.MaterializeResult(
            metadata={
                "build": published,
                "checks passed": sum(check.passed for check in evaluated),
                "checks warned": sum(not check.passed for check in evaluated),
                "breaks in the books": sum(one.count for one in breaks),
                "folder": dg.MetadataValue.path(str(settings.published / published)),
                "snapshots removed": len(removed),
            }
        )

    return [published_snapshot]


def _breaks(bank: Bank) -> list[publication.Break]:
    """What does not reconcile in the books, by kind."""
    with bank.connect(read_only=True) as connection:
        found = connection.execute(
            "select kind, count(*), sum(abs(difference_reporting))::double, max(age_days) "
            "from bank.marts.fct_recon_break group by kind order by kind"
        ).fetchall()
    return [publication.Break(*row) for row in found]


def _reported_concepts(bank: Bank) -> dict[str, list[str]]:
    """`financial_fact.value[concept]` → months: a long table's column holds data concept by concept."""
    with bank.connect(read_only=True) as connection:
        found = connection.execute(
            "select concept, list(distinct strftime(period_end, '%Y-%m') order by 1) "
            "from staging.stg_financial_fact as facts "
            "where value is not null and not exists "
            "(from staging.stg_peer_entity as peers where peers.entity_id = facts.entity_id) group by concept"
        ).fetchall()
    return {f"financial_fact.value[{concept}]": months for concept, months in found}

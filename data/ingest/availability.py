"""Which contract columns hold data in which months: what a metric needs to know before it is asked for."""

from __future__ import annotations

import json
from collections import defaultdict

from data.ingest.ledger import filled_columns
from runtime.settings import Settings


def availability(settings: Settings) -> dict[str, list[str]]:
    """`table.column` → months (`YYYY-MM`) in which at least one live row has a value."""
    months: dict[str, set[str]] = defaultdict(set)
    for row in filled_columns(settings):
        for column in json.loads(row["filled"]):
            months[f"{row['table_name']}.{column}"].add(row["month"])
    return {name: sorted(found) for name, found in sorted(months.items())}

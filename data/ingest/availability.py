"""Which contract columns, and which tables of models, hold data in which months: what a metric needs to know
before it is asked for.
"""

from __future__ import annotations

import json
from collections import defaultdict

from data.ingest.ledger import filled_columns
from data.ingest.views import MODEL_TABLES
from runtime.settings import Settings


def availability(settings: Settings) -> dict[str, list[str]]:
    """`table.column` → months (`YYYY-MM`) in which a live row has a value; `models.table` alike."""
    months: dict[str, set[str]] = defaultdict(set)
    for row in filled_columns(settings):
        for column in json.loads(row["filled"]):
            months[f"{row['table_name']}.{column}"].add(row["month"])
    for table in MODEL_TABLES:
        for file in (settings.models / table).glob("month=*/*.parquet"):
            months[f"models.{table}"].add(file.parent.name.removeprefix("month="))
    return {name: sorted(found) for name, found in sorted(months.items())}

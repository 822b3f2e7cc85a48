"""Everything that Dagster knows, wired together."""

from __future__ import annotations

import dagster as dg

from orchestration import sensors
from orchestration.assets.models import AWAITED, model_assets
from orchestration.assets.publication import publication_assets
from orchestration.assets.raw import raw_assets
from orchestration.assets.warehouse import warehouse_assets
from orchestration.dbt import ensure_manifest
from orchestration.instance import prepare_environment
from orchestration.jobs import build
from orchestration.partitions import monthly
from orchestration.resources import resources
from orchestration.schedules import schedules
from runtime.settings import load_settings

settings = load_settings()
prepare_environment(settings)
manifest = ensure_manifest(settings)
partitions = monthly(settings)

warehouse = warehouse_assets(settings, manifest, partitions)
models = model_assets(partitions)
built = {key for assets in [*warehouse, *models] for key in assets.keys}
checks = [key for assets in warehouse for key in assets.check_keys]

defs = dg.Definitions(
    assets=[
        *raw_assets(partitions),
        *warehouse,
        *models,
        *AWAITED,
        *publication_assets(manifest, checks, built),
    ],
    jobs=[build],
    schedules=schedules(partitions),
    sensors=[sensors.new_deliveries, sensors.build_started, sensors.build_succeeded, sensors.build_failed],
    resources=resources(settings),
    # A step in a process of its own, but forked from one that has imported this module already: 2 s
    # instead of 17 s a step. In one process dbt's metadata reader and our own DuckDB handle would clash.
    executor=dg.multiprocess_executor.configured(
        {
            "max_concurrent": 2,
            "start_method": {"forkserver": {"preload_modules": ["orchestration.definitions"]}},
        }
    ),
)

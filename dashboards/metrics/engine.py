"""MetricFlow over one snapshot: names in, SQL out. No dbt adapter is loaded, nothing is run here."""

from __future__ import annotations

import functools
import json
import threading
from typing import TYPE_CHECKING, Any, Never

from dashboards.metrics.registry import is_stock
from dashboards.snapshot import Snapshot

if TYPE_CHECKING:
    from metricflow.engine.metricflow_engine import MetricFlowEngine

# MetricFlow numbers its subqueries from a counter of the process, so two compilations must not interleave.
_compiling = threading.Lock()


class Engine:
    """Compiles questions, each once."""

    def __init__(self, manifest: str) -> None:
        self._engine = _metricflow(manifest)
        self.compile = functools.lru_cache(maxsize=4096)(self._compile)

    def _compile(self, metrics: tuple[str, ...], group_by: tuple[str, ...], where: tuple[str, ...]) -> str:
        """SQL with one column per group and metric, in no order. `where` holds MetricFlow's filter texts.

        Time is bounded by a filter too: MetricFlow's own time constraint knows no day before 2000 and widens
        itself to whole periods of the grouping.
        """
        from metricflow.engine.metricflow_engine import MetricFlowQueryRequest

        with _compiling:
            return self._engine.explain(
                MetricFlowQueryRequest.create(
                    metric_names=metrics, group_by_names=group_by or None, where_constraints=where
                )
            ).sql_statement.without_descriptions.sql


def engine(snapshot: Snapshot) -> Engine:
    """The engine of a snapshot, made at the first question (about one second, most of it imports).

    A snapshot with the same metrics as the one before takes over its engine and all that this has compiled:
    SQL names the database and its tables, never the folder they lie in.
    """
    return snapshot.keep("engine", lambda: _engine_of(_canonical(snapshot.semantic_manifest.read_text())))


@functools.lru_cache(maxsize=2)  # the newest snapshot's and, while it takes over, the one's before
def _engine_of(manifest: str) -> Engine:
    return Engine(manifest)


def _canonical(manifest: str) -> str:
    """The manifest in an order of its own: dbt writes its lists in the order in which it read the files."""
    document = json.loads(manifest)
    for name in ("semantic_models", "metrics"):
        document[name].sort(key=lambda one: one["name"])
    document["project_configuration"]["time_spines"].sort(key=lambda one: one["node_relation"]["alias"])
    return json.dumps(document, sort_keys=True)


def _metricflow(manifest: str) -> MetricFlowEngine:
    from metricflow.engine.metricflow_engine import MetricFlowEngine
    from metricflow_semantics.model.dbt_manifest_parser import parse_manifest_from_dbt_generated_manifest
    from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

    parsed = parse_manifest_from_dbt_generated_manifest(manifest_json_string=_without_stocks(manifest))
    return MetricFlowEngine(SemanticManifestLookup(parsed), _dialect())


def _without_stocks(manifest: str) -> str:
    """The manifest with stocks as plain sums: `query` bounds them to one month per period itself.

    MetricFlow would join each stock to its last month, after the filters: a slice without rows in the last
    month would show an earlier one.
    """
    document = json.loads(manifest)
    for model in document["semantic_models"]:
        for measure in model["measures"]:
            if is_stock(model, measure):
                measure["non_additive_dimension"] = None
    return json.dumps(document)


def _dialect() -> Any:
    """The client MetricFlow asks for its dialect. It never runs anything: compiled SQL is run by `query`."""
    from metricflow.protocols.sql_client import SqlEngine
    from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer

    class Dialect:
        sql_engine_type = SqlEngine.DUCKDB
        sql_plan_renderer = DuckDbSqlPlanRenderer()

        def query(self, *_: Any, **__: Any) -> Never:
            raise RuntimeError("MetricFlow only compiles here; dashboards.metrics.query runs the SQL")

        execute = dry_run = query

        def close(self) -> None:
            """Holds nothing open."""

        def render_bind_parameter_key(self, bind_parameter_key: str) -> str:
            return f"${bind_parameter_key}"

    return Dialect()

"""The one way from a question (metrics, groups, filters, period, who asks) to a table."""

from dashboards.metrics.availability import known_from
from dashboards.metrics.behind import Behind, rows_behind
from dashboards.metrics.compare import AGAINST, Against, Change, change, compare, steps, together
from dashboards.metrics.describe import catalogue, describe
from dashboards.metrics.lineage import Lineage, lineage
from dashboards.metrics.output import FORMATS, export, rows, write
from dashboards.metrics.page import metrics_page
from dashboards.metrics.query import MetricTable, compiled, query
from dashboards.metrics.registry import Metric, Registry, registry
from dashboards.metrics.request import Filter, MetricRequest
from dashboards.metrics.sql import sql
from dashboards.metrics.table import Table
from dashboards.metrics.targets import target_of

__all__ = [
    "AGAINST",
    "FORMATS",
    "Against",
    "Behind",
    "Change",
    "Filter",
    "Lineage",
    "Metric",
    "MetricRequest",
    "MetricTable",
    "Registry",
    "Table",
    "catalogue",
    "change",
    "compare",
    "compiled",
    "describe",
    "export",
    "known_from",
    "lineage",
    "metrics_page",
    "query",
    "registry",
    "rows",
    "rows_behind",
    "sql",
    "steps",
    "target_of",
    "together",
    "write",
]

"""The one way from a question (metrics, groups, filters, period, who asks) to a table."""

from dashboards.metrics.availability import known_from
from dashboards.metrics.behind import Behind, rows_behind
from dashboards.metrics.compare import (
    AGAINST,
    TARGET,
    Against,
    Change,
    change,
    compare,
    rest,
    steps,
    together,
)
from dashboards.metrics.describe import catalogue, describe
from dashboards.metrics.lineage import Lineage, lineage
from dashboards.metrics.output import FORMATS, export, rows, write
from dashboards.metrics.page import metrics_page
from dashboards.metrics.peers import PEER_BASES, PEERS
from dashboards.metrics.query import MetricTable, compiled, query
from dashboards.metrics.registry import Metric, Registry, registry
from dashboards.metrics.request import Filter, MetricRequest
from dashboards.metrics.spans import BASIS, DAILY
from dashboards.metrics.sql import sql
from dashboards.metrics.table import Table
from dashboards.metrics.targets import target_of

__all__ = [
    "AGAINST",
    "BASIS",
    "DAILY",
    "FORMATS",
    "PEERS",
    "PEER_BASES",
    "TARGET",
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
    "rest",
    "rows",
    "rows_behind",
    "sql",
    "steps",
    "target_of",
    "together",
    "write",
]

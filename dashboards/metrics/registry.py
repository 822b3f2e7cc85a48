"""Every metric with what a person must know of it, read from the snapshot's semantic manifest.

A metric inherits the meta of the semantic models its measures come from: what they require adds up, the rest
counts where it says nothing itself. A measure that only ratios use is a metric without a unit: no list shows
it. Reads JSON only: a list of metrics costs no import of MetricFlow.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from dashboards.snapshot import Snapshot
from runtime.errors import BankError

GRAINS = ("day", "week", "month", "quarter", "year")


@dataclass(frozen=True)
class Metric:
    """One metric of the registry.

    Values of unit `%` are fractions (0.034 is 3.4 %), of `bps` basis points, of `ccy` currency units.
    """

    id: str
    label: str
    description: str
    domain: str
    unit: str
    better: str
    """up, down, or ctx: it depends."""
    authority: str
    requires: tuple[str, ...]
    """Contract columns, `table.column`, and tables of models, `models.table`, that must hold data; of those
    joined by ` | ` one is enough.
    """
    hidden: bool
    """A part of other metrics that no list shows; can be asked for all the same."""
    kind: str
    """flow: summed over time; stock: a position, of several months the last one counts."""
    grain: str
    """Finest grain of time: day or month."""
    numerator: str | None
    denominator: str | None
    dimensions: tuple[str, ...]
    """Group-by names, without those of time."""
    ahead: bool
    """Reaches past the last month of data: a forecast."""
    within: Mapping[str, str | None]
    """Dimensions that are never summed over, to the value that counts where a question says nothing of them;
    None where it must say something."""
    lookback: int
    """How many months before a period the inputs must begin."""
    additive: bool
    """Months can be added up: a sum or count, and no median or count of distinct things."""
    inputs: Mapping[str, str]
    """Of a derived metric: the names in its formula to the metrics they stand for."""
    undefined: str
    """When the metric has no value although its inputs are there."""
    owner: str
    thresholds: Mapping[str, float | str]
    """Where they come from (`source`: target, peers, authority); `amber`, `red` where an authority says."""
    marts: tuple[str, ...]
    formula: str
    """The expression over the marts' columns, or numerator / denominator."""

    @property
    def groups(self) -> tuple[str, ...]:
        """Everything the metric can be grouped by."""
        return (*self.time_grains, *self.dimensions)

    @property
    def time_grains(self) -> tuple[str, ...]:
        """Names of time that the metric can be grouped by."""
        # weeks cut months, so a metric known by month has none
        grains = GRAINS if self.grain == "day" else GRAINS[GRAINS.index("month") :]
        return tuple(f"metric_time__{grain}" for grain in grains)


class Registry:
    """The metrics of one snapshot: iterating gives those that lists show, indexing finds hidden ones too."""

    def __init__(self, metrics: Iterable[Metric], places: Mapping[str, list[tuple[str, str]]]) -> None:
        self._metrics = {metric.id: metric for metric in metrics}
        self.places = places
        """Dimension to every mart that has it, with its expression there."""

    def __iter__(self) -> Iterator[Metric]:
        return (metric for metric in self._metrics.values() if not metric.hidden)

    def __contains__(self, name: str) -> bool:
        return name in self._metrics

    def __getitem__(self, name: str) -> Metric:
        """The metric.

        Raises:
            BankError: there is none of this name; names the nearest.
        """
        try:
            return self._metrics[name]
        except KeyError:
            shown = [metric.id for metric in self]
            raise BankError(
                f"There is no metric {name}.",
                nearest(name, shown) or f"There are {len(shown)} others.",
                "`bank metrics list` shows them all.",
            ) from None

    @property
    def every(self) -> list[Metric]:
        """All metrics, those that are only parts of others included."""
        return list(self._metrics.values())

    @property
    def dimensions(self) -> list[str]:
        """Every name that some metric can be grouped by, sorted."""
        return sorted({name for metric in self.every for name in metric.groups})


def registry(snapshot: Snapshot) -> Registry:
    """The registry of a snapshot, read once."""
    return snapshot.keep("registry", lambda: read_registry(snapshot.semantic_manifest.read_text()))


def read_registry(manifest: str) -> Registry:
    """The registry of a semantic manifest as dbt writes it."""
    document = json.loads(manifest)
    models = document["semantic_models"]
    attributes = _attributes(models)
    sources = {
        measure["name"]: (model, measure) for model in models for measure in model.get("measures") or ()
    }
    raw = {metric["name"]: metric for metric in document["metrics"]}
    return Registry(
        (_metric(metric, raw, sources, attributes) for metric in document["metrics"]), _places(models)
    )


def nearest(name: str, names: Iterable[str]) -> str:
    """A sentence that names what is spelt alike; empty where nothing is."""
    close = get_close_matches(name, list(names), n=3, cutoff=0.5)
    return f"Nearest: {', '.join(close)}." if close else ""


def _attributes(models: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Shared entity to its attributes as group-by names, from the models that have it as their key."""
    return {
        entity["name"]: [f"{entity['name']}__{name}" for name in _categories(model)]
        for model in models
        for entity in model["entities"] or ()
        if entity["type"] in ("primary", "natural")
    }


def _places(models: list[dict[str, Any]]) -> dict[str, list[tuple[str, str]]]:
    places: dict[str, list[tuple[str, str]]] = {}
    for model in models:
        mart = model["node_relation"]["alias"]
        keys = [one["name"] for one in model["entities"] or () if one["type"] in ("primary", "natural")]
        owner = keys[0] if keys else model.get("primary_entity")
        for entity in model["entities"] or ():
            places.setdefault(entity["name"], []).append((mart, entity.get("expr") or entity["name"]))
        for one in model["dimensions"] or ():
            if one["type"] == "categorical":
                places.setdefault(f"{owner}__{one['name']}", []).append(
                    (mart, one.get("expr") or one["name"])
                )
    return places


def _metric(
    raw: dict[str, Any],
    metrics: Mapping[str, dict[str, Any]],
    sources: Mapping[str, tuple[dict[str, Any], dict[str, Any]]],
    attributes: Mapping[str, list[str]],
) -> Metric:
    leaves = [sources[name] for name in _measures(raw, metrics)]
    by_model = {model["name"]: model for model, _ in leaves}
    dimensions = [_dimensions(model, attributes) for model in by_model.values()]
    grains = [_grain(model, measure) for model, measure in leaves]
    parameters = raw["type_params"]
    ratio = raw["type"] == "ratio"
    own = _meta(raw)
    inherited = [_meta(model) for model in by_model.values()]
    meta = inherited[0] | own
    requires = [column for one in (*inherited, own) for column in one.get("requires") or ()]
    return Metric(
        id=raw["name"],
        label=raw.get("label") or raw["name"],
        description=raw.get("description") or "",
        domain=meta.get("domain", ""),
        unit=meta.get("unit", "n"),
        better=meta.get("better", "ctx"),
        authority=meta.get("authority", ""),
        requires=tuple(dict.fromkeys(requires)),
        hidden="unit" not in own,
        kind="stock" if all(is_stock(*leaf) for leaf in leaves) else "flow",
        grain=max(grains, key=GRAINS.index),
        numerator=parameters["numerator"]["name"] if ratio else None,
        denominator=parameters["denominator"]["name"] if ratio else None,
        dimensions=tuple(name for name in dimensions[0] if all(name in other for other in dimensions[1:])),
        ahead=bool(meta.get("ahead")),
        within={name: value for one in inherited for name, value in (one.get("within") or {}).items()},
        lookback=int(meta.get("lookback") or 0),
        additive=all(measure["agg"] in ("sum", "count") for _, measure in leaves),
        inputs={one.get("alias") or one["name"]: one["name"] for one in parameters.get("metrics") or ()}
        if raw["type"] == "derived"
        else {},
        undefined=meta.get("undefined", ""),
        owner=meta.get("owner", ""),
        thresholds=meta.get("thresholds") or {},
        marts=tuple(model["node_relation"]["alias"] for model in by_model.values()),
        formula=_formula(raw, sources),
    )


def _meta(node: dict[str, Any]) -> dict[str, Any]:
    return (node.get("config") or {}).get("meta") or {}


def _measures(raw: dict[str, Any], metrics: Mapping[str, dict[str, Any]]) -> list[str]:
    """The measures under a metric, however deep."""
    parameters = raw["type_params"]
    if raw["type"] in ("simple", "cumulative"):
        return [parameters["measure"]["name"]]
    if raw["type"] == "ratio":
        inputs = [parameters["numerator"], parameters["denominator"]]
    else:
        inputs = parameters["metrics"]
    return [leaf for one in inputs for leaf in _measures(metrics[one["name"]], metrics)]


def _dimensions(model: dict[str, Any], attributes: Mapping[str, list[str]]) -> list[str]:
    names = []
    for entity in model["entities"] or ():
        names.append(entity["name"])
        names += attributes.get(entity["name"], [])
    own = model.get("primary_entity")
    return names + ([f"{own}__{name}" for name in _categories(model)] if own else [])


def _categories(model: dict[str, Any]) -> list[str]:
    return [one["name"] for one in model["dimensions"] or () if one["type"] == "categorical"]


def _time(model: dict[str, Any], measure: dict[str, Any]) -> str:
    return measure.get("agg_time_dimension") or model["defaults"]["agg_time_dimension"]


def _grain(model: dict[str, Any], measure: dict[str, Any]) -> str:
    dimension = next(one for one in model["dimensions"] if one["name"] == _time(model, measure))
    return dimension["type_params"]["time_granularity"]


def is_stock(model: dict[str, Any], measure: dict[str, Any]) -> bool:
    """Whether a measure is a position: summed over everything but the mart's own time."""
    return (measure.get("non_additive_dimension") or {}).get("name") == _time(model, measure)


def _formula(raw: dict[str, Any], sources: Mapping[str, tuple[dict[str, Any], dict[str, Any]]]) -> str:
    parameters = raw["type_params"]
    if raw["type"] == "ratio":
        return f"{parameters['numerator']['name']} / {parameters['denominator']['name']}"
    if raw["type"] == "derived":
        return parameters["expr"]
    model, measure = sources[parameters["measure"]["name"]]
    expression = measure.get("expr") or measure["name"]
    return f"{measure['agg']}({expression}) of {model['node_relation']['alias']}"

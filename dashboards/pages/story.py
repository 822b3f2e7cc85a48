"""The headline and the line under it: what happened and why, computed from the data.

The contributions that are named sum to the change: every part of the total that moved is named, and of the
branches the largest ones with the rest as one figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboards.charts.data.waterfall import Contribution, changes, contributions
from dashboards.components.html import text
from dashboards.dimensions import dimension
from dashboards.metrics import Change as Moved
from dashboards.metrics import Filter, Metric, MetricRequest
from dashboards.metrics import change as moved_between
from dashboards.metrics.format import number
from dashboards.pages.declare import HeadSpec, StorySpec, TellSpec
from dashboards.pages.figures import at, change_text
from dashboards.reader import Reader
from dashboards.selection import Selection

NAMED = 2
"""How many values of the explaining dimension a sentence names."""

WORTH_NAMING = 0.1
"""Share of the change from which a branch's contribution is named in the headline."""


@dataclass(frozen=True)
class Story:
    """A headline (text) and a lede (HTML with the figures in bold)."""

    headline: str
    lede: str


@dataclass(frozen=True)
class Mover:
    """A branch, or what the story is told by, and its part of the change."""

    key: str
    name: str
    value: float


def story(spec: StorySpec | HeadSpec | TellSpec, reader: Reader, selection: Selection) -> Story:
    """What happened in the selected period, and why."""
    if isinstance(spec, TellSpec):
        return Story(*spec.tell(reader, selection))
    if isinstance(spec, HeadSpec):
        return _headline(spec, reader, selection)
    assert spec.explains.total is not None
    metric = reader.metric(spec.explains.total.metric)
    moved = changes(spec.explains.metrics, reader, selection)
    total = moved[metric.id]
    if total.value is None or total.absolute is None:
        return _otherwise(spec, reader, selection)
    parts = contributions(spec.explains, moved)
    movers = [] if spec.dimension in selection.chosen else _movers(spec.dimension, metric, reader, selection)
    headline = _what(spec.subject, metric, total, selection) + _why(parts, movers, metric, total)
    return Story(headline, _lede(parts, movers, metric, total, spec, reader, selection))


def _what(subject: str, metric: Metric, total: Moved, selection: Selection) -> str:
    assert total.value is not None and total.reference is not None and total.absolute is not None
    place = selection.place(metric.dimensions)
    name = f"{subject} of {place}" if place else subject
    on = selection.comparison.name
    loss, lost = number(-total.value, metric.unit), number(-total.reference, metric.unit)
    if total.value < 0 <= total.reference:
        return f"{name} turned into a loss of {loss}"
    if total.value < 0:
        return f"{name} is a loss of {loss}, {'smaller' if total.absolute > 0 else 'larger'} than in {on}"
    if total.reference < 0:
        return f"{name} is {number(total.value, metric.unit)} after a loss of {lost} in {on}"
    if total.relative is None:
        same = total.absolute == 0
        return f"{name} is {number(total.value, metric.unit)}, {'as' if same else 'after nothing'} in {on}"
    if round(abs(total.relative), 3) == 0:
        return f"{name} is level with {on}"
    return f"{name} is {'up' if total.relative > 0 else 'down'} {number(abs(total.relative), '%')} on {on}"


def _why(parts: Sequence[Contribution], movers: Sequence[Mover], metric: Metric, total: Moved) -> str:
    """The largest part that pushed the way the total went, the largest against it, and a branch that stands
    out.
    """
    assert total.absolute is not None
    way = 1 if total.absolute >= 0 else -1
    named = [part for part in parts if part.part.rises]
    along = max(
        (part for part in named if part.value * way > 0), key=lambda part: abs(part.value), default=None
    )
    against = max(
        (part for part in named if part.value * way < 0), key=lambda part: abs(part.value), default=None
    )
    clauses = [_clause(along)] if along else []
    if against:
        clauses.append(f"{'while ' if along else ''}{_clause(against)}")
    worst = min(movers, key=lambda mover: mover.value, default=None)
    if worst and worst.value < 0 and abs(worst.value) >= WORTH_NAMING * abs(total.absolute):
        took = number(-worst.value, metric.unit)
        did = f"gave {took} of it back" if way > 0 else f"alone lost {took}"
        clauses.append(f"and {worst.name} {did}")
    return f": {_joined(clauses)}" if clauses else ""


def _clause(one: Contribution) -> str:
    grew = (one.value > 0) == one.part.adds
    return one.part.rises if grew else one.part.falls


def _joined(clauses: Sequence[str]) -> str:
    joined = clauses[0]
    for clause in clauses[1:]:
        joined += f" {clause}" if clause.startswith("while ") else f", {clause}"
    return joined


def _lede(
    parts: Sequence[Contribution], movers: Sequence[Mover], metric: Metric, total: Moved, spec: StorySpec,
    reader: Reader, selection: Selection,
) -> str:  # fmt: skip
    assert total.absolute is not None
    ordered = sorted(parts, key=lambda part: -abs(part.value))
    named = ", ".join(f"{text(part.part.name.lower())} {_bold(part.value, metric)}" for part in ordered)
    sentences = [f"Of {_bold(total.absolute, metric)}: {named}."] if named else []
    if movers:
        sentences.append(_by_dimension(movers, metric, spec.dimension, reader, selection))
    return " ".join(sentence for sentence in sentences if sentence)


def _by_dimension(
    movers: Sequence[Mover], metric: Metric, name: str, reader: Reader, selection: Selection
) -> str:
    """`By branch: Harbour Street −171 k, Old Town +88 k, the other 10 together +190 k.`"""
    largest = sorted(movers, key=lambda mover: (-abs(mover.value), mover.key))[:NAMED]
    named = [f"{text(mover.name)} {_bold(mover.value, metric)}" for mover in largest]
    rest = len(movers) - len(largest)
    if rest == 1:
        other = next(mover for mover in movers if mover not in largest)
        named.append(f"{text(other.name)} {_bold(other.value, metric)}")
    elif rest > 1:
        others = Filter(name, tuple(mover.key for mover in largest), "not in")
        together = changes((metric.id,), reader, selection, (others,))[metric.id].absolute
        if together is not None:
            named.append(f"the other {rest} together {_bold(together, metric)}")
    return f"By {text(dimension(name).label.lower())}: {', '.join(named)}."


def _movers(name: str, metric: Metric, reader: Reader, selection: Selection) -> list[Mover]:
    """Every value of a dimension with its part of the change. One without figures in one period counts as
    zero there, so that the parts sum to the change.
    """
    if name not in metric.dimensions:
        return []
    split = dimension(name)
    period, other = selection.period, selection.comparison
    called = split.called or name
    keys = tuple(dict.fromkeys((name, called)))
    frames = [
        reader.ask(
            MetricRequest((metric.id,), keys, reader.where(metric.id, selection), one.start, one.end)
        ).frame.set_index(name, drop=False)
        for one in (period, other)
    ]
    now, before = frames
    names: dict[Any, Any] = {**before[called].to_dict(), **now[called].to_dict()}
    movers = []
    for key in sorted(names, key=str):
        pair = [at(frame, key, metric.id) if key in frame.index else 0.0 for frame in (now, before)]
        moved = moved_between(metric, *pair).absolute
        if moved:
            movers.append(Mover(str(key), split.word(str(names[key])), moved))
    return movers


def _headline(spec: HeadSpec, reader: Reader, selection: Selection) -> Story:
    """The first two figures there are, and which dimension's values moved the first of them most."""
    told, first = _told(spec.metrics, reader, selection)
    if not told:
        return Story(
            f"No figures for {selection.period.name}", "Choose another period, or reset the filters."
        )
    metric = reader.metric(first)
    if metric.denominator is not None or metric.inputs or not metric.additive:
        return Story("; ".join(told), "")
    best: tuple[float, str, list[Mover]] = (0.0, "", [])
    for name in spec.dimensions:
        if dimension(name).filter in selection.chosen:
            continue
        movers = _movers(name, metric, reader, selection)
        largest = max((abs(mover.value) for mover in movers), default=0.0)
        if len(movers) > 1 and largest > best[0]:
            best = (largest, name, movers)
    lede = _by_dimension(best[2], metric, best[1], reader, selection) if best[2] else ""
    return Story("; ".join(told), lede)


def _told(metrics: Sequence[Sequence[str]], reader: Reader, selection: Selection) -> tuple[list[str], str]:
    """Up to two figures in words, and the metric of the first."""
    told: list[str] = []
    first = ""
    for names in metrics:
        known = ((name, changes((name,), reader, selection)[name]) for name in names)
        name, moved = next(((name, one) for name, one in known if one.value is not None), ("", None))
        if moved is None:
            continue
        metric = reader.metric(name)
        label = metric.label if not told else metric.label[:1].lower() + metric.label[1:]
        said = f"{label}: {number(moved.value, metric.unit)}"
        if moved.absolute is not None:
            said += f", {_moved_words(metric, moved)} {selection.comparison.short}"
        told.append(said)
        first = first or name
        if len(told) == 2:
            break
    return told, first


def _otherwise(spec: StorySpec, reader: Reader, selection: Selection) -> Story:
    """What to say at a bank, or in a period, without the total: the first two figures there are."""
    assert spec.explains.total is not None
    told, _ = _told(spec.otherwise, reader, selection)
    total = spec.explains.total
    period = selection.period
    where = reader.where(total.metric, selection)
    table = reader.ask(MetricRequest((total.metric,), (), where, period.start, period.end))
    reason = table.unavailable.get(total.metric, "")
    if not told:
        return Story(f"No figures for {period.name}", "Choose another period, or reset the filters.")
    if reason:
        lede = f"{text(total.name)} is {text(reason)}."
    elif selection.comparison.first < reader.snapshot.first_month:
        lede = (
            f"There is nothing to hold {text(period.name)} against: "
            f"the data begin in {reader.snapshot.first_month:%B %Y}."
        )
    else:
        lede = f"{text(total.name)} can't be compared with {text(selection.comparison.name)}."
    return Story("; ".join(told), lede)


def _moved_words(metric: Metric, moved: Moved) -> str:
    """`up 4.8 % on`, `down 0.3 pp on`, `level with`."""
    arrow, _, amount = change_text(metric, moved).partition(" ")
    return {"▲": f"up {amount} on", "▼": f"down {amount} on"}.get(arrow, "level with")


def _bold(value: float, metric: Metric) -> str:
    shown = number(value, metric.unit, signed=True)
    return f"<b>{text(shown)}</b>"

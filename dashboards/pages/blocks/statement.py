"""A statement of accounts as a tree: lines, their parts, the units that make them up, and what they are held
against.

What is open and how it is looked at stands in the address: `by.<statement>` lists the open lines (`-`: none),
one with `.units` behind it opens its units, and `by.<statement>-columns=units` puts the units side by side.
What the named parts of a total leave over is a line of its own, so that the parts below a line sum to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Any

from dashboards.charts.data.shared import CURRENCY_WORDS, needs
from dashboards.components.html import text
from dashboards.components.segments import Segment, segments_html
from dashboards.components.statement import Figure, Head, StatementRow, statement_html
from dashboards.dimensions import dimension
from dashboards.metrics import TARGET, Metric, MetricRequest, change, rest
from dashboards.metrics.format import MISSING, exact, number, whole
from dashboards.pages.declare import BlockSpec, Content
from dashboards.pages.figures import TELLING, tone_of
from dashboards.reader import Reader
from dashboards.selection import BELOW, Selection
from dashboards.state import State

UNITS = ".units"
NOTHING = "-"
_SCALES = (
    (Decimal(10) ** 10, Decimal(10) ** 6, "million "),
    (Decimal(10) ** 7, Decimal(10) ** 3, "thousand "),
)
"""From which largest amount on a statement is written in what."""
_NO_WORD = "\N{NO-BREAK SPACE}"
"""Keeps the place of a word, so that figures stand under each other."""
_LIGHTS = {"green": ("better", "on plan"), "amber": ("close", "near plan"), "red": ("worse", "off plan")}
_LEVELS = ("branch__level_1", "branch__level_2", "branch__level_3")


@dataclass(frozen=True)
class Line:
    """A line of a statement: a metric, or (`rest`) what a line's other parts leave of it."""

    metric: str = ""
    name: str = ""
    takes: bool = False
    """Whether it is taken off in the total it belongs to."""
    total: bool = False
    rest: bool = False
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True)
class Statement:
    """A statement: its name in the address, its lines from the top down, and those that are open at first."""

    id: str
    title: str
    lines: tuple[Line, ...]
    opened: tuple[str, ...] = ()

    @property
    def metrics(self) -> tuple[str, ...]:
        """Every metric in it, once."""
        return tuple(dict.fromkeys(line.metric for line in walk(self.lines) if line.metric))


@dataclass(frozen=True)
class Amount:
    """An amount of a line, in the selected period, in the other one, and as planned."""

    now: Decimal | None = None
    before: Decimal | None = None
    target: float | None = None
    attainment: float | None = None
    light: str | None = None


@dataclass(frozen=True)
class Part:
    """A unit of the organisation with its amounts by metric; `href` filters the page by it."""

    name: str
    href: str
    amounts: Mapping[str, Amount]


def walk(lines: Iterable[Line]) -> Iterator[Line]:
    """Every line and every line below it."""
    for line in lines:
        yield line
        yield from walk(line.lines)


Figures = Callable[["_At"], tuple[Figure, ...]]
"""What stands in the columns of a line."""


def block(statement: Statement) -> BlockSpec:
    """The statement as a part of a page."""
    return BlockSpec(statement.title, partial(content, statement), style="statement")


def content(statement: Statement, reader: Reader, selection: Selection) -> Content:
    """The statement of a selection."""
    amounts, reason = read(statement, reader, selection)
    if all(one.now is None for one in amounts.values()):
        return Content(missing=needs(reason or "no figures for this selection"))
    opened = _opened(statement, selection.state)
    split = units_below(reader, selection, reader.metric(statement.metrics[0]))
    side_by_side = split != "" and selection.state.by.get(_columns(statement)) == "units"
    asked = side_by_side or any(name.endswith(UNITS) for name in opened)
    parts = read_units(statement, split, reader, selection) if split and asked else []
    known = [abs(one.now) for one in amounts.values() if one.now is not None]
    by, words = next(((by, name) for least, by, name in _SCALES if max(known) >= least), (Decimal(1), ""))
    view = _View(statement, reader, selection, amounts, opened, split, parts)
    has_plan = any(one.target is not None for one in amounts.values())
    if side_by_side:
        columns = [Head("All"), *(Head(part.name, part.href) for part in parts)]
        lines_only = tuple(name for name in opened if not name.endswith(UNITS))
        rows = replace(view, split="", opened=lines_only).rows(
            statement.lines, lambda at: _side_by_side(at, parts, by)
        )
        held = f"by {dimension(split).label.lower()}"
    else:
        columns = [Head(selection.period.short), Head(selection.comparison.short), Head("Change"), Head("%")]
        columns += [Head("Budget"), Head("of budget")] if has_plan else []
        rows = view.rows(statement.lines, lambda at: _held_against(at, by, plan=has_plan))
        held = f"against {selection.comparison.name}{' and budget' if has_plan else ''}"
    currency = reader.snapshot.currency
    subtitle = f"{selection.period.name} {held}; {words}{CURRENCY_WORDS.get(currency, currency)}"
    unsplit = reader.not_split_by(statement.metrics[0], selection)
    subtitle += f"; not split by {' or '.join(unsplit)}" if unsplit else ""
    subtitle += "" if has_plan or side_by_side else "; no budget for this selection"
    caption = f"{statement.title}, {subtitle}"
    return Content(subtitle, _tools(view, side_by_side) + statement_html(columns, rows, caption))


def read(statement: Statement, reader: Reader, selection: Selection) -> tuple[dict[str, Amount], str]:
    """Amounts by metric, and why there may be none."""
    where = reader.where(statement.metrics[0], selection)
    period = selection.period
    request = MetricRequest(statement.metrics, (), where, period.start, period.end)
    table = reader.compare(request, (selection.against, TARGET))
    reason = next(iter(table.unavailable.values()), "")
    if not table.records:
        return {name: Amount() for name in statement.metrics}, reason
    record = dict(zip(table.columns, table.records[0], strict=True))
    return {
        name: _amount(name, record, record.get(f"{name}__{selection.against}")) for name in statement.metrics
    }, reason


def _amount(name: str, record: Mapping[str, Any], before: Any) -> Amount:
    base = f"{name}__{TARGET}"
    target, reached = record.get(base), record.get(f"{base}__attainment")
    return Amount(record.get(name), before, target, reached, record.get(f"{base}__light"))


def units_below(reader: Reader, selection: Selection, metric: Metric) -> str:
    """The dimension of the units right below what is chosen; nothing below a single branch."""
    branch = selection.chosen.get("branch", "")
    if branch and not branch.endswith(BELOW):
        return ""
    if branch:
        level = _LEVELS.index(selection.units[branch].level)
        return _LEVELS[level + 1] if level + 1 < len(_LEVELS) else "branch"
    if "region" in selection.chosen:
        return "branch"
    if any(unit.level == _LEVELS[1] for unit in reader.choices.units.values()):
        return _LEVELS[1]
    regions = reader.choices.values.get("region", {})
    return "branch__region" if len(regions) > 1 and "branch__region" in metric.dimensions else "branch"


def read_units(statement: Statement, split: str, reader: Reader, selection: Selection) -> list[Part]:
    """The units with their amounts, the largest of the first total first. One without figures in one period
    counts as zero there, so that the units sum to the whole.
    """
    where = reader.where(statement.metrics[0], selection)
    period, other = selection.period, selection.comparison
    request = MetricRequest(statement.metrics, (split,), where, period.start, period.end)
    table = reader.compare(request, (TARGET,))
    now = {record[0]: dict(zip(table.columns, record, strict=True)) for record in table.records}
    before: dict[Any, dict[str, Any]] = {}
    stock = reader.metric(statement.metrics[0]).kind == "stock"
    if (other.last if stock else other.first) >= reader.snapshot.first_month:
        earlier = reader.ask(request.between(other.start, other.end))
        before = {record[0]: dict(zip(earlier.columns, record, strict=True)) for record in earlier.records}
    parts = []
    for key in {**now, **before}:
        current, former = now.get(key, {}), before.get(key, {})
        amounts = {
            name: _amount(
                name,
                current or dict.fromkeys(statement.metrics, Decimal(0)),
                former.get(name, Decimal(0)) if before else None,
            )
            for name in statement.metrics
        }
        parts.append(Part(_unit_name(split, key, reader), _unit_link(split, key, selection), amounts))
    total = next((line.metric for line in statement.lines if line.total), statement.metrics[0])
    return sorted(parts, key=lambda part: (-(part.amounts[total].now or 0), part.name))


def _unit_name(split: str, key: Any, reader: Reader) -> str:
    if key is None:
        return "At no unit"
    if split == "branch__region":
        return dimension(split).word(str(key))
    return reader.choices.values.get("branch", {}).get(str(key), str(key))


def _unit_link(split: str, key: Any, selection: Selection) -> str:
    """The page filtered by a unit, and by all below it where there is any."""
    state = selection.state
    if key is None:
        return ""
    if split == "branch__region":
        return state.choosing("region", str(key)).query
    value = f"{key}{BELOW}" if f"{key}{BELOW}" in selection.units else str(key)
    return state.choosing("branch", value).query


def _columns(statement: Statement) -> str:
    return f"{statement.id}-columns"


def _opened(statement: Statement, state: State) -> tuple[str, ...]:
    """The names of what is open."""
    said = state.by.get(statement.id)
    return statement.opened if said is None else tuple(name for name in said.split(",") if name != NOTHING)


def _opening(statement: Statement, state: State, opened: Iterable[str]) -> str:
    """The address with these lines open."""
    names = tuple(opened)
    said = None if set(names) == set(statement.opened) else ",".join(names) or NOTHING
    return state.drilled(statement.id, said).query


@dataclass(frozen=True)
class _At:
    """A line's metric with the amounts of the whole, or of one unit; of a rest the metric it is left of."""

    metric: Metric
    amount: Amount
    rest_of: Line | None = None


@dataclass(frozen=True)
class _View:
    """What the rows of a statement are made of."""

    statement: Statement
    reader: Reader
    selection: Selection
    amounts: Mapping[str, Amount]
    opened: Sequence[str]
    split: str
    parts: Sequence[Part]

    def rows(
        self, lines: Iterable[Line], figures: Figures, depth: int = 0, above: Line | None = None
    ) -> list[StatementRow]:
        """The rows of lines, with those below what is open."""
        found = []
        for line in lines:
            found.append(self._row(line, figures, depth, above))
            if self.split and line.metric and line.metric + UNITS in self.opened:
                found += self._unit_rows(line, figures, depth + 1)
            if line.lines and line.metric in self.opened:
                found += self.rows(line.lines, figures, depth + 1, line)
        return found

    def _row(self, line: Line, figures: Figures, depth: int, above: Line | None) -> StatementRow:
        if line.rest:
            assert above is not None
            # what is left over has no direction of its own
            of = replace(self.reader.metric(above.metric), better="ctx")
            at = _At(of, rest_amount(above, self.amounts), above)
            return StatementRow(line.name, figures(at), depth, "rest", line.takes)
        metric = self.reader.metric(line.metric)
        state = self.selection.state
        token = line.metric if line.lines else line.metric + UNITS
        can_open = bool(line.lines or self.split)
        label = f"by {dimension(self.split).label.lower()}" if self.split else ""
        units = line.metric + UNITS
        return StatementRow(
            line.name or metric.label, figures(_At(metric, self.amounts[line.metric])), depth,
            "total" if line.total else "line", line.takes,
            href="" if metric.hidden else state.opening(f"metric:{line.metric}").query,
            toggle=self._toggled(token) if can_open else "", is_open=token in self.opened,
            units=self._toggled(units) if line.lines and self.split else "",
            units_label=f"not {label}" if units in self.opened else label, units_open=units in self.opened,
        )  # fmt: skip

    def _unit_rows(self, line: Line, figures: Figures, depth: int) -> list[StatementRow]:
        metric = self.reader.metric(line.metric)
        return [
            StatementRow(
                part.name, figures(_At(metric, part.amounts[line.metric])), depth, "unit", href=part.href
            )
            for part in self.parts
        ]

    def _toggled(self, name: str) -> str:
        names = [one for one in self.opened if one != name]
        return _opening(
            self.statement, self.selection.state, names if name in self.opened else [*names, name]
        )


def rest_amount(line: Line, amounts: Mapping[str, Amount]) -> Amount:
    """What the named parts of a line leave of it, now and before; a rest has no plan."""
    signed = [(part.takes, amounts[part.metric]) for part in line.lines if part.metric]
    whole_of = amounts[line.metric]
    return Amount(
        rest(whole_of.now, [_negated(one.now) if takes else one.now for takes, one in signed]),
        rest(whole_of.before, [_negated(one.before) if takes else one.before for takes, one in signed]),
    )


def _negated(value: Decimal | None) -> Decimal | None:
    return None if value is None else -value


NONE = Figure(MISSING, "none")


def _scaled(value: Decimal | float | None, by: Decimal, *, signed: bool = False) -> Figure:
    if value is None:
        return NONE
    return Figure(whole(float(value) / float(by), signed=signed), exact=exact(float(value), "ccy"))


def _held_against(at: _At, by: Decimal, *, plan: bool) -> tuple[Figure, ...]:
    """Period, comparison, change and its share; where there is a plan, it and how far it is reached."""
    amount = at.amount
    figures = [_scaled(amount.now, by), _scaled(amount.before, by)]
    moved = change(at.metric, amount.now, amount.before)
    tone = "" if moved.better is None else tone_of(moved)
    difference = _scaled(moved.absolute, by, signed=True)
    figures.append(replace(difference, tone=tone) if tone else difference)
    tells = moved.relative is not None and abs(moved.relative) < TELLING
    figures.append(Figure(number(moved.relative, "%", signed=True), tone) if tells else NONE)
    if plan:
        figures.append(_scaled(amount.target, by))
        tone, word = _LIGHTS.get(amount.light or "", ("" if amount.target is not None else "none", _NO_WORD))
        # of a plan of the other sign no share is reached
        reached = amount.attainment if amount.attainment is not None and amount.attainment >= 0 else None
        figures.append(Figure(number(reached, "%"), tone, word))
    return tuple(figures)


def _side_by_side(at: _At, parts: Sequence[Part], by: Decimal) -> tuple[Figure, ...]:
    """The whole, and each unit's part in it."""
    whole_of = _scaled(at.amount.now, by)
    if at.rest_of is not None:
        return (whole_of, *(_scaled(rest_amount(at.rest_of, part.amounts).now, by) for part in parts))
    name = at.metric.id
    return (whole_of, *(_scaled(part.amounts[name].now, by) for part in parts))


def _tools(view: _View, side_by_side: bool) -> str:
    """How to look at it, and what opens everything."""
    statement, state = view.statement, view.selection.state
    label = dimension(view.split).label.lower() if view.split else ""
    ways = [
        Segment("Comparison and budget", state.drilled(_columns(statement), None).query, not side_by_side),
        Segment(f"By {label}", state.drilled(_columns(statement), "units").query, side_by_side),
    ]
    everything = [line.metric for line in walk(statement.lines) if line.lines]
    links = (
        f'<p><a href="{text(_opening(statement, state, everything))}">Open all lines</a>'
        f'<a href="{text(_opening(statement, state, ()))}">Close all</a></p>'
    )
    return f'<div class="tools">{segments_html("Show", ways) if label else "<span></span>"}{links}</div>'

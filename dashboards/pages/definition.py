"""A metric beside the page: its value, what it means, how it is made, and the way back to the files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from dashboards.components.cards import Card
from dashboards.components.drawer import rows_html
from dashboards.components.html import sparkline, text
from dashboards.components.listing import Field, Item, Mood, facts_html, field_html, listing_html
from dashboards.components.when import day, moment
from dashboards.dimensions import dimension
from dashboards.metrics import Lineage, Metric, MetricRequest, lineage, target_of
from dashboards.metrics.delivered import known_to
from dashboards.metrics.describe import checks_on, facts
from dashboards.metrics.format import number
from dashboards.metrics.lineage import LAYERS, Source
from dashboards.metrics.targets import attainment, light
from dashboards.pages.declare import CardSpec, Page
from dashboards.pages.figures import cards
from dashboards.pages.phrases import counted
from dashboards.pages.uses import uses
from dashboards.pages.words import (
    better_words,
    domain_word,
    grain_words,
    group_words,
    label_of,
    spoken,
    state_words,
    time_words,
    unit_word,
    within_words,
)
from dashboards.reader import Reader
from dashboards.selection import Selection
from runtime.errors import BankError

FILES = 60
"""How many files of a period are listed; `./bank lineage` has them all."""

LISTED = 380
"""Pixels from which a step's list scrolls in itself."""

_NAME = re.compile(r"[A-Za-z_]\w*")
_LAYER_WORDS = {
    "mart": "Marts",
    "features": "Inputs of models",
    "intermediate": "Steps between",
    "seed": "Lists of the house",
    "staging": "Source tables, cleaned",
}
_LIGHTS: Mapping[str, Mood] = {"green": "good", "amber": "warn", "red": "bad"}


def definition(name: str, pages: Iterable[Page], reader: Reader, selection: Selection) -> tuple[str, str]:
    """Heading and HTML of a metric's definition."""
    metric = reader.metric(name)
    period = selection.period
    where = reader.where(name, selection)
    traced = lineage(reader.snapshot, name, (period.start, period.end), where)
    sections = (
        ("", _head(metric, reader)),
        ("", _value(metric, reader, selection)),
        ("How it is made", _formula(traced, reader, selection)),
        ("What to know", _facts(metric, reader, selection)),
        ("Where it comes from", _walk(metric, traced, reader, selection)),
        ("SQL", _sql(metric, traced, selection)),
        ("Where it is shown", _uses(name, pages, selection)),
    )
    html = "".join(
        f"<section>{f'<h3>{title}</h3>' if title else ''}{html}</section>" for title, html in sections if html
    )
    return label_of(metric), html


def _head(metric: Metric, reader: Reader) -> str:
    named = [domain_word(metric.domain)] if metric.domain else []
    named += [f"owner {spoken(metric.owner).lower()}"] if metric.owner else []
    said = "".join(f" · {text(one)}" for one in named)
    what = "" if metric.hidden else f'<p class="what">{text(metric.description)}</p>'
    return f'<p class="about"><code>{text(metric.id)}</code>{said}</p>{what}'


# ---------------------------------------------------------------- value


def _value(metric: Metric, reader: Reader, selection: Selection) -> str:
    """The figure of the selected period and filters; of what is always told singly, one per value."""
    state = selection.state.opening(f"rows:{metric.id}").query
    tools = f'<div class="tools"><a href="{text(state)}">Rows behind it</a></div>'
    place = selection.place(metric.dimensions)
    about = text(selection.period.name + (f", {place}" if place else ""))
    try:
        singly = tuple(one for one, default in metric.within.items() if default is None)
        if singly:
            return _singly(metric, singly, about, reader, selection) + tools
        (card,) = cards([CardSpec(metric.id, "")], reader, selection)
    except BankError as error:
        return f'<div class="held"><div class="of"><span>{about}</span></div><p>{text(error.what)}</p></div>'
    return _held(card, about) + tools


def _held(card: Card, about: str) -> str:
    basis = card.basis if card.basis == "month end" else ""
    head = f'<div class="of"><span>{about}</span><em>{text(basis)}</em></div>'
    if card.missing:
        return f'<div class="held">{head}<p>{text(card.missing)}</p></div>'
    changes = "".join(
        f'<span><b class="{one.tone}">{text(one.value)}</b> {text(one.words)}</span>' for one in card.changes
    )
    note = f"<p>{text(card.note)}</p>" if card.note else ""
    course = sparkline(
        card.course,
        width=580,
        height=46,
        reference=card.reference,
        label=f"Month by month since {card.since}",
    )
    return (
        f'<div class="held">{head}<div class="v" title="{text(card.exact)}">{text(card.value)}'
        f'<small>{text(card.unit)}</small></div><div class="d">{changes}</div>{note}{course}'
        f'<div class="t"><span>{text(card.since)}</span><span>{text(card.reference_words)}</span></div></div>'
    )


def _singly(metric: Metric, singly: tuple[str, ...], about: str, reader: Reader, selection: Selection) -> str:
    period = selection.period
    where = reader.where(metric.id, selection)
    answer = reader.ask(MetricRequest((metric.id,), singly, where, period.start, period.end))
    by = ", ".join(dimension(one).label.lower() for one in singly)
    head = f'<div class="of"><span>{about}, one figure per {text(by)}</span></div>'
    if not answer.records:
        why = answer.unavailable.get(metric.id) or answer.undefined.get(metric.id) or "no figures"
        return f'<div class="held">{head}<p>{text(why[:1].upper() + why[1:])}.</p></div>'
    records = [
        (
            *(dimension(one).word(str(key)) for one, key in zip(singly, keys, strict=True)),
            _told(value, metric),
        )
        for *keys, value in answer.records
    ]
    titles = (*(dimension(one).label for one in singly), label_of(metric))
    return f'<div class="held">{head}</div>' + rows_html(titles, records, label_of(metric))


def _told(value: Any, metric: Metric) -> str:
    return number(None if value is None else float(value), metric.unit)


# ---------------------------------------------------------------- formula and facts


def _formula(traced: Lineage, reader: Reader, selection: Selection) -> str:
    """The formula in the words of its parts, each a link to its own definition, and what each part is."""
    metric = reader.metric(traced.metric)
    shown = f'<p class="formula">{_linked(metric, reader, selection)}</p>'
    rest = [part for part in traced.parts if part.metric != traced.metric]
    lines = "".join(
        f'<li><a href="{text(_link(part.metric, selection))}">'
        f"{text(label_of(reader.metric(part.metric)))}</a>"
        f"<small><code>{text(part.formula)}</code></small><small>{text(part.definition)}</small></li>"
        for part in {one.metric: one for one in rest}.values()
    )
    return shown + (f'<ul class="parts">{lines}</ul>' if lines else "")


def _linked(metric: Metric, reader: Reader, selection: Selection) -> str:
    parts = {name: name for name in (metric.numerator, metric.denominator) if name} | dict(metric.inputs)
    if not parts:
        return f"<code>{text(metric.formula)}</code>"
    pieces, at = [], 0
    formula = metric.formula.replace("*", "×").replace(" / ", " ÷ ").replace(" - ", " − ")
    for found in _NAME.finditer(formula):
        if found[0] in parts:
            name = parts[found[0]]
            label = label_of(reader.metric(name))
            pieces += [
                text(formula[at : found.start()]),
                f'<a href="{text(_link(name, selection))}">{text(label)}</a>',
            ]
            at = found.end()
    return "".join([*pieces, text(formula[at:])])


def _link(name: str, selection: Selection) -> str:
    return selection.state.opening(f"metric:{name}").query


def _facts(metric: Metric, reader: Reader, selection: Selection) -> str:
    known = facts(reader.snapshot, metric)
    state = known["state"]
    available = state == "available"
    fresh = known_to(reader.snapshot, metric)
    target = _target(metric, reader, selection)
    said = (
        ("State", Field(state_words(state), mood="good" if available else "quiet")),
        ("Delivered up to", Field(day(fresh) if fresh else "")),
        ("Unit", Field("" if metric.hidden else unit_word(metric, reader.snapshot.currency))),
        ("Direction", Field("" if metric.hidden else better_words(metric))),
        ("Over time", Field(time_words(metric))),
        ("Told by", Field(grain_words(metric))),
        ("May be split by", Field(group_words(metric) or "nothing: it is of the whole bank")),
        ("Always for", Field(within_words(metric))),
        ("Target", target),
        ("Thresholds", Field("" if target.text else known.get("thresholds", ""))),
        ("Authority", Field(metric.authority)),
        ("Looks back", Field(known.get("lookback", ""))),
        ("Without a value", Field(known.get("undefined", ""))),
        ("Age of the data", Field(known.get("age", ""))),
    )
    return facts_html(said)


def _target(metric: Metric, reader: Reader, selection: Selection) -> Field:
    """The target of the selected period and how the figure did against it."""
    period = selection.period
    target = target_of(reader.snapshot, metric, selection.chosen, period.first, period.end)
    if target is None:
        return Field()
    where = reader.where(metric.id, selection)
    answer = reader.ask(MetricRequest((metric.id,), (), where, period.start, period.end))
    value = float(answer.records[0][0]) if answer.records and answer.records[0][0] is not None else None
    bounds = [
        f"{word} from {number(bound, metric.unit)}"
        for word, bound in (("amber", target.amber), ("red", target.red))
        if bound is not None
    ]
    reached = attainment(value, target)
    said = [f"{number(reached, '%')} of the target"] if reached is not None else []
    colour = light(metric, value, target)
    mood = _LIGHTS.get(colour or "")
    below = "; ".join([*([colour] if colour else []), *said, *bounds])
    return Field(number(target.value, metric.unit), below=below, mood=mood)


# ---------------------------------------------------------------- lineage


def _walk(metric: Metric, traced: Lineage, reader: Reader, selection: Selection) -> str:
    """Step by step from the figure to the files, then what was checked and which run made it."""
    marts = {one.name: one.description for one in traced.models if one.name in metric.marts}
    first = "".join(
        f"<p><b>{text(name)}</b>{'' if not marts.get(name) else ' ' + text(marts[name])}</p>"
        for name in dict.fromkeys(metric.marts)
    )
    rest = [one for one in traced.models if one.name not in metric.marts]
    steps = [
        ("", f"<b>{text(label_of(metric))}</b>, {text(selection.period.name)}"),
        ("", f"Read from {counted(len(set(metric.marts)), 'mart')}{first}"),
        ("", _models(rest)),
        ("", _sources(traced, reader)),
        ("", _files(traced, selection)),
        _checks(metric, traced, reader),
        ("", _run(reader)),
    ]
    items = "".join(f'<li class="{mood}">{html}</li>' for mood, html in steps if html)
    return f'<ol class="walk">{items}</ol>'


def _models(models: Iterable[Any]) -> str:
    groups: dict[str, list[Item]] = {}
    for one in models:
        name = Field(one.name, code=True, below=one.description)
        groups.setdefault(one.layer, []).append(Item((name, Field(", ".join(one.reads)))))
    if not groups:
        return ""
    ordered = {_LAYER_WORDS[layer]: groups[layer] for layer in LAYERS if layer in groups}
    count = sum(len(items) for items in groups.values())
    table = listing_html(("Model", "Reads"), ordered, "Models", wide=("Model", "Reads"), height=LISTED)
    return f"<details><summary><b>{counted(count, 'model')}</b> behind it</summary>{table}</details>"


def _sources(traced: Lineage, reader: Reader) -> str:
    if not traced.sources:
        return ""
    items = [
        Item((Field(one.table, code=True, below=one.description), Field(_kind(one))))
        for one in traced.sources
    ]
    table = listing_html(
        ("Table", "What it holds"), {"": items}, "Source tables", wide=("Table",), height=LISTED
    )
    needs = [
        Item(
            (
                Field(one.column.replace(" | ", " or "), code=True, below=one.description.strip(" |")),
                Field(
                    *(("Delivered",) if one.delivered else ("Missing",)),
                    mood="good" if one.delivered else "bad",
                ),
            )
        )
        for one in traced.needs
    ]
    lacks = ("It can't do without", "")
    needed = listing_html(lacks, {"": needs}, "Columns", wide=lacks[:1], height=0)
    tables = counted(len(traced.sources), "source table")
    return f"<details><summary><b>{tables}</b></summary>{needed if needs else ''}{table}</details>"


def _kind(source: Source) -> str:
    words = {"event": "events", "snapshot": "positions", "reference": "a list"}
    return words.get(source.kind, "written by the platform")


def _files(traced: Lineage, selection: Selection) -> str:
    files = [one for source in traced.sources for one in source.deliveries]
    if not files:
        return ""
    items = [
        Item(
            (
                Field(one["file_name"], below=f"{one['table_name']} from {one['source']}"),
                Field(day(one["business_date"])),
                Field(f"{one['rows_loaded']:,}"),
                Field(one["sha256"][:12], hover=one["sha256"], code=True, below=moment(one["received_at"])),
            )
        )
        for one in files[:FILES]
    ]
    table = listing_html(
        ("File", "For", "Rows", "SHA-256, arrived"),
        {"": items},
        "Files",
        numbers=("Rows",),
        wide=("File",),
        height=LISTED,
    )
    first = f'<p class="hint">The first {FILES} of {len(files):,}.</p>' if len(files) > FILES else ""
    count = counted(len(files), "file")
    period = text(selection.period.name)
    return f"<details><summary><b>{count}</b> that {period} was made of</summary>{table}{first}</details>"


def _checks(metric: Metric, traced: Lineage, reader: Reader) -> tuple[str, str]:
    """Results of the build, then the tests that a change of the marts has to pass."""
    run = {one["name"] for one in traced.checks}
    failed = [one for one in traced.checks if not one["passed"]]
    items = [
        Item(
            (
                Field(_word(one), mood="good" if one["passed"] else "bad" if one["blocking"] else "warn"),
                Field(one["name"].replace("_", " "), hover=one["name"], below=one["asset"]),
            ),
            look=not one["passed"],
        )
        for one in traced.checks
    ]
    untold = [one for one in checks_on(reader.snapshot, metric) if one not in run]
    tests = [
        Item((Field("On a change", mood="quiet"), Field(one.replace("_", " "), hover=one))) for one in untold
    ]
    if not items and not tests:
        return "", ""
    ended = "all passed" if not failed else f"{len(failed)} did not pass"
    words = f"<b>{counted(len(items), 'check')}</b> on the way" + (f", {ended}" if items else "")
    words += f"; {counted(len(tests), 'test')} more guard a change of it" if tests else ""
    table = listing_html(
        ("Result", "Check"), {"": [*items, *tests]}, "Checks", wide=("Check",), height=LISTED
    )
    opened = " open" if failed else ""
    mood = "bad" if any(one["blocking"] for one in failed) else "warn" if failed else ""
    return mood, f"<details{opened}><summary>{words}</summary>{table}</details>"


def _word(check: Mapping[str, Any]) -> str:
    return "Passed" if check["passed"] else "Failed" if check["blocking"] else "Warns"


def _run(reader: Reader) -> str:
    info = reader.snapshot.info
    run = str(info.get("run_id") or "")
    link = field_html(Field(run, reader.builds.run(run), code=True)) if run else "unknown"
    published = text(moment(info["published_at"]))
    return f"<p><b>Run</b> {link}</p><p>Build {text(reader.snapshot.build)}, published {published}</p>"


# ---------------------------------------------------------------- SQL and uses


def _sql(metric: Metric, traced: Lineage, selection: Selection) -> str:
    period = selection.period
    asked = f"./bank lineage {metric.id} --period {period.id}" if period.kind == "month" else ""
    hint = f'<p class="hint">The whole way in a terminal: <code>{text(asked)}</code></p>' if asked else ""
    return (
        "<p>Run over the snapshot with <code>./bank sql</code>, it gives the figure above.</p>"
        '<div class="code"><button type="button" data-copy="pre">Copy</button>'
        f'<pre tabindex="0">{text(traced.sql)}</pre></div>{hint}'
    )


def _uses(name: str, pages: Iterable[Page], selection: Selection) -> str:
    query = text(selection.state.closed().query)
    found = uses(name, pages)
    if not found:
        return (
            "<p>On no page of its own; it can be asked for by name: "
            f"<code>./bank metrics query --metrics {text(name)}</code></p>"
        )
    items = "".join(
        f'<li><a href="/{text(one.slug)}{query}"><em>{text(one.page)}</em>{text(one.what)}</a></li>'
        for one in found
    )
    return f'<ul class="uses">{items}</ul>'

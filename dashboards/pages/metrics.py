"""Metrics and lineage: every metric there is, what it means, and whether this bank's data can tell it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from dashboards.components.cards import Card
from dashboards.components.html import text
from dashboards.components.listing import Field, Item, listing_html
from dashboards.components.when import day
from dashboards.metrics import Metric, catalogue
from dashboards.metrics.delivered import checks, deliveries, known_to
from dashboards.metrics.describe import tests
from dashboards.pages.declare import BlockSpec, Content, Page, TellSpec
from dashboards.pages.phrases import counted
from dashboards.pages.words import DOMAINS, domain_word, spoken, state_words, unit_word
from dashboards.reader import Reader
from dashboards.selection import Selection

PART = "registry"
"""By this name the address says what the list is narrowed to: a domain, or the state below."""

HEIGHT = 760

MISSING = "not-available"
AVAILABLE = "available"


def _states(reader: Reader) -> dict[str, str]:
    """State by metric, in the order of the registry."""
    return reader.snapshot.keep("states", lambda: {one[0]: one[-1] for one in catalogue(reader.snapshot)})


def _chosen(reader: Reader, selection: Selection) -> dict[str, Metric]:
    """The metrics that the list is narrowed to."""
    wanted = selection.state.by.get(PART)
    found = {name: reader.metric(name) for name in _states(reader)}
    if wanted == MISSING:
        return {name: one for name, one in found.items() if _states(reader)[name] != AVAILABLE}
    return {name: one for name, one in found.items() if wanted in (None, one.domain)}


def tell(reader: Reader, selection: Selection) -> tuple[str, str]:
    """How many there are and how many this bank's data can tell."""
    states, chosen = _states(reader), _chosen(reader, selection)
    able = sum(states[name] == AVAILABLE for name in chosen)
    domain = selection.state.by.get(PART, "")
    of = f" of {domain_word(domain).lower()}" if domain in DOMAINS else ""
    if domain == MISSING:
        headline = f"{counted(len(chosen), 'metric')} can't be told from what this bank delivers"
    elif able == len(chosen):
        headline = f"{counted(able, 'metric')}{of}, all of them known for this bank"
    else:
        headline = f"{counted(len(chosen), 'metric')}{of}, {able:,} of them known for this bank"
    lede = (
        "Each has one definition, an owner and an authority. Open one to see what it is made of, its SQL, "
        "and the way back to the delivered files, the checks and the run."
    )
    return headline, lede


def count_cards(reader: Reader, selection: Selection) -> Sequence[Card]:
    """How much there is, and how much of it holds."""
    states = _states(reader)
    able = sum(one == AVAILABLE for one in states.values())
    domains = {reader.metric(name).domain for name in states}
    owners = {reader.metric(name).owner for name in states}
    found = checks(reader.snapshot)
    passed = sum(bool(one["passed"]) for one in found)
    data, units = tests(reader.snapshot)
    live = [one for one in deliveries(reader.snapshot) if one["state"] == "live"]
    sources = {one["source"] for one in live}
    lacking = counted(len(states) - able, "metric")
    return (
        Card("Metrics", value=f"{len(states):,}", note=f"in {len(domains)} domains, of {len(owners)} owners"),
        Card(
            "Available",
            basis="newest month",
            value=f"{able:,}",
            unit=f" of {len(states):,}",
            share=able / len(states) if states else None,
            note=f"{lacking} lack what they need" if able < len(states) else "nothing is lacking",
        ),
        Card(
            "Checks passed",
            href=f"/health{selection.state.closed().query}",
            basis="this build",
            value=f"{passed:,}",
            unit=f" of {len(found):,}",
            share=passed / len(found) if found else None,
            note=f"{counted(data, 'data test')} and {counted(units, 'unit test')} guard a change",
        ),
        Card(
            "Source tables",
            href=f"/health{selection.state.closed().query}",
            value=f"{len({one['table_name'] for one in live}):,}",
            note=f"{counted(len(live), 'file')} in force, from {counted(len(sources), 'source')}",
        ),
    )


def _registry(reader: Reader, selection: Selection) -> Content:
    states, chosen = _states(reader), _chosen(reader, selection)
    names = sorted({one.domain for one in chosen.values()}, key=_place)
    groups = {
        domain_word(domain): [
            _item(one, states[name], reader, selection)
            for name, one in sorted(chosen.items(), key=lambda pair: pair[1].label)
            if one.domain == domain
        ]
        for domain in names
    }
    if not chosen:
        return Content(html=_chips(reader, selection), subtitle="None of these.")
    table = listing_html(
        ("Metric", "Name", "Unit", "Owner", "Authority", "Delivered to", "State"), groups, "Metrics",
        wide=("Metric", "Authority", "State"), height=HEIGHT,
        narrow="A word, a name, an owner, an authority …",
    )  # fmt: skip
    subtitle = f"{counted(len(chosen), 'metric')}; state in {reader.snapshot.last_month:%B %Y}"
    return Content(subtitle, f'{_chips(reader, selection)}<div class="registry">{table}</div>')


def _place(domain: str) -> tuple[int, str]:
    order = list(DOMAINS)
    return (order.index(domain) if domain in order else len(order)), domain


def _item(metric: Metric, state: str, reader: Reader, selection: Selection) -> Item:
    fresh = known_to(reader.snapshot, metric)
    available = state == AVAILABLE
    return Item(
        (
            Field(
                metric.label,
                selection.state.opening(f"metric:{metric.id}").query,
                below=metric.description,
            ),
            Field(metric.id, code=True),
            Field(unit_word(metric, reader.snapshot.currency)),
            Field(spoken(metric.owner)),
            Field(metric.authority),
            Field(day(fresh)),
            Field(state_words(state), mood="good" if available else "quiet"),
        )
    )


def _chips(reader: Reader, selection: Selection) -> str:
    states, state = _states(reader), selection.state
    current = state.by.get(PART)
    counts = Counter(reader.metric(name).domain for name in states)
    lacking = sum(one != AVAILABLE for one in states.values())
    offered = [(None, "All", len(states))]
    offered += [(name, domain_word(name), counts[name]) for name in sorted(counts, key=_place)]
    offered += [(MISSING, "Not available", lacking)] if lacking else []
    links = "".join(
        f'<a href="{text(state.opening("").drilled(PART, name).query)}"'
        f"{' aria-current=true' if name == current else ''}>{text(word)}<em>{count}</em></a>"
        for name, word, count in offered
    )
    return f'<nav class="chips" aria-label="Domains">{links}</nav>'


PAGE = Page(
    slug="metrics",
    title="Metrics and lineage",
    group="Trust",
    story=TellSpec(tell),
    counts=count_cards,
    rows=((BlockSpec("Registry", _registry, "listing"),),),
    footer="The registry, the lineage and the results of the checks belong to the published snapshot.",
)

"""What was delivered: how fresh each table is, the newest files, and what was refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dashboards.components.html import text
from dashboards.components.listing import Field, Item, Mood, facts_html, listing_html
from dashboards.components.when import day, moment
from dashboards.dimensions import dimension
from dashboards.metrics import MetricRequest
from dashboards.metrics.delivered import Arrival, arrivals, deliveries
from dashboards.metrics.format import MISSING, duration, number
from dashboards.pages.declare import BlockSpec, Content, Page
from dashboards.pages.phrases import counted, figure
from dashboards.reader import Reader
from dashboards.selection import Selection
from runtime.errors import BankError

NEWEST = 60
"""How many files the page lists; all of a table's open beside it."""

HASH = 12
"""Digits of a file's fingerprint that tell it apart to the eye; the rest is shown where one is looked at."""

STATES: Mapping[str, tuple[str, Mood]] = {
    "live": ("In force", "good"),
    "superseded": ("Replaced", "quiet"),
    "refused": ("Refused", "bad"),
}


def came(reader: Reader, selection: Selection) -> list[Arrival]:
    """What the selected tables and sources delivered up to the period's end, what is behind first."""
    return [
        one
        for one in arrivals(reader.snapshot, selection.period.end)
        if _is_chosen(one.table, one.source, selection)
    ]


def refused(reader: Reader, selection: Selection) -> list[Mapping[str, Any]]:
    """Files for the period that were refused whole and not sent again."""
    within = [
        one
        for one in deliveries(reader.snapshot)
        if selection.period.start.isoformat() <= one["business_date"] <= selection.period.end.isoformat()
    ]
    good = {_subject(one) for one in within if one["state"] == "live"}
    return [
        one
        for one in within
        if one["state"] == "refused"
        and _subject(one) not in good
        and _is_chosen(one["table_name"], one["source"], selection)
    ]


def _subject(one: Mapping[str, Any]) -> tuple[Any, ...]:
    return one["source"], one["table_name"], one["business_date"], one["part"]


def _is_chosen(table: str, source: str, selection: Selection) -> bool:
    chosen = selection.chosen
    return chosen.get("delivered_table", table) == table and chosen.get("source", source) == source


# ---------------------------------------------------------------- freshness


def _fresh(reader: Reader, selection: Selection) -> Content:
    found = came(reader, selection)
    if not found:
        return Content(missing=f"Nothing was delivered up to {day(selection.period.end)}.")
    hours = _lateness(reader, selection)
    ordered = sorted(found, key=lambda one: (one.due is None, -hours.get((one.source, one.table), -1.0)))
    items = [_arrival_item(one, hours.get((one.source, one.table)), selection) for one in ordered]
    html = listing_html(
        ("Table", "Source", "Newest", "Arrived after", "Rhythm", "State"), {"": items},
        "Freshness of each table", numbers=("Newest", "Arrived after"), height=340,
    )  # fmt: skip
    subtitle = f"Newest delivery up to {day(selection.period.end)}, and how long after its day it came"
    return Content(subtitle, html)


def _lateness(reader: Reader, selection: Selection) -> dict[tuple[str, str], float]:
    """Hours by source and table, for the period's newest deliveries."""
    where, period = reader.where("data_freshness", selection), selection.period
    keys = ("source", "delivered_table")
    answer = reader.ask(MetricRequest(("data_freshness",), keys, where, period.start, period.end))
    return {
        (str(source), str(table)): float(value)
        for source, table, value in answer.records
        if value is not None
    }


def _arrival_item(one: Arrival, hours: float | None, selection: Selection) -> Item:
    if one.due:
        state = Field(f"Behind: {day(one.due)} is missing", mood="bad")
    elif one.rhythm:
        state = Field("Up to date", mood="good")
    else:
        state = Field("Came once", mood="quiet")
    link = selection.state.opening(f"deliveries:{one.table}").query
    return Item(
        (
            Field(one.table, link),
            Field(one.source),
            Field(day(one.newest)),
            Field(duration(hours), hover=f"Arrived {moment(one.received_at)}"),
            Field(one.rhythm or MISSING),
            state,
        ),
        look=one.due is not None,
    )


FRESHNESS = BlockSpec("Freshness by table", _fresh, "listing")


# ---------------------------------------------------------------- quarantine


def _quarantine(reader: Reader, selection: Selection) -> Content:
    period = selection.period
    keys = ("delivered_table", "dq_rule", "dq_dimension")
    where = reader.where("dq_failed", selection)
    answer = reader.ask(MetricRequest(("dq_failed",), keys, where, period.start, period.end))
    rows = sorted((one for one in answer.records if one[3]), key=lambda one: (-one[3], one[0], one[1]))
    rows_delivered = figure("rows_delivered", reader, selection)
    parts = [_refused_html(refused(reader, selection))]
    if rows_delivered is None:
        parts.append(_say(f"No file came for {period.name}."))
    elif not rows:
        parts.append(
            _say(f"All <b>{counted(rows_delivered, 'row')}</b> for {text(period.name)} were accepted.")
        )
    else:
        held = figure("rows_quarantined", reader, selection) or 0
        parts.append(
            _say(f"<b>{counted(held, 'row')}</b> of {rows_delivered:,.0f} did not pass and were not loaded.")
        )
        parts.append(_refusals_html(rows, selection))
    parts.append(
        _say("Every such row is kept with its line, its value and the reason: <code>./bank quarantine</code>")
    )
    return Content(f"Rows that broke a rule of the contract, {period.name}", "".join(parts))


def _refusals_html(rows: Iterable[tuple[Any, ...]], selection: Selection) -> str:
    quality = dimension("dq_dimension")
    items = [
        Item(
            (
                Field(table, selection.state.choosing("delivered_table", table).query),
                Field(rule, selection.state.choosing("dq_rule", rule).query, below=quality.word(kind)),
                Field(number(failed), mood="warn"),
            )
        )
        for table, rule, kind, failed in rows
    ]
    titles = ("Table", "Rule", "Rows")
    return listing_html(titles, {"": items}, "Rows in quarantine", numbers=("Rows",))


def _refused_html(files: Iterable[Mapping[str, Any]]) -> str:
    return "".join(
        _say(f"<b>{text(one['file_name'])}</b> was refused whole: {text(one['reason'] or 'no reason given')}")
        for one in files
    )


def _say(words: str) -> str:
    return f'<p class="say">{words}</p>'


QUARANTINE = BlockSpec("Quarantine", _quarantine, "listing")


# ---------------------------------------------------------------- files


def _newest(reader: Reader, selection: Selection) -> Content:
    until = selection.period.end.isoformat()
    found = [
        one
        for one in deliveries(reader.snapshot)
        if one["business_date"] <= until and _is_chosen(one["table_name"], one["source"], selection)
    ]
    if not found:
        return Content(missing=f"Nothing was delivered up to {day(selection.period.end)}.")
    shown = found[::-1][:NEWEST]
    subtitle = f"{counted(len(found), 'file')} up to {day(selection.period.end)}"
    subtitle += f"; the newest {NEWEST}" if len(found) > NEWEST else ""
    return Content(subtitle, _files_html(shown, selection))


def _files_html(files: Iterable[Mapping[str, Any]], selection: Selection) -> str:
    titles = ("For", "Table", "File", "Delivered", "Loaded", "In quarantine", "State", "Arrived")
    items = [_file_item(one, selection) for one in files]
    narrow = "A table, a file, a date …"
    return listing_html(titles, {"": items}, "Files", numbers=titles[3:6], narrow=narrow)


def _file_item(one: Mapping[str, Any], selection: Selection) -> Item:
    link = selection.state.opening(f"deliveries:{one['table_name']}").query
    return Item(
        (
            Field(day(one["business_date"])),
            Field(one["table_name"], link),
            _file(one, selection, (one["sha256"] or "")[:HASH]),
            *_counts(one),
            Field(moment(one["received_at"])),
        )
    )


def _file(one: Mapping[str, Any], selection: Selection, below: str) -> Field:
    return Field(
        one["file_name"], selection.state.opening(f"delivery:{one['version_id']}").query, below=below
    )


def _counts(one: Mapping[str, Any]) -> tuple[Field, ...]:
    """Rows delivered, loaded and held, and the state."""
    word, mood = STATES.get(one["state"], (one["state"], "quiet"))
    held = one["rows_quarantined"]
    return (
        Field(_count(one["rows_delivered"])),
        Field(_count(one["rows_loaded"])),
        Field(_count(held), mood="warn" if held else None),
        Field(word, mood=mood, hover=one["reason"] or ""),
    )


def _count(value: int | None) -> str:
    return MISSING if value is None else f"{value:,}"


DELIVERIES = BlockSpec("Newest deliveries", _newest, "listing")


# ---------------------------------------------------------------- beside the page


def opened_table(name: str, page: Page, reader: Reader, selection: Selection) -> tuple[str, str]:
    """Every delivery of a table."""
    found = [one for one in deliveries(reader.snapshot) if one["table_name"] == name][::-1]
    if not found:
        raise BankError(f"Nothing was delivered of “{name}”.", "", "Close this and choose from a list.")
    titles = ("File", "For", "Delivered", "Loaded", "Held", "State")
    items = [
        Item(
            (
                _file(one, selection, moment(one["received_at"])),
                Field(day(one["business_date"])),
                *_counts(one),
            )
        )
        for one in found
    ]
    words = f"<p>{counted(len(found), 'file')}, the newest first; held are rows in quarantine.</p>"
    table = listing_html(
        titles, {"": items}, "Files", numbers=titles[2:5], wide=("File",), narrow="A file, a date …", height=0
    )
    return f"Deliveries of {name}", words + table


def opened_file(name: str, page: Page, reader: Reader, selection: Selection) -> tuple[str, str]:
    """All there is to say of one delivery."""
    one = next((one for one in deliveries(reader.snapshot) if one["version_id"] == name), None)
    if one is None:
        raise BankError(
            f"There is no delivery “{name}” in this snapshot.", "", "Close this and choose from a list."
        )
    word, mood = STATES.get(one["state"], (one["state"], "quiet"))
    before, held = one.get("supersedes"), one["rows_quarantined"]
    facts = (
        ("State", Field(word, mood=mood)),
        ("Reason", Field(one["reason"] or "")),
        ("Table", Field(one["table_name"], selection.state.opening(f"deliveries:{one['table_name']}").query)),
        ("Source", Field(one["source"])),
        ("Business date", Field(day(one["business_date"]))),
        ("Part", Field(one["part"])),
        ("Arrived", Field(moment(one["received_at"]))),
        ("Replaced", Field(moment(one.get("superseded_at")))),
        ("Rows delivered", Field(_count(one["rows_delivered"]))),
        ("Rows loaded", Field(_count(one["rows_loaded"]))),
        ("Rows in quarantine", Field(_count(held), mood="warn" if held else None)),
        ("Control total", Field(str(one.get("control_total") or ""))),
        ("Months it speaks of", Field(_reach(one["months"]))),
        ("Contract", Field(str(one.get("contract_version") or ""))),
        ("Version", Field(one["version_id"], code=True)),
        ("In place of", Field(before or "", selection.state.opening(f"delivery:{before}").query, code=True)),
        ("Mapping", Field(str(one.get("mapping_hash") or ""), code=True)),
        ("SHA-256 of the file", Field(one["sha256"] or "", code=True)),
    )  # fmt: skip
    command = f"./bank quarantine --table {one['table_name']}"
    look = f"<p>Its refused rows: <code>{text(command)}</code></p>" if held else ""
    return one["file_name"], facts_html(facts) + look


def _reach(months: list[str]) -> str:
    return "" if not months else months[0] if len(months) == 1 else f"{months[0]} to {months[-1]}"

"""Data health: is everything fresh, complete and reconciled; where not, what is missing and since when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboards.charts.spec import ChartSpec, Part
from dashboards.components.html import text
from dashboards.components.listing import Field, Item, Mood, facts_html, listing_html
from dashboards.components.when import day, moment
from dashboards.metrics.delivered import checks
from dashboards.pages.blocks.arrivals import (
    DELIVERIES,
    FRESHNESS,
    QUARANTINE,
    came,
    opened_file,
    opened_table,
    refused,
)
from dashboards.pages.blocks.books import RECONCILED, opened_break, opened_breaks
from dashboards.pages.declare import BlockSpec, CardSpec, Column, Content, Page, TableSpec, TellSpec
from dashboards.pages.phrases import counted, figure, told
from dashboards.reader import Reader
from dashboards.selection import Selection

# ---------------------------------------------------------------- headline


def tell(reader: Reader, selection: Selection) -> tuple[str, str]:
    """Fresh, complete, reconciled: what is not comes first, and a failed build before all."""
    period, status = selection.period.name, reader.builds.status
    bad, good = _verdicts(reader, selection)
    if not bad and not good:
        headline = f"Nothing was delivered for {period}"
    elif bad:
        headline = _and(bad) + (f"; otherwise {_and(good)}" if good else "")
    else:
        headline = f"The data of {period} are {_and(good)}"
    if status is not None and status.state == "failed":
        headline = "The newest build failed: the last good one is shown"
    return headline[:1].upper() + headline[1:], " ".join(_lede(reader, selection, bad))


def _verdicts(reader: Reader, selection: Selection) -> tuple[list[str], list[str]]:
    """What is wrong, and what is right, each in words."""
    bad, good = [], []
    arrived = came(reader, selection)
    behind = [one for one in arrived if one.due]
    if behind:
        verb = "is" if len(behind) == 1 else "are"
        bad.append(f"{counted(len(behind), 'table')} {verb} behind")
    elif any(one.rhythm for one in arrived):  # of what came once nobody knows when more is due
        good.append("up to date")
    files = len(refused(reader, selection))
    if files:
        bad.append(f"{counted(files, 'file')} {'was' if files == 1 else 'were'} refused")
    held = figure("rows_quarantined", reader, selection)
    if held:
        bad.append(f"{counted(held, 'row')} {'is' if held == 1 else 'are'} in quarantine")
    elif held is not None and not files:
        good.append("complete")
    breaks = figure("recon_breaks", reader, selection)
    if breaks:
        bad.append(f"{counted(breaks, 'break')} {'is' if breaks == 1 else 'are'} in the books")
    elif breaks is not None:
        good.append("reconciled")
    return bad, good


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _lede(reader: Reader, selection: Selection, bad: list[str]) -> list[str]:
    status, info = reader.builds.status, reader.snapshot.info
    sentences = []
    if status is not None and status.state == "failed":
        why = status.message or _and([*status.failed_checks, ""][:3]).strip(" ,")
        run = _run_link(reader, status.run_id, "its run")
        more = f" See {run}." if run else ""
        sentences.append(f"{text(why)}{more}" if why else more.strip())
        sentences += [f"What is shown: {text(_and(bad))}."] if bad else []
    if status is not None and status.state == "building":
        since = f" since {text(moment(status.since))}" if status.since else ""
        sentences.append(f"A newer build is under way{since}; this page follows by itself.")
    if reader.builds.problem is not None:
        sentences.append(text(f"{reader.builds.problem.what} {reader.builds.problem.why}"))
    files = figure("deliveries", reader, selection)
    if files:
        loaded, rate = (told(name, reader, selection) for name in ("rows_loaded", "row_pass_rate"))
        sentences.append(
            f"<b>{counted(files, 'file')}</b> for {text(selection.period.name)} brought "
            f"<b>{text(loaded)}</b> rows; <b>{text(rate)}</b> of what came was accepted."
        )
    outcome = _outcome(reader)
    sentences += [f"Build of {text(moment(info['published_at']))}: {outcome}."] if outcome else []
    return [one for one in sentences if one]


def _outcome(reader: Reader) -> str:
    """`118 checks passed, 1 warns`."""
    info = reader.snapshot.info
    named = (
        ("checks_passed", "passed"),
        ("checks_warned", "warned"),
        ("checks_failed", "failed"),
    )
    parts = [(info.get(key, 0), word) for key, word in named if info.get(key, 0)]
    return ", ".join(
        f"<b>{counted(count, 'check') if place == 0 else count}</b> {word}"
        for place, (count, word) in enumerate(parts)
    )


def _run_link(reader: Reader, run_id: Any, words: str) -> str:
    address = reader.builds.run(run_id)
    return f'<a href="{text(address)}">{text(words)}</a>' if address else ""


# ---------------------------------------------------------------- charts and tables

ROWS = ChartSpec(
    title="Rows delivered",
    mark="stack",
    parts=(Part("rows_loaded", "loaded"), Part("rows_quarantined", "refused", colour="fill-bad")),
    subtitle="Loaded and in quarantine by month of the business date, {unit}",
)

FILES = ChartSpec(
    title="Files delivered",
    mark="stack",
    parts=(Part("deliveries", "files"),),
    subtitle="Files in force by month of the business date, {unit}",
)

QUALITY = TableSpec(
    title="Data quality by BCBS 239 dimension",
    dimension="dq_dimension",
    columns=(
        Column("dq_failed", "Failed"),
        Column("dq_examined", "Examined"),
        Column("dq_pass_rate", "Passed"),
    ),
)

TABLES = TableSpec(
    title="Data quality by table",
    dimension="delivered_table",
    columns=(
        Column("dq_failed", "Failed"),
        Column("dq_examined", "Examined"),
        Column("dq_pass_rate", "Passed"),
    ),
)

RULES = TableSpec(
    title="Data quality by rule",
    dimension="dq_rule",
    columns=(
        Column("dq_failed", "Failed"),
        Column("dq_examined", "Examined"),
        Column("dq_pass_rate", "Passed"),
        Column("dq_pass_rate", "24 months", "course"),
    ),
)


# ---------------------------------------------------------------- checks and build


def outcome(check: Mapping[str, Any]) -> tuple[str, Mood]:
    """How a check ended, in a word."""
    if check["passed"]:
        return "Passed", "good"
    return ("Failed", "bad") if check["blocking"] else ("Warns", "warn")


def _checks(reader: Reader, selection: Selection) -> Content:
    found = checks(reader.snapshot)
    if not found:
        return Content(missing="This build says nothing of its checks.")
    groups: dict[str, list[Item]] = {}
    for one in found:
        word, mood = outcome(one)
        rows = one.get("failed_rows") or 0
        item = Item(
            (
                Field(word, mood=mood),
                Field(_spaced(one["name"]), hover=one["name"]),
                Field(one["asset"], code=True),
                Field(f"{rows:,}" if rows else ""),
                Field(_consequence(one)),
            ),
            look=not one["passed"],
        )
        groups.setdefault("" if one["passed"] else "To look at", []).append(item)
    if len(groups) > 1:
        groups["Passed"] = groups.pop("")
    html = listing_html(
        ("Result", "Check", "Of", "Rows", "If it fails"), groups, "Checks", numbers=("Rows",),
        wide=("Check",), narrow="A word of a check, a table, failed …",
    )  # fmt: skip
    failed = sum(not one["passed"] for one in found)
    words = f"{counted(failed, 'check')} did not pass" if failed else "all passed"
    return Content(f"{counted(len(found), 'check')} of the published build, {words}", html)


def _spaced(name: str) -> str:
    """A check's name as words, which break over lines."""
    return " ".join(name.replace("_", " ").split())


def _consequence(check: Mapping[str, Any]) -> str:
    if check.get("keeps_from_final"):
        return "figures stay provisional"
    return "nothing is published" if check["blocking"] else "a warning"


CHECKS = BlockSpec("Checks of the build", _checks, "listing")


def _build(reader: Reader, selection: Selection) -> Content:
    info, builds = reader.snapshot.info, reader.builds
    final = "Final" if info.get("final", True) else "Provisional"
    facts = [
        ("Figures", Field(final, mood="good" if info.get("final", True) else "warn")),
        ("Books of", Field(day(info.get("business_date")))),
        ("Data", Field(f"{reader.snapshot.first_month:%b %Y} to {reader.snapshot.last_month:%b %Y}")),
        ("Published", Field(moment(info["published_at"]))),
        ("As known on", Field(moment(info.get("as_of")))),
        ("Run", Field(str(info.get("run_id") or ""), builds.run(info.get("run_id")), code=True)),
        ("Build", Field(reader.snapshot.build, code=True)),
        ("Version of the software", Field(str(info.get("fingerprint") or ""), code=True)),
        ("Format of the snapshot", Field(str(info.get("format") or ""))),
        ("Currency", Field(reader.snapshot.currency)),
    ]
    return Content(
        "What is shown on every page, and where it comes from", _newest(reader) + facts_html(facts)
    )


def _newest(reader: Reader) -> str:
    """How the newest build goes, where it is not the one that is shown."""
    status = reader.builds.status
    if status is None or status.state == "ok":
        return ""
    word, mood = ("Failed", "bad") if status.state == "failed" else ("Running", "warn")
    facts = [
        ("Newest build", Field(word, mood=mood)),
        ("Since", Field(moment(status.since))),
        ("Its run", Field(status.run_id or "", reader.builds.run(status.run_id), code=True)),
        ("Why", Field(status.message if status.state == "failed" else "")),
        ("Failed checks", Field(", ".join(status.failed_checks))),
    ]
    return facts_html(facts)


BUILD = BlockSpec("The build", _build, "listing")


PAGE = Page(
    slug="health",
    title="Data health",
    group="Trust",
    story=TellSpec(tell),
    cards=(
        CardSpec("data_freshness", "Arrived after", limit=True),
        CardSpec("row_pass_rate", "Rows accepted"),
        CardSpec("rows_quarantined", "Rows in quarantine", limit=True),
        CardSpec("dq_pass_rate", "Data checks passed"),
        CardSpec("recon_breaks", "Breaks in the books", limit=True),
        CardSpec("recon_break_age", "Oldest break", limit=True),
        CardSpec("deliveries", "Files"),
        CardSpec("rows_loaded", "Rows loaded"),
    ),
    rows=(
        (FRESHNESS, QUALITY),
        (QUARANTINE,),
        (ROWS, FILES),
        (RECONCILED, BUILD),
        (RULES, TABLES),
        (DELIVERIES,),
        (CHECKS,),
    ),
    opens={
        "delivery": opened_file,
        "deliveries": opened_table,
        "break": opened_break,
        "breaks": opened_breaks,
    },
    footer="Deliveries, checks and the build are read from the published folder itself.",
)

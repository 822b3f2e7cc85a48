"""The figures of `dashboard` as tables, beside what they are to be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.markup import escape

from orchestration.cli.console import say, table

OURS = "Bank"
"""Among the sites that are measured, the one that this project serves."""


def tell(sites: Mapping[str, Mapping[str, Any]]) -> None:
    """Print what was measured; of a site that could not be, why."""
    for one in sites.values():
        if "missing" in one:
            say(escape(one["missing"]))
    known = {name: one for name, one in sites.items() if "missing" not in one}
    if OURS in known:
        _ours(known[OURS])
    if known:
        _side_by_side(known)


def _ours(found: Mapping[str, Any]) -> None:
    memory = found["MB after every so many sessions"]
    rows = [
        ("filter, values seen before: server CPU", f"{found['seen server ms']:.0f} ms", "100 ms"),
        ("filter, values seen before: until drawn, median", f"{found['seen p50 ms']:.0f} ms", "300 ms"),
        ("filter, values seen before: 95th percentile", f"{found['seen p95 ms']:.0f} ms", ""),
        ("filter, new values: server CPU", f"{found['new server ms']:.0f} ms", ""),
        ("filter, new values: until drawn, median", f"{found['new p50 ms']:.0f} ms", ""),
        ("filter, new values: 95th percentile", f"{found['new p95 ms']:.0f} ms", "1000 ms"),
        (
            "page load to that of an empty page in the frame",
            f"{found['load ms'] / found['load of an empty page ms']:.2f} "
            f"({found['load ms']:.0f} to {found['load of an empty page ms']:.0f} ms)",
            "2",
        ),
        ("50 sessions that act every 5 s: wait, median", f"{found['crowd p50 ms']:.0f} ms", ""),
        ("50 sessions that act every 5 s: 95th percentile", f"{found['crowd p95 ms']:.0f} ms", "1000 ms"),
        ("memory of a session", f"{found['MB per session']:.1f} MB", "15 MB"),
        (
            "memory from the 40th to the 200th session, all closed",
            f"{memory[1]:.0f} to {memory[-1]:.0f} MB",
            "the same",
        ),
    ]
    table(["dashboard", "", "aim"], [list(row) for row in rows], right=["", "aim"])


def _side_by_side(sites: Mapping[str, Mapping[str, Any]]) -> None:
    rows = {
        "filter, values seen before: until drawn, median ms": "seen p50 ms",
        "filter, values seen before: server CPU ms": "seen server ms",
        "filter, new values: until drawn, median ms": "new p50 ms",
        "filter, new values: server CPU ms": "new server ms",
        "memory of an open page, MB": "MB per tab",
    }
    table(
        ["the same page", *sites],
        [[what, *(f"{one[name]:.1f}" for one in sites.values())] for what, name in rows.items()],
        right=list(sites),
    )

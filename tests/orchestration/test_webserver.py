"""Dagster's web server answers its own pages only: no other site may launch runs through a browser."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from orchestration.webserver import SameOriginOnly, Scope, Send

Message = Scope

OWN = "http://127.0.0.1:3000"


async def _inner(scope: Scope, _receive: object, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
    else:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"through"})


def ask(method: str, path: str, *, kind: str = "http", **headers: str) -> tuple[Any, bytes]:
    """The status (or the websocket message's type and code) and the body that a request gets."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect" if kind == "websocket" else "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    named = {"host": "127.0.0.1:3000"} | {name.replace("_", "-"): value for name, value in headers.items()}
    scope = {
        "type": kind,
        "method": method,
        "path": path,
        "headers": [(name.encode(), value.encode()) for name, value in named.items()],
    }
    # in a thread of its own: the browser of the page tests keeps an event loop running in the main one
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, SameOriginOnly(_inner, 3000)(scope, receive, send)).result()
    if kind == "websocket":
        return (sent[0]["type"], sent[0].get("code")), b""
    return sent[0]["status"], sent[1]["body"]


@pytest.mark.parametrize(
    "headers",
    [
        {"content_type": "application/json", "origin": OWN},
        {"content_type": "application/json; charset=utf-8"},
        {"content_type": "application/json", "host": "localhost:3000", "origin": "http://localhost:3000"},
    ],
)
def test_its_own_page_may_ask(headers: dict[str, str]) -> None:
    assert ask("POST", "/graphql", **headers) == (200, b"through")


def test_pages_and_assets_are_served() -> None:
    assert ask("GET", "/server_info") == (200, b"through")


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("GET", {}),
        ("GET", {"content_type": "application/json"}),
        ("POST", {"content_type": "application/x-www-form-urlencoded"}),
        ("POST", {"content_type": "text/plain"}),
        ("POST", {}),
    ],
)
@pytest.mark.parametrize("path", ["/graphql", "/graphql/"])
def test_graphql_is_taken_as_json_by_post_only(method: str, headers: dict[str, str], path: str) -> None:
    status, body = ask(method, path, **headers)
    assert status == 405
    assert body == b"GraphQL is taken by POST as application/json only."


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:5006"])
def test_another_sites_page_is_refused(origin: str) -> None:
    assert ask("POST", "/graphql", content_type="application/json", origin=origin)[0] == 403


def test_another_host_name_is_refused() -> None:
    """DNS rebinding: the browser believes it talks to evil.example, the packets arrive here."""
    assert ask("GET", "/server_info", host="evil.example:3000")[0] == 403


@pytest.mark.parametrize(
    ("headers", "answer"),
    [
        ({"origin": OWN}, ("websocket.accept", None)),
        ({"origin": "http://evil.example"}, ("websocket.close", 1008)),
        ({}, ("websocket.close", 1008)),
    ],
)
def test_a_websocket_of_another_site_is_closed(
    headers: dict[str, str], answer: tuple[str, int | None]
) -> None:
    assert ask("GET", "/graphql", kind="websocket", **headers)[0] == answer

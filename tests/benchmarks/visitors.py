"""Many sessions at once, by websocket and without browsers: how long each waits, and what each costs."""

from __future__ import annotations

import asyncio
import json
import random
import re
import time
import urllib.request
from collections.abc import Sequence
from typing import Any

from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from dashboards.frame.address import TAG
from dashboards.state import State
from tests.benchmarks.serve import Server

PATIENCE_SECONDS = 120
MESSAGE_BYTES = 50 << 20


class Visitor:
    """A session as a browser holds it: it loads the page, pulls its document, and says that it is ready."""

    def __init__(self, connection: WebSocketClientConnection) -> None:
        self._connection = connection
        self._address = ""
        self._sent = 0
        self.state: State | None = None

    @classmethod
    async def come(cls, url: str) -> Visitor:
        """Open a page."""
        page = await asyncio.to_thread(_read, url)
        found = re.search(r'"token":\s*"([^"]+)"', page)
        assert found is not None, "no session in the page"
        socket = url.replace("http", "ws", 1) + "/ws"
        asked = HTTPRequest(socket, headers={"Sec-WebSocket-Protocol": f"bokeh, {found[1]}"})
        visitor = cls(
            await websocket_connect(asked, subprotocols=["bokeh", found[1]], max_message_size=MESSAGE_BYTES)
        )
        await visitor._until("ACK")
        await visitor._send("PULL-DOC-REQ", {})
        document = await visitor._until("PULL-DOC-REPLY")
        visitor._address = _tagged(json.loads(document), TAG)
        ready = {"type": "event", "name": "document_ready", "values": {"type": "map", "entries": []}}
        event = {"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": ready}
        await visitor._send("PATCH-DOC", {"events": [event]})
        await visitor._until("OK")
        return visitor

    async def act(self, state: State) -> float:
        """Ask for another state than this; seconds until it is there, as the address says."""
        began = time.perf_counter()
        event = {"kind": "ModelChanged", "model": {"id": self._address}, "attr": "value"}
        # one parameter too many, so that the address that comes back is another
        await self._send("PATCH-DOC", {"events": [event | {"new": f"{state.query}&theme=light"}]})
        while self._address not in await self._until("PATCH-DOC"):
            pass
        self.state = state
        return time.perf_counter() - began

    def leave(self) -> None:
        """Close the page."""
        self._connection.close()

    async def _send(self, kind: str, content: dict[str, Any]) -> None:
        self._sent += 1
        for part in ({"msgid": str(self._sent), "msgtype": kind}, {}, content):
            await self._connection.write_message(json.dumps(part))

    async def _until(self, kind: str) -> str:
        """The content of the next message of a kind; others are left unread."""
        while True:
            header = json.loads(await self._part())
            await self._part()
            content = await self._part()
            for _ in range(2 * header.get("num_buffers", 0)):
                await self._part()
            if header["msgtype"] == "ERROR":
                raise RuntimeError(content)
            if header["msgtype"] == kind:
                return str(content)

    async def _part(self) -> Any:
        part = await asyncio.wait_for(self._connection.read_message(), PATIENCE_SECONDS)
        if part is None:
            raise RuntimeError("the server closed the connection")
        return part


def crowd(url: str, states: Sequence[State], *, visitors: int, every: float, seconds: float) -> list[float]:
    """Visitors that each go to another of `states` every so many seconds. The seconds that each waited."""

    async def visit(visitor: Visitor, chance: random.Random, until: float) -> list[float]:
        await asyncio.sleep(chance.uniform(0, every))
        waited: list[float] = []
        while time.perf_counter() < until:
            began = time.perf_counter()
            waited.append(await visitor.act(chance.choice([one for one in states if one != visitor.state])))
            await asyncio.sleep(max(0.0, began + every - time.perf_counter()))
        return waited

    async def all_of_them() -> list[float]:
        here = [await Visitor.come(url) for _ in range(visitors)]
        until = time.perf_counter() + seconds
        waits = await asyncio.gather(
            *(visit(one, random.Random(number), until) for number, one in enumerate(here))
        )
        for one in here:
            one.leave()
        return [wait for waited in waits for wait in waited]

    return asyncio.run(all_of_them())


def held(server: Server, states: Sequence[State], *, visitors: int) -> float:
    """MB that each of some open sessions takes."""

    async def come_and_stay() -> float:
        first = await Visitor.come(server.url)  # brings what all have in common
        await first.act(states[-1])
        before = server.memory_mb()
        here = [await Visitor.come(server.url) for _ in range(visitors)]
        for number, one in enumerate(here):
            await one.act(states[number % len(states)])
        after = server.memory_mb()
        for one in (first, *here):
            one.leave()
        return (after - before) / visitors

    return asyncio.run(come_and_stay())


def kept(server: Server, states: Sequence[State], *, visitors: int, every: int) -> list[float]:
    """MB of the server after every so many sessions that were opened, used and closed again."""

    async def come_and_go() -> list[float]:
        memory = []
        for number in range(1, visitors + 1):
            one = await Visitor.come(server.url)
            await one.act(states[number % len(states)])
            one.leave()
            if number % every == 0:
                await asyncio.sleep(3)  # until the last ones have been let go of
                memory.append(server.memory_mb())
        return memory

    return asyncio.run(come_and_go())


def _read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as answer:
        return answer.read().decode()


def _tagged(part: Any, tag: str) -> str:
    """The id of the model with a tag, somewhere in a document; empty where there is none."""
    if isinstance(part, dict):
        if tag in (part.get("attributes") or {}).get("tags", ()):
            return part["id"]
        part = list(part.values())
    if isinstance(part, list):
        return next(filter(None, (_tagged(one, tag) for one in part)), "")
    return ""

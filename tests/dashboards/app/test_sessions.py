"""Sessions: each is freed when it ends, and learns of a new snapshot while it lives."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from bokeh.client import pull_session
from tornado.ioloop import IOLoop

from dashboards.app import before_the_first, make_server
from dashboards.live import Live
from dashboards.snapshot import Status, current
from tests.dashboards.app.conftest import free_port
from tests.dashboards.bank import publish

SESSIONS = 6
WAIT_SECONDS = 60


@contextmanager
def served(published: Path) -> Iterator[tuple[str, Live]]:
    """A server in a thread of its own."""
    port, begun = free_port(), threading.Event()
    held: dict[str, object] = {}

    def run() -> None:
        loop = IOLoop(make_current=True)
        live = Live(published)
        server = make_server(live, port, unused_milliseconds=600)
        server.start()
        held.update(loop=loop, live=live, server=server)
        loop.add_callback(begun.set)
        loop.start()
        server.stop()
        live.close()
        loop.close(all_fds=True)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert begun.wait(WAIT_SECONDS)
    loop, live = held["loop"], held["live"]
    assert isinstance(loop, IOLoop)
    assert isinstance(live, Live)
    yield f"http://127.0.0.1:{port}/overview", live
    loop.add_callback(loop.stop)
    thread.join(WAIT_SECONDS)


def eventually(true: Callable[[], bool]) -> bool:
    until = time.monotonic() + WAIT_SECONDS
    while not true():
        if time.monotonic() > until:
            return False
        gc.collect()
        time.sleep(0.3)
    return True


def test_closed_sessions_are_freed(published: Path) -> None:
    with served(published) as (url, live):
        pages: list[weakref.ref] = []
        # a client runs an event loop, which a thread can have only one of
        with ThreadPoolExecutor(1) as visitor:
            for _ in range(SESSIONS):
                session = visitor.submit(pull_session, url=url).result(WAIT_SECONDS)
                pages += [one for one in live._pages.values() if one not in pages]
                visitor.submit(session.close).result(WAIT_SECONDS)
        assert len(pages) == SESSIONS
        assert eventually(lambda: not any(page() for page in pages)), "a closed session is still held"
        assert not live._pages


def test_the_leases_follow_the_pointer(published: Path, semantic_manifest: str) -> None:
    live = Live(published)
    assert live.snapshot is not None
    assert live.snapshot.build == "2026-01-01-a"
    publish(published, semantic_manifest, build="2026-02-01-b")
    live.poll()
    assert live.snapshot.build == "2026-02-01-b"
    assert not list((published / "leases" / "2026-01-01-a").iterdir())
    live.close()
    assert not list((published / "leases" / "2026-02-01-b").iterdir())


def test_a_snapshot_that_cannot_be_read_leaves_the_previous_one(
    published: Path, semantic_manifest: str
) -> None:
    live = Live(published)
    broken = publish(published, semantic_manifest, build="2026-02-01-b")
    (broken / "bank.duckdb").write_bytes(b"not a database")
    live.poll()
    assert live.snapshot is not None
    assert live.snapshot.build == "2026-01-01-a"
    assert live.problem is not None
    assert "2026-02-01-b" in live.problem.what
    live.close()


def test_before_the_first_snapshot_the_page_says_how_the_build_is_doing() -> None:
    assert "./bank up" in before_the_first(None).fix
    assert before_the_first(Status("building")).what == "The first build is under way."
    failed = before_the_first(Status("failed", message="2 checks failed.", failed_checks=("keys", "grain")))
    assert failed.why == "2 checks failed. Failed checks: keys, grain."


def test_without_a_snapshot_there_is_nothing_to_show_yet(tmp_path: Path) -> None:
    assert current(tmp_path) is None
    assert Live(tmp_path).snapshot is None

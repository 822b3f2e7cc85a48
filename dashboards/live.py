"""The snapshot that everybody looks at, and how open pages learn of a newer one.

One `Live` per server. It polls the published folder (two system calls), opens a new snapshot when the pointer
moved and tells every open page. It holds pages weakly, so that a closed session is freed.
"""

from __future__ import annotations

import logging
import weakref
from pathlib import Path
from typing import Any, Protocol

from bokeh.document import Document

from dashboards.snapshot import Builds, Fingerprint, Snapshot, Status, current, fingerprint, read_status
from runtime.errors import BankError

PATIENCE_SECONDS = 15.0
"""How long one question may keep everybody else waiting."""

log = logging.getLogger(__name__)


class Listener(Protocol):
    """An open page."""

    def refresh(self) -> None: ...


class Live:
    """The newest snapshot that can be read, the newest build's status, and who is looking."""

    def __init__(self, published: Path, dagster: str = "") -> None:
        self._published = published
        self._dagster = dagster
        self._seen: Fingerprint | None = None
        self._pages: weakref.WeakKeyDictionary[Document, weakref.ref[Listener]] = weakref.WeakKeyDictionary()
        self.snapshot: Snapshot | None = None
        self.status: Status | None = None
        self.problem: BankError | None = None
        """Why the newest snapshot or status can't be read; what is shown is the last one that could be."""
        self.poll()

    @property
    def bank(self) -> str:
        """Whose figures these are; until the first snapshot, nobody's yet."""
        return self.snapshot.info["bank"] if self.snapshot else "Bank performance"

    @property
    def builds(self) -> Builds:
        """How the newest build goes, and where it can be looked at."""
        return Builds(self.status, self.problem, self._dagster)

    def poll(self) -> None:
        """Look whether the pointer or the status changed; if so read them and refresh every open page."""
        now = fingerprint(self._published)
        if now == self._seen:
            return
        self._seen = now
        self._read(now)
        self._tell()

    def _read(self, now: Fingerprint) -> None:
        self.problem = None
        try:
            self.status = read_status(self._published)
            if now.build is not None and (self.snapshot is None or self.snapshot.build != now.build):
                newer, older = current(self._published, PATIENCE_SECONDS), self.snapshot
                self.snapshot = newer
                if older is not None:
                    older.close()
        except BankError as error:
            log.warning("%s", error)
            self.problem = error

    def join(self, document: Document, page: Listener) -> None:
        """Tell this page of news until its session ends. Without the removal, a destroyed but not yet
        collected document would stop the round for all after it.
        """
        self._pages[document] = weakref.ref(page)
        document.on_session_destroyed(self._leave)

    def _leave(self, context: Any) -> None:
        self._pages.pop(context._document, None)

    def _tell(self) -> None:
        for document, reference in list(self._pages.items()):
            page = reference()
            if page is not None and document.session_context is not None:
                document.add_next_tick_callback(page.refresh)

    def close(self) -> None:
        """Give the snapshot's lease back."""
        if self.snapshot is not None:
            self.snapshot.close()
            self.snapshot = None

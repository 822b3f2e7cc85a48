"""Dagster's SQLite event log at a fraction of its cost.

The stock storage makes a new SQLAlchemy engine and a new connection for every event: each statement is
compiled anew, and each close syncs and checkpoints. A first build writes thousands of events of assets
and months. Here both are kept. What is stored, and where, is the same.
"""

from __future__ import annotations

import os
import sqlite3
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite_storage import SqliteStorageConfig
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, QueuePool, create_engine, event

BUSY_TIMEOUT_SECONDS = 60

KEPT_ENGINES = 8
"""The index and the newest runs: the web server looks into many runs, each a file of its own."""


class EventLogStorage(SqliteEventLogStorage):
    """The stock storage with an engine and a connection kept for each database file in use."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: OrderedDict[tuple[int, str], Engine] = OrderedDict()
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: SqliteStorageConfig
    ) -> EventLogStorage:
        """The storage of the Dagster home in `base_dir`, in the folder where the stock storage keeps it."""
        return cls(os.path.join(config_value["base_dir"], "history", "runs"), inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            engine = self._engine(shard)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.begin() as connection:
                yield connection

    def _engine(self, shard: str) -> Engine:
        # by process: a forked one must not use the connection of its parent
        key = (os.getpid(), shard)
        if key not in self._engines:
            self._engines[key] = create_engine(
                self.conn_string_for_shard(shard),
                poolclass=QueuePool,
                pool_size=1,
                max_overflow=-1,
                connect_args={"timeout": BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
            )
            event.listen(self._engines[key], "connect", _sync_less)
        self._engines.move_to_end(key)
        if len(self._engines) > KEPT_ENGINES:
            self._engines.popitem(last=False)[1].dispose()
        return self._engines[key]


def _sync_less(connection: sqlite3.Connection, _record: object) -> None:
    """Sync at checkpoints only: a power cut may lose the newest events, the write-ahead log stays whole."""
    connection.execute("PRAGMA synchronous = NORMAL")

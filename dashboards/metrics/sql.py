"""Read-only SQL over the published marts, for `bank sql`.

The snapshot's database is attached read-only, without file systems, network or changeable settings. What
remains is left to the gate: one statement, and that a SELECT (no temporary tables, transactions, COPY, SET).
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from dashboards.metrics.table import Table
from dashboards.snapshot import Snapshot
from runtime.errors import BankError

MAX_LENGTH = 20_000  # planning time grows with the text: 20,000 UNION ALLs plan for over a minute


def sql(snapshot: Snapshot, text: str, values: Sequence[object] = ()) -> Table:
    """Run one SELECT over the published marts (schema `marts` is searched first); `values` stand in for its
    question marks.

    Raises:
        BankError: the text is not one SELECT, or the database refuses it.
    """
    statement = _gate(text)
    with snapshot.cursor() as cursor:
        try:
            found = cursor.execute(statement, list(values))
            return Table(tuple(column[0] for column in found.description or ()), found.fetchall())
        except duckdb.InterruptException:
            raise
        except duckdb.Error as error:
            raise BankError(
                "The query failed.",
                " ".join(str(error).split("\n\n")[0].split()),
                '`bank sql "show tables"` lists the tables, `bank sql "describe TABLE"` a table\'s columns.',
            ) from error


def _gate(text: str) -> duckdb.Statement:
    if len(text) > MAX_LENGTH:
        raise _refused(f"It is {len(text):,} characters long; {MAX_LENGTH:,} are allowed.")
    try:
        statements = duckdb.extract_statements(text)
        kinds = [statement.type for statement in statements]
    except (duckdb.Error, ValueError) as error:
        # ValueError: a kind of statement that the Python client has no name for
        raise _refused(f"It can't be parsed: {' '.join(str(error).split())}.") from error
    if len(statements) != 1:
        raise _refused(f"It holds {len(statements)} statements.")
    if kinds[0] != duckdb.StatementType.SELECT:
        raise _refused(f"It is a {kinds[0].name} statement.")
    return statements[0]


def _refused(why: str) -> BankError:
    return BankError("The query is not run.", why, "Write one SELECT over the published marts.")

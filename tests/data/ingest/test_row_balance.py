"""Rows delivered = rows loaded + rows quarantined, whatever the file, counted by Python's csv module."""

from __future__ import annotations

import csv
import io
import tempfile
from datetime import date
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from data.ingest import records
from data.ingest.mapping import FileKind, Format
from tests.data.ingest.support import SmallBank, csv_text, header

CELL = st.text(alphabet='ab,"\n;é€ ', max_size=8)
CHUNKS = st.sampled_from([7, 64, 1 << 20])


def _read(content: bytes, chunk: int, width: int) -> tuple[list[list[str] | None], records.Counts]:
    """Fields of every record, None for a faulty one, and the counts."""
    kind = FileKind("x", Format(), tuple("abcdefgh"[:width]), (), (), date(2024, 1, 31), "")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.csv"
        path.write_bytes(content)
        before, records.CHUNK = records.CHUNK, chunk
        try:
            reader = records.RecordReader(path, kind)
            rows = [row for batch in reader.batches() for row in batch.to_pylist() if row["line"]]
        finally:
            records.CHUNK = before
    rows.sort(key=lambda row: row["line"])
    return [
        None if row["record"] is None else row["record"].split("\x1f")[:-1] for row in rows
    ], reader.counts


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(CELL, min_size=3, max_size=3), max_size=12), st.sampled_from(["\n", "\r\n"]), CHUNKS)
def test_well_formed_files_read_as_the_csv_module_does(
    rows: list[list[str]], newline: str, chunk: int
) -> None:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=newline)
    writer.writerow("abc")
    writer.writerows(rows)
    found, counts = _read(out.getvalue().encode(), chunk, 3)
    assert found == [[cell.replace("\r\n", "\n") for cell in row] for row in rows]
    assert counts.records == len(rows)
    assert counts.balanced


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text(alphabet='ab,"', max_size=12), max_size=30), CHUNKS)
def test_no_line_of_rubbish_is_lost(lines: list[str], chunk: int) -> None:
    found, counts = _read(("a,b,c\n" + "\n".join(lines)).encode(), chunk, 3)
    assert counts.balanced
    assert counts.records == len(found)
    assert counts.physical_lines == len(("a,b,c\n" + "\n".join(lines)).splitlines())


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["T1", "T2", "T3", "", "T4"]),
            st.sampled_from(["A1", "A2", ""]),
            st.sampled_from(["1.00", "1.001", "-1", "NaN", "", "2"]),
            st.sampled_from(["2024-01-15 10:00:00", "2024-02-30", "2023-12-31 23:59:59", "9999-01-01"]),
        ),
        max_size=25,
    )
)
def test_every_row_is_loaded_or_in_quarantine(rows: list[tuple[str, str, str, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bank = SmallBank(Path(folder)).with_parents()
        names: list[str] = ["transaction_id", "account_id", "amount", "booking_date_time"]
        text = csv_text("transaction", *(dict(zip(names, row, strict=True)) for row in rows))
        bank.deliver("transaction_20240131.csv", text)
        bank.load()
        delivery = bank.delivery("transaction_20240131.csv")
        delivered = len(list(csv.reader(io.StringIO(text)))) - 1
        assert delivery["rows_delivered"] == delivered == len(rows)
        loaded = bank.rows("SELECT line_number, transaction_id FROM raw.transaction")
        quarantined = [row["line_number"] for row in bank.quarantine()]
        assert sorted([line for line, _ in loaded] + quarantined) == list(range(2, len(rows) + 2))
        assert len({key for _, key in loaded}) == len(loaded)


def test_header_of_the_contract_is_what_files_are_held_to() -> None:
    assert csv_text("product").rstrip() == ",".join(header("product"))

"""From the bytes of a file to records, each accounted for.

DuckDB's CSV reader can lose lines without a word, so it never sees a file: records are found here, on the
bytes, with numpy; DuckDB receives them as Arrow batches of (line, raw, record, fault), with the business
date of the file, and splits them in SQL. In a CSV record the delimiters between fields, and the newline at
its end, are replaced by the unit separator 0x1F and the quotes are taken off, so that splitting it is one
`string_split`.

Whatever makes a whole file untrustworthy (wrong encoding, NUL bytes, another header, a truncated gzip)
raises `RefusedError` before or while it is read; what is wrong with one record only is told in `fault`. Blank
lines are no records: they have the line number 0.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data.ingest.mapping import FileKind

SEPARATOR = 0x1F
ESCAPED = 0x1E
NEWLINE = 0x0A

# large enough that the fixed cost of a batch vanishes, small enough to stay in the processor's cache
CHUNK = 1 << 20
MAX_RECORD = 16 << 20
MAX_JOINED_LINES = 50
# a gzip of text rarely shrinks to a twentieth; a bomb shrinks to a thousandth
MAX_EXPANSION = 200
MIN_BOMB = 64 << 20

SCHEMA = pa.schema(
    [("line", pa.int64()), ("raw", pa.string()), ("record", pa.string()), ("fault", pa.string())]
)

_MAGIC = (
    (b"PK\x03\x04", "a zip archive or an Excel workbook"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"%PDF", "a PDF document"),
    (b"PAR1", "a Parquet file"),
    (b"\x1f\x8b", "gzip-compressed, which its name doesn't say"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
)


class RefusedError(Exception):
    """A file that can't be loaded as a whole; the message is the reason a person reads."""


@dataclass
class Counts:
    """What was found on the bytes, independently of SQL. Continuations are lines within quoted fields."""

    records: int = 0
    physical_lines: int = 0
    header_lines: int = 0
    blank_lines: int = 0
    continuation_lines: int = 0

    @property
    def balanced(self) -> bool:
        """Whether every line of the file is part of exactly one thing counted."""
        return self.physical_lines == (
            self.records + self.header_lines + self.blank_lines + self.continuation_lines
        )


class RecordReader:
    """Reads one file once. `counts` is complete when the batches are exhausted.

    Raises:
        RefusedError: the file can't be trusted as a whole. On construction for what its beginning shows,
            while reading for the rest.
    """

    def __init__(self, path: Path, kind: FileKind) -> None:
        self._path = path
        self._kind = kind
        self._csv = kind.format.kind == "csv"
        self._delimiter = kind.format.delimiter.encode()
        self._quote = kind.format.quote.encode()
        self.counts = Counts()
        self._stream: BinaryIO = self._open()
        try:
            self._head = self._check_beginning()
        except RefusedError:
            self._stream.close()
            raise

    def _open(self) -> BinaryIO:
        if self._path.name.endswith(".gz"):
            if not self._path.stat().st_size:
                raise RefusedError("The gzip file was cut short: it has 0 bytes.")
            return gzip.open(self._path, "rb")  # type: ignore[return-value]
        return self._path.open("rb")

    def _read(self, size: int) -> bytes:
        try:
            return self._stream.read(size)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise RefusedError(f"The gzip file is damaged or was cut short: {error}.") from error

    def _check_beginning(self) -> bytes:
        head = self._read(CHUNK)
        for magic, found in _MAGIC:
            if head.startswith(magic):
                raise RefusedError(f"The file is {found}, not {self._expected_kind()}.")
        if head.lstrip()[:15].lower().startswith((b"<!doctype", b"<html", b"<?xml")):
            raise RefusedError(f"The file is a web page or XML, not {self._expected_kind()}.")
        head = head.removeprefix(b"\xef\xbb\xbf")
        if self._csv:
            if not head.strip():
                raise RefusedError("The file is empty: it has not even a header.")
            return self._check_header(head)
        if self._kind.format.kind == "jsonl":
            self._check_keys(head)
        return head

    def _expected_kind(self) -> str:
        return {"csv": "delimited text", "fixed": "fixed-width text", "jsonl": "JSON lines"}[
            self._kind.format.kind
        ]

    def _check_header(self, head: bytes) -> bytes:
        end = head.find(b"\n")
        line = head if end < 0 else head[:end]
        text = self._decode(line, 0).rstrip("\r\n")
        delimiter, quote = self._kind.format.delimiter, self._kind.format.quote
        found = next(csv.reader([text], delimiter=delimiter, quotechar=quote), [])
        if tuple(found) != self._kind.header:
            expected = delimiter.join(self._kind.header)
            hint = ""
            other = next((d for d in ",;\t|" if d != delimiter and d in text and len(found) == 1), None)
            if other and len(self._kind.header) > 1:
                hint = f" It looks separated by {other!r} instead of {delimiter!r}."
            raise RefusedError(
                f"The header is not the expected one. Expected: {expected} Found: {text[:2000]}{hint}"
            )
        self.counts.header_lines = self.counts.physical_lines = 1
        return b"" if end < 0 else head[end + 1 :]

    def _check_keys(self, head: bytes) -> None:
        import json

        first = self._decode(head.lstrip().split(b"\n", 1)[0], 0)
        try:
            record = json.loads(first)
        except ValueError:
            return  # a single broken record is that record's fault
        if not isinstance(record, dict):
            raise RefusedError(f"The first line is no JSON object but {first[:80]!r}.")
        if unknown := sorted(set(record) - set(self._kind.header)):
            raise RefusedError(
                f"The keys are not the expected ones. Expected: {', '.join(self._kind.header)} "
                f"Found besides: {', '.join(unknown)}"
            )

    def _decode(self, chunk: bytes, offset: int) -> str:
        encoding = self._kind.format.encoding
        try:
            return chunk.decode(encoding)
        except UnicodeDecodeError as error:
            line = self.counts.physical_lines + chunk.count(b"\n", 0, error.start) + 1
            raise RefusedError(
                f"Byte 0x{chunk[error.start]:02X} at offset {offset + error.start} (line {line}) "
                f"is not {encoding}."
            ) from error

    def _clean(self, chunk: bytes, offset: int) -> bytes:
        """The chunk as UTF-8, every line ending in one newline."""
        for forbidden, name in ((b"\0", "NUL"), (b"\x1e", "0x1E")):
            at = chunk.find(forbidden)
            if at >= 0:
                line = self.counts.physical_lines + chunk.count(b"\n", 0, at) + 1
                raise RefusedError(
                    f"A {name} byte at offset {offset + at} (line {line}): this is not plain text."
                )
        if not chunk.isascii():
            text = self._decode(chunk, offset)
            if self._kind.format.encoding != "utf-8":
                chunk = text.encode()
        return chunk.replace(b"\r\n", b"\n") if b"\r" in chunk else chunk

    def _chunks(self) -> Iterator[tuple[bytes, bool]]:
        """Whole lines, cleaned, and whether they are the last; the consumer may hand back a tail."""
        block, rest, offset, total = self._head, b"", self.counts.header_lines, 0
        compressed = self._path.stat().st_size
        while True:
            total += len(block)
            if total > MIN_BOMB and total > MAX_EXPANSION * compressed:
                raise RefusedError(f"The file expands to more than {MAX_EXPANSION} times its size.")
            following = self._read(CHUNK)
            last = not following
            block = rest + block
            if last and block and not block.endswith(b"\n"):
                block += b"\n"
            cut = block.rfind(b"\n") + 1
            lines, rest = block[:cut], block[cut:]
            if len(rest) > MAX_RECORD:
                raise RefusedError(f"A line is longer than {MAX_RECORD >> 20} MiB.")
            if lines:
                yield self._clean(lines, offset), last
            if last:
                return
            offset += cut
            block = following

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The records, once."""
        try:
            carried = b""
            for lines, last in self._chunks():
                data = carried + lines
                carried = b""
                if self._csv and self._quote in data:
                    batches, consumed = self._quoted(data, last)
                    carried = data[consumed:]
                    yield from batches
                elif data:
                    yield self._plain(data)
            if not self.counts.balanced:
                raise RefusedError(f"The lines of the file don't add up: {self.counts}.")
        finally:
            self._stream.close()

    def _plain(self, data: bytes) -> pa.RecordBatch:
        """One record per line."""
        code = np.frombuffer(data, dtype=np.uint8)
        ends = np.flatnonzero(code == NEWLINE) + 1
        lines = np.arange(len(ends), dtype=np.int64) + (self.counts.physical_lines + 1)
        record = data
        if self._csv:
            # whole-array arithmetic: several times as fast as bytes.translate
            delimiter = self._delimiter[0]
            separated = code ^ ((code == delimiter) * np.uint8(delimiter ^ SEPARATOR))
            separated[ends - 1] = SEPARATOR
            record = separated.tobytes()
        self._count(ends, len(ends))
        return _batch(lines, data, ends, record, ends)

    def _count(self, raw_ends: NDArray[Any], physical: int) -> None:
        blank = int(np.count_nonzero(_blank(raw_ends)))
        self.counts.blank_lines += blank
        self.counts.records += len(raw_ends) - blank
        self.counts.continuation_lines += physical - len(raw_ends)
        self.counts.physical_lines += physical

    def _quoted(self, data: bytes, last: bool) -> tuple[list[pa.RecordBatch], int]:
        """Records of lines among which some are quoted, and how many bytes they took.

        Vectorised while quotes stand where RFC 4180 wants them; otherwise line by line.
        """
        quotes = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == self._quote[0])
        consumed = len(data)
        if len(quotes) % 2:
            # a quoted field goes on in the next chunk: keep its record for then
            consumed = data.rfind(b"\n", 0, int(quotes[-1])) + 1
            quotes = quotes[quotes < consumed]
            if last or len(data) - consumed > CHUNK or len(quotes) % 2:
                return self._line_by_line(data, last)
        if not self._well_placed(data, quotes):
            return self._line_by_line(data, last)
        return ([self._unquote(data[:consumed], quotes)] if consumed else []), consumed

    def _well_placed(self, data: bytes, quotes: NDArray[Any]) -> bool:
        """Whether fields open after, and close before, a delimiter, a line end or another quote."""
        if not len(quotes):
            return True
        code = np.frombuffer(data, dtype=np.uint8)
        opening, closing = quotes[0::2], quotes[1::2]
        allowed = np.zeros(256, dtype=bool)
        allowed[[self._delimiter[0], NEWLINE, self._quote[0]]] = True
        before = code[np.maximum(opening, 1) - 1]
        return bool(np.all(allowed[before] | (opening == 0)) and np.all(allowed[code[closing + 1]]))

    def _unquote(self, data: bytes, quotes: NDArray[Any]) -> pa.RecordBatch:
        code = np.frombuffer(data, dtype=np.uint8)
        newlines = np.flatnonzero(code == NEWLINE)
        ending = np.flatnonzero(np.searchsorted(quotes, newlines) % 2 == 0)
        ends = newlines[ending]
        delimiters = np.flatnonzero(code == self._delimiter[0])
        work = code.copy()
        work[delimiters[np.searchsorted(quotes, delimiters) % 2 == 0]] = SEPARATOR
        work[ends] = SEPARATOR
        # "" inside a quoted field is one quote: a closing one directly followed by an opening one
        closing = quotes[1::2]
        escaped = (
            closing[:-1][quotes[2::2][: len(closing) - 1] == closing[:-1] + 1]
            if len(closing) > 1
            else closing[:0]
        )
        work[escaped] = ESCAPED
        removed = np.setdiff1d(quotes, escaped, assume_unique=True)
        record = np.delete(work, removed).tobytes().replace(bytes((ESCAPED,)), self._quote)
        record_ends = ends + 1 - np.searchsorted(removed, ends)
        base = self.counts.physical_lines + 1
        lines = np.concatenate(([0], ending[:-1] + 1)).astype(np.int64)[: len(ending)] + base
        self._count(ends + 1, len(newlines))
        return _batch(lines, data, ends + 1, record, record_ends)

    def _line_by_line(self, data: bytes, last: bool) -> tuple[list[pa.RecordBatch], int]:
        """For a chunk with stray or unclosed quotes: such a line is a record with a fault, others stand.

        A line with an open quote is joined with following ones as long as that gives a whole record.
        """
        d, q = re.escape(self._delimiter), re.escape(self._quote)
        field = b"(?:%b(?:[^%b]|%b%b)*%b|[^%b%b\n]*)" % (q, q, q, q, q, d, q)
        whole = re.compile(field + b"(?:%b%b)*" % (d, field))
        lines = data.split(b"\n")[:-1]
        good: list[tuple[int, bytes]] = []
        bad: list[tuple[int, bytes]] = []
        at = consumed = 0
        while at < len(lines):
            line, taken = lines[at], 1
            sound = self._quote not in line or whole.fullmatch(line) is not None
            if not sound and line.count(self._quote) % 2:
                if not last and at + MAX_JOINED_LINES > len(lines) and len(data) - consumed < MAX_RECORD:
                    break
                for more in range(2, min(MAX_JOINED_LINES, len(lines) - at) + 1):
                    joined = b"\n".join(lines[at : at + more])
                    if whole.fullmatch(joined) and self._field_count(joined) == len(self._kind.header):
                        line, taken, sound = joined, more, True
                        break
            if line:
                (good if sound else bad).append((self.counts.physical_lines + 1, line))
            self.counts.physical_lines += taken
            self.counts.continuation_lines += taken - 1
            if line:
                self.counts.records += 1
            else:
                self.counts.blank_lines += 1
            at += taken
            consumed += len(line) + 1
        batches = []
        if good:
            text = b"".join(line + b"\n" for _, line in good)
            saved = Counts(**vars(self.counts))
            quotes = np.flatnonzero(np.frombuffer(text, dtype=np.uint8) == self._quote[0])
            batch = self._unquote(text, quotes)
            self.counts = saved
            numbers = pa.array([number for number, _ in good], pa.int64())
            batches.append(batch.set_column(0, SCHEMA.field(0), numbers))
        if bad:
            fault = "A quote is not closed, or stands in the middle of a field."
            batches.append(
                pa.record_batch(
                    [
                        pa.array([number for number, _ in bad], pa.int64()),
                        pa.array([line.decode() for _, line in bad], pa.string()),
                        pa.nulls(len(bad), pa.string()),
                        pa.array([fault] * len(bad), pa.string()),
                    ],
                    schema=SCHEMA,
                )
            )
        return batches, consumed

    def _field_count(self, record: bytes) -> int:
        form = self._kind.format
        rows = list(
            csv.reader(
                io.StringIO(record.decode(), newline=""), delimiter=form.delimiter, quotechar=form.quote
            )
        )
        return len(rows[0]) if len(rows) == 1 else 0


class RecordStream:
    """The records of some files of one kind, one file after the other, for DuckDB to scan once.

    `counts` has one entry for each file that was read to its end. DuckDB wraps what is raised while it
    scans; `refusal` keeps the original.
    """

    def __init__(self, files: Iterable[tuple[Path, FileKind]]) -> None:
        self._files = files
        self.counts: list[Counts] = []
        self.refusal: RefusedError | None = None

    def reader(self) -> pa.RecordBatchReader:
        """The relation, with the business date of each record's file."""
        schema = SCHEMA.append(pa.field("business_date", pa.date32()))
        return pa.RecordBatchReader.from_batches(schema, self._batches(schema))

    def _batches(self, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        try:
            for path, kind in self._files:
                reader = RecordReader(path, kind)
                day = pa.scalar(kind.business_date, pa.date32())
                for batch in reader.batches():
                    dates = pa.repeat(day, batch.num_rows)
                    yield pa.record_batch([*batch.columns, dates], schema=schema)
                self.counts.append(reader.counts)
        except RefusedError as refused:
            self.refusal = refused
            raise


def _batch(
    lines: NDArray[Any], raw: bytes, raw_ends: NDArray[Any], record: bytes, record_ends: NDArray[Any]
) -> pa.RecordBatch:
    """Arrow arrays over the bytes themselves: nothing is copied line by line. Blank lines get number 0."""
    lines[_blank(raw_ends)] = 0
    return pa.record_batch(
        [
            pa.Array.from_buffers(pa.int64(), len(lines), [None, pa.py_buffer(lines)]),
            _strings(raw, raw_ends),
            _strings(record, record_ends),
            pa.nulls(len(lines), pa.string()),
        ],
        schema=SCHEMA,
    )


def _blank(ends: NDArray[Any]) -> NDArray[np.bool_]:
    """Which of the lines that end there hold only their newline."""
    return np.diff(ends, prepend=0) == 1


def _strings(data: bytes, ends: NDArray[Any]) -> pa.Array:
    offsets = np.zeros(len(ends) + 1, dtype=np.int32)
    offsets[1:] = ends
    return pa.StringArray.from_buffers(len(ends), pa.py_buffer(offsets), pa.py_buffer(data))

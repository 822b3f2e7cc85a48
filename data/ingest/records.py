"""From the bytes of a file to records, each accounted for.

DuckDB's CSV reader can lose lines without a word, so it never sees a file: records are found here, on the
bytes, with numpy; DuckDB receives them as Arrow batches of (line, raw, record, fault), with the business
date of the file, and splits them in SQL. In a CSV record the delimiters between fields, and the newline at
its end, are replaced by the unit separator 0x1F and the quotes are taken off, so that splitting it is one
`string_split`.

Whatever makes a whole file untrustworthy (wrong encoding, NUL bytes, another header, a truncated gzip)
raises `RefusedError` before or while it is read; what is wrong with one record only is told in `fault`. Blank
lines are no records: they have the line number 0.

Lines and offsets are those of the file as it was delivered, so that an editor finds them: header, blank
lines, byte order mark and carriage returns count; of a compressed file it is the text in it.
"""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data.ingest.mapping import FileKind, Format

SEPARATOR = 0x1F
ESCAPED = 0x1E
NEWLINE = 0x0A
BYTE_ORDER_MARK = b"\xef\xbb\xbf"

# large enough that the fixed cost of a batch vanishes, small enough to stay in the processor's cache
CHUNK = 1 << 20
MAX_HEADER = 64 << 10
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


SEND_AGAIN = "Have it sent again."


class RefusedError(Exception):
    """A file that can't be loaded as a whole: what is wrong with it, and what to do, as a person reads it."""

    def __init__(self, why: str, fix: str) -> None:
        super().__init__(f"{why} {fix}")
        self.why = why
        self.fix = fix


@dataclass
class Counts:
    """What was found on the bytes, independently of SQL. Continuations are lines within quoted fields.

    `longest` is the size of the longest record in bytes, which begins on the line `longest_line`.
    """

    records: int = 0
    physical_lines: int = 0
    header_lines: int = 0
    blank_lines: int = 0
    continuation_lines: int = 0
    longest: int = 0
    longest_line: int = 0

    def measure(self, size: int, line: int) -> None:
        """Take note of a record of that size, without its line end."""
        if size > self.longest:
            self.longest, self.longest_line = size, line

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
        self._offset = 0
        """Bytes before what `_chunks` gives next."""
        self._line = 1
        """Line on which that begins."""
        self._stream: BinaryIO = self._open()
        try:
            self._head = self._check_beginning()
        except RefusedError:
            self._stream.close()
            raise

    def _open(self) -> BinaryIO:
        if self._path.name.endswith(".gz"):
            if not self._path.stat().st_size:
                raise RefusedError("The gzip file was cut short: it has 0 bytes.", SEND_AGAIN)
            return gzip.open(self._path, "rb")  # type: ignore[return-value]
        return self._path.open("rb")

    def _read(self, size: int) -> bytes:
        try:
            return self._stream.read(size)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            why = f"The gzip file is damaged or was cut short: {str(error).rstrip('.')}."
            raise RefusedError(why, SEND_AGAIN) from error

    def _check_beginning(self) -> bytes:
        head = self._read(CHUNK)
        kind = self._expected_kind()
        found = next((found for magic, found in _MAGIC if head.startswith(magic)), None)
        if head.lstrip()[:15].lower().startswith((b"<!doctype", b"<html", b"<?xml")):
            found = "a web page or XML"
        if found:
            raise RefusedError(f"The file is {found}, not {kind}.", f"Have the table sent as {kind}.")
        if head.startswith(BYTE_ORDER_MARK):
            head = self._skip(head, len(BYTE_ORDER_MARK))
        if self._csv:
            if not head.strip():
                raise RefusedError(
                    "The file is empty: it has not even a header.",
                    "Have it sent again; a table without rows is its header alone.",
                )
            return self._check_header(head)
        if self._kind.format.kind == "jsonl":
            self._check_keys(head)
        return head

    def _expected_kind(self) -> str:
        return {"csv": "delimited text", "fixed": "fixed-width text", "jsonl": "JSON lines"}[
            self._kind.format.kind
        ]

    def _skip(self, data: bytes, size: int) -> bytes:
        """The data without its first bytes, which are accounted for."""
        self._offset += size
        self._line += data.count(NEWLINE, 0, size)
        return data[size:]

    def _check_header(self, head: bytes) -> bytes:
        line, newline, _ = head.partition(b"\n")
        # the start is enough to see that this is no header, and may end within a character
        text = line[:MAX_HEADER].decode(errors="replace") if len(line) > MAX_HEADER else self._decode(line)
        text = text.rstrip("\r")
        delimiter, quote = self._kind.format.delimiter, self._kind.format.quote
        try:
            found = next(csv.reader([text], delimiter=delimiter, quotechar=quote), [])
        except csv.Error:  # a carriage return within the line
            found = [text]
        if tuple(found) != self._kind.header:
            expected = delimiter.join(self._kind.header)
            hint = ""
            other = next((d for d in ",;\t|" if d != delimiter and d in text and len(found) == 1), None)
            if "\r" in text:
                hint = " Its lines end in carriage returns without newlines."
            elif other and len(self._kind.header) > 1:
                hint = f" It looks separated by {other!r} instead of {delimiter!r}."
            raise RefusedError(
                f"The header is not the expected one. Expected: {expected} Found: {text[:2000]}{hint}",
                "Have it sent with the expected header, or change its entry in the mapping.",
            )
        self.counts.header_lines = self.counts.physical_lines = 1
        return self._skip(head, len(line) + len(newline))

    def _check_keys(self, head: bytes) -> None:
        import json

        first = head.lstrip().split(b"\n", 1)[0]
        try:
            record = json.loads(first.decode(self._kind.format.encoding))
        except ValueError:
            return  # a broken record is that record's fault; a wrong encoding is found while reading
        if not isinstance(record, dict):
            raise RefusedError(
                f"The first line is no JSON object but {first[:80].decode(errors='replace')!r}.",
                "Have it sent with one JSON object on each line.",
            )
        if unknown := sorted(set(record) - set(self._kind.header)):
            raise RefusedError(
                f"The keys are not the expected ones. Expected: {', '.join(self._kind.header)} "
                f"Found besides: {', '.join(unknown)}",
                "Have it sent with the expected keys, or change its entry in the mapping.",
            )

    def _place(self, chunk: bytes, at: int) -> str:
        """Where a byte of the chunk stands in the file, for a person with an editor."""
        text = " of the uncompressed text" if self._path.name.endswith(".gz") else ""
        return f"at offset {self._offset + at}{text} (line {self._line + chunk.count(NEWLINE, 0, at)})"

    def _decode(self, chunk: bytes) -> str:
        encoding = self._kind.format.encoding
        try:
            return chunk.decode(encoding)
        except UnicodeDecodeError as error:
            place = self._place(chunk, error.start)
            raise RefusedError(
                f"Byte 0x{chunk[error.start]:02X} {place} is not {encoding}.",
                f"Have it sent as {encoding}, or give its encoding in the mapping.",
            ) from error

    def _clean(self, chunk: bytes) -> bytes:
        """The chunk as UTF-8, every line ending in one newline."""
        for forbidden, name in ((b"\0", "NUL"), (b"\x1e", "0x1E")):
            at = chunk.find(forbidden)
            if at >= 0:
                raise RefusedError(
                    f"A {name} byte {self._place(chunk, at)}: this is not plain text.", SEND_AGAIN
                )
        if not chunk.isascii():
            text = self._decode(chunk)
            if self._kind.format.encoding != "utf-8":
                chunk = text.encode()
        return chunk.replace(b"\r\n", b"\n") if b"\r" in chunk else chunk

    def _chunks(self) -> Iterator[tuple[bytes, bool]]:
        """Whole lines, cleaned, and whether they are the last; the consumer may hand back a tail."""
        block, rest, total = self._head, b"", 0
        compressed = self._path.stat().st_size
        while True:
            total += len(block)
            if total > MIN_BOMB and total > MAX_EXPANSION * compressed:
                raise RefusedError(
                    f"The file expands to more than {MAX_EXPANSION} times its size.",
                    "Have it sent uncompressed if it is right.",
                )
            following = self._read(CHUNK)
            last = not following
            block = rest + block
            if last and block and not block.endswith(b"\n"):
                block += b"\n"
            cut = block.rfind(b"\n") + 1
            if len(block) - cut > MAX_RECORD:
                raise RefusedError(
                    f"The line {self._line + block.count(NEWLINE)} is longer than {MAX_RECORD >> 20} MiB.",
                    "Have it sent with a line end after each record, and without documents in a field.",
                )
            if cut:
                cleaned = self._clean(block[:cut])
                rest = self._skip(block, cut)
                yield cleaned, last
            else:
                rest = block
            if last:
                return
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
                raise RefusedError(f"The lines of the file don't add up: {self.counts}.", SEND_AGAIN)
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
        self._count(ends, lines, len(ends))
        return _batch(lines, data, ends, record, ends)

    def _count(self, raw_ends: NDArray[Any], lines: NDArray[Any], physical: int) -> None:
        sizes = np.diff(raw_ends, prepend=0)
        if len(sizes):
            longest = int(sizes.argmax())
            self.counts.measure(int(sizes[longest]) - 1, int(lines[longest]))
        blank = int(np.count_nonzero(sizes == 1))
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
        self._count(ends + 1, lines, len(newlines))
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
                    if whole.fullmatch(joined) and field_count(joined.decode(), self._kind.format) == len(
                        self._kind.header
                    ):
                        line, taken, sound = joined, more, True
                        break
            if line:
                (good if sound else bad).append((self.counts.physical_lines + 1, line))
                self.counts.measure(len(line), self.counts.physical_lines + 1)
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


def field_count(record: str, form: Format) -> int:
    """How many fields a CSV record has whose quotes are closed.

    Without the csv module, which gives up at fields of 128 KiB.
    """
    quote = re.escape(form.quote)
    return re.sub(f"{quote}[^{quote}]*{quote}", "", record).count(form.delimiter) + 1


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

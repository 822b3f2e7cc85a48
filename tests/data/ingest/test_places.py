"""Lines and offsets that a person is told are those of the file as delivered: an editor finds them."""

from __future__ import annotations

import gzip
import json
import re
from typing import Any

import pytest

from data.ingest import records
from tests.data.ingest.support import SmallBank, csv_text, header

BOM = "\ufeff"
NAME = "transaction_20240131.csv"


def _row(key: str, **columns: str) -> str:
    """One good line of transactions, each with some columns set otherwise."""
    return csv_text("transaction", {"transaction_id": key, **columns}).split("\n", 1)[1]


HEADER = ",".join(header("transaction")) + "\n"
TWO_LINES = "first\nsecond"
EVE = "2023-12-31 10:00:00"

# a record on each of the lines named, with the rule that it breaks and a place in its reason
FAULTS = (
    HEADER
    + _row("T1")  # 2
    + _row("T2", amount="x")  # 3: type
    + "\n"  # 4
    + _row("T3", proprietary_code=TWO_LINES)  # 5 and 6
    + _row("T4", proprietary_code=TWO_LINES, amount="x")  # 7 and 8: type
    + _row("T5", account_id="A9")  # 9: waits
    + "T6,too short\n"  # 10: structure
    + "\n\n"  # 11 and 12
    + _row("T1")  # 13: the same as line 2
    + _row("T7", proprietary_code=TWO_LINES)  # 14 and 15
    + _row("T7", amount="1.00")  # 16: contradicts line 14
    + _row("T8", credit_debit_indicator="")  # 17: required
    + _row("T0", booking_date_time=EVE)  # 18: live already
)
FOUND = {
    3: ("type", None),
    7: ("type", None),
    9: ("waits_for_parent", None),
    10: ("structure", None),
    13: ("duplicate", "line 2 "),
    14: ("duplicate", "line 14,"),
    16: ("duplicate", "line 14,"),
    17: ("required", None),
    18: ("duplicate", "is live already"),
}
CSV_FORMS = {
    "plain": FAULTS,
    "CRLF": FAULTS.replace("\n", "\r\n"),
    "byte order mark": BOM + FAULTS,
    "both": BOM + FAULTS.replace("\n", "\r\n"),
    "no newline at the end": FAULTS.rstrip("\n"),
    # line by line instead of whole chunks: a stray quote far down the file
    "stray quote": FAULTS + _row("T9").replace("card_pos", 'card"pos'),
}


@pytest.mark.parametrize("chunk", [1 << 20, 500], ids=["whole", "in chunks"])
@pytest.mark.parametrize("form", CSV_FORMS)
def test_line_of_each_reason_in_delimited_text(
    bank: SmallBank, monkeypatch: pytest.MonkeyPatch, form: str, chunk: int
) -> None:
    bank.with_parents().deliver("transaction_20231231.csv", HEADER + _row("T0", booking_date_time=EVE))
    bank.load()
    content = CSV_FORMS[form]
    monkeypatch.setattr(records, "CHUNK", chunk)
    bank.deliver(NAME, content)
    bank.load()
    expected = FOUND | ({19: ("structure", None)} if form == "stray quote" else {})
    found = {row["line_number"]: row for row in bank.quarantine()}
    assert {line: row["rule"] for line, row in found.items()} == {
        line: rule for line, (rule, _) in expected.items()
    }
    for line, (_, place) in expected.items():
        assert place is None or place in found[line]["reason"]
    lines = content.replace("\r\n", "\n").split("\n")
    assert all(row["raw_text"].split("\n")[0] == lines[line - 1] for line, row in found.items())
    assert bank.rows("SELECT transaction_id, line_number FROM raw.transaction ORDER BY 2, 1") == [
        ("T0", 2), ("T1", 2), ("T3", 5),
    ]  # fmt: skip


def test_compressed_text_counts_the_lines_in_it(bank: SmallBank) -> None:
    contact: dict[str, Any] = {
        "contactId": "M1", "customerId": "C1", "campaignId": "X", "arm": "treated",
        "contactedAt": "2024-01-10T09:00:00Z",
    }  # fmt: skip
    lines = [
        json.dumps(contact),
        "",
        json.dumps({**contact, "contactId": "M2", "arm": "unknown"}),  # 3
        "{no json",  # 4
        "",
        json.dumps({**contact, "contactId": "M3", "customerId": "C9"}),  # 6
        json.dumps(contact),  # 7
    ]
    bank.with_parents().deliver(
        "contact_20240131.jsonl.gz", gzip.compress(BOM.encode() + "\r\n".join(lines).encode())
    )
    bank.load()
    assert [(row["line_number"], row["rule"]) for row in bank.quarantine()] == [
        (3, "valid_values"),
        (4, "structure"),
        (6, "waits_for_parent"),
        (7, "duplicate"),
    ]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_fixed_width_counts_from_the_first_line(bank: SmallBank, newline: str) -> None:
    def line(key: str, amount: str = "000000000012345") -> str:
        return f"{key:18}2024013120240131{'L1':8}{amount:15}EUR{'received':20}"

    lines = [line("X1"), "", line("X2", "x"), line("X3")[:-3], line("X1")]
    bank.deliver("loan_transaction_20240131.txt", BOM + newline.join(lines))
    bank.load()
    found = [(row["line_number"], row["rule"]) for row in bank.quarantine()]
    assert found == [(1, "waits_for_parent"), (3, "type"), (4, "structure"), (5, "duplicate")]


BAD_BYTES = {
    "NUL": (b"\0", "A NUL byte", "plain text"),
    "separator": (b"\x1e", "A 0x1E byte", "plain text"),
    "latin-1": (b"\xe9", "Byte 0xE9", "is not utf-8"),
}


PLACES = {"second line": "T0,", "after two chunks": "T25,", "within quotes": "second", "header": "amount"}


@pytest.mark.parametrize(
    ("bad", "where"),
    # in a header, NUL and separator make another header of it, which is said first
    [(bad, where) for bad in BAD_BYTES for where in PLACES if where != "header" or bad == "latin-1"],
)
@pytest.mark.parametrize("form", ["plain", "CRLF", "byte order mark"])
def test_place_of_a_byte_that_is_no_text(
    bank: SmallBank, monkeypatch: pytest.MonkeyPatch, bad: str, form: str, where: str
) -> None:
    byte, what, meaning = BAD_BYTES[bad]
    rows = [_row(f"T{number}", proprietary_code=TWO_LINES if number % 3 else "") for number in range(30)]
    rows.insert(7, "\n")
    text = (HEADER + "".join(rows)).encode()
    at = text.rindex(PLACES[where].encode())
    content = text[:at] + byte + text[at + 1 :]
    if form == "CRLF":
        content = content.replace(b"\n", b"\r\n")
    elif form == "byte order mark":
        content = BOM.encode() + content
    monkeypatch.setattr(records, "CHUNK", 1200)
    bank.deliver(NAME, content)
    bank.load()
    reason = bank.delivery(NAME)["reason"]
    assert what in reason and meaning in reason
    told = re.search(r"at offset (\d+) \(line (\d+)\)", reason)
    assert told, reason
    offset, line = int(told[1]), int(told[2])
    assert content[offset : offset + 1] == byte, "what stands there in the file as delivered"
    assert line == content.count(b"\n", 0, offset) + 1


def test_place_in_a_compressed_file_is_that_in_its_text(bank: SmallBank) -> None:
    content = b'{"contactId": "M1"}\n{"contactId": "M\0"}\n'
    bank.deliver("contact_20240131.jsonl.gz", gzip.compress(content))
    bank.load()
    place = f"at offset {content.index(0)} of the uncompressed text (line 2)"
    assert place in bank.delivery("contact_20240131.jsonl.gz")["reason"]


def test_line_that_never_ends_is_named(bank: SmallBank, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MAX_RECORD", 1 << 20)
    bank.deliver(NAME, HEADER + _row("T1") + "x" * (3 << 20))
    bank.load()
    assert "The line 3 is longer than 1 MiB." in bank.delivery(NAME)["reason"]


def test_wide_field_in_a_broken_record_is_no_failure(bank: SmallBank) -> None:
    """Python's csv module gives up at 128 KiB."""
    bank.with_parents().deliver(NAME, HEADER + _row("T1") + "T2," + "x" * 200_000 + "\n")
    bank.load()
    (row,) = bank.quarantine()
    assert (row["line_number"], row["reason"]) == (
        3,
        f"The record has 2 fields, {len(header('transaction'))} are expected.",
    )


@pytest.mark.parametrize(
    "content", ["x" * 200_000, HEADER.replace("\n", "\r") + _row("T1").replace("\n", "\r")]
)
def test_no_line_end_at_all_is_another_header(bank: SmallBank, content: str) -> None:
    bank.deliver(NAME, content)
    bank.load()
    reason = bank.delivery(NAME)["reason"]
    assert reason.startswith("The header is not the expected one.")
    assert ("carriage returns" in reason) == ("\r" in content)

"""Every fault of a delivered file that we know of: refused whole, or its rows in quarantine, never lost."""

from __future__ import annotations

import gzip
import json

import pytest

from data.ingest import ledger
from tests.data.ingest.support import DEFAULTS, SmallBank, csv_text, header

NAME = "transaction_20240131.csv"
GOOD = csv_text("transaction", *({"transaction_id": f"T{n}"} for n in range(20)))


def _renamed(text: str, old: str, new: str) -> str:
    first, rest = text.split("\n", 1)
    return first.replace(old, new) + "\n" + rest


def _reordered(text: str) -> str:
    return _renamed(text, "transaction_id,account_id", "account_id,transaction_id")


REFUSED = {
    "header renamed": (_renamed(GOOD, "amount", "amt"), "The header is not the expected one"),
    "header reordered": (_reordered(GOOD), "The header is not the expected one"),
    "header column doubled": (_renamed(GOOD, "status", "amount"), "The header is not the expected one"),
    "header column missing": (_renamed(GOOD, ",status", ""), "The header is not the expected one"),
    "header column extra": (_renamed(GOOD, "status", "status,extra"), "The header is not the expected one"),
    "no header": (GOOD.split("\n", 1)[1], "The header is not the expected one"),
    "other delimiter": (GOOD.replace(",", ";"), "It looks separated by ';' instead of ','"),
    "empty": ("", "The file is empty"),
    "only newlines": ("\n\n\n", "The file is empty"),
    "web page": ("<!DOCTYPE html><html><body>Not found</body></html>", "a web page"),
    "zip or xlsx": (b"PK\x03\x04" + b"\0" * 60, "a zip archive or an Excel workbook"),
    "png": (b"\x89PNG\r\n\x1a\n" + b"\0" * 60, "a PNG image"),
    "utf-16": (GOOD.encode("utf-16"), "UTF-16"),
    "latin-1": (GOOD.replace("T7,", "Té,").encode("latin-1"), "Byte 0xE9 at offset"),
    "NUL bytes": (GOOD.replace("T7,", "T\0,"), "NUL byte"),
    "gzip under a csv name": (gzip.compress(GOOD.encode()), "gzip-compressed"),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_untrustworthy_file_is_refused_whole(bank: SmallBank, fault: str) -> None:
    content, reason = REFUSED[fault]
    bank.with_parents().deliver(NAME, content)
    bank.deliver("product_20240131.csv", csv_text("product", {}))
    report = bank.load()
    assert [result.file_name for result in report.refused] == [NAME]
    delivery = bank.delivery(NAME)
    assert delivery["state"] == "refused"
    assert reason in delivery["reason"]
    assert bank.rows("SELECT count(*) FROM raw.transaction") == [(0,)]
    # the other file of the delivery is none the worse for it
    assert bank.rows("SELECT count(*) FROM raw.product") == [(1,)]
    note = json.loads((bank.settings.quarantine / "demo" / f"{NAME}.transaction.json").read_text())
    assert note["reason"] == delivery["reason"]


def test_refusal_names_both_headers(bank: SmallBank) -> None:
    bank.deliver("product_20240131.csv", "product_id,name,family\nP1,x,current\n")
    bank.load()
    reason = bank.delivery("product_20240131.csv")["reason"]
    assert "Expected: product_id,product_name,family,fire_type" in reason
    assert "Found: product_id,name,family" in reason


BAD_VALUES = {
    "amount NaN": ("amount", "NaN", "type"),
    "amount infinite": ("amount", "inf", "type"),
    "amount N/A": ("amount", "N/A", "type"),
    "amount missing": ("amount", "", "required"),
    "amount with decimal comma": ("amount", "12,50", "type"),
    "amount with thousands": ("amount", "1,234.56", "type"),
    "amount over-precise": ("amount", "0.1234567890123456789", "type"),
    "amount a hair over-precise": ("amount", "12.505", "type"),
    "amount over-precise in scientific notation": ("amount", "1e-3", "type"),
    "amount too large": ("amount", "12345678901234567.00", "type"),
    "amount of 40 digits": ("amount", "1" * 40, "type"),
    "amount negative": ("amount", "-0.01", "minimum"),
    "amount with underscore": ("amount", "1_000.00", "type"),
    "30 February": ("booking_date_time", "2024-02-30 10:00:00", "type"),
    "year 1": ("booking_date_time", "0001-01-01 00:00:00", "minimum"),
    "year 9999": ("booking_date_time", "9999-12-31 00:00:00", "maximum"),
    "after the business date": ("booking_date_time", "2024-02-02 00:00:00", "booked_by_business_date"),
    "offset": ("booking_date_time", "2024-01-15 10:00:00+02:00", "type"),
    "infinity": ("booking_date_time", "infinity", "type"),
    "unknown indicator": ("credit_debit_indicator", "CREDIT", "valid_values"),
    "unknown channel": ("channel", "carrier pigeon", "valid_values"),
    "currency in small letters": ("currency_code", "eur", "pattern"),
    "boolean maybe": ("manual_touch", "maybe", "type"),
    "key missing": ("transaction_id", "", "required"),
}


@pytest.mark.parametrize("fault", BAD_VALUES)
def test_bad_value_puts_its_row_in_quarantine(bank: SmallBank, fault: str) -> None:
    column, value, rule = BAD_VALUES[fault]
    bank.with_parents().deliver(
        NAME, csv_text("transaction", {}, {"transaction_id": "T2", column: value}, {"transaction_id": "T3"})
    )
    bank.load()
    delivery = bank.delivery(NAME)
    assert (delivery["rows_delivered"], delivery["rows_loaded"], delivery["rows_quarantined"]) == (3, 2, 1)
    (row,) = bank.quarantine()
    assert (row["line_number"], row["column_name"], row["rule"]) == (3, column, rule)
    assert row["value"] == (value or None)
    assert row["file_name"] == NAME
    assert row["reason"].endswith(".")
    assert row["raw_text"] == bank.deliveries_folder.joinpath(NAME).read_text().splitlines()[2]
    assert bank.rows("SELECT transaction_id FROM raw.transaction ORDER BY 1") == [("T1",), ("T3",)]


GOOD_VALUES = {
    "trailing zeros": ("amount", "12.5000", "12.50"),
    "padded": ("amount", "  12.50 ", "12.50"),
    "no decimals": ("amount", "12", "12.00"),
    "leading zeros of an identity stay": ("transaction_id", "0007", "0007"),
    "identity of 40 digits": ("transaction_id", "1" * 40, "1" * 40),
    "UTC in ISO form": ("booking_date_time", "2024-01-15T10:00:00Z", "2024-01-15 10:00:00"),
    "quotes, delimiter and newline": ("counterparty_bank", 'Müller, "Söhne"\nBank', 'Müller, "Söhne"\nBank'),
}


@pytest.mark.parametrize("case", GOOD_VALUES)
def test_good_value_is_loaded_unchanged(bank: SmallBank, case: str) -> None:
    column, value, expected = GOOD_VALUES[case]
    bank.with_parents().deliver(NAME, csv_text("transaction", {column: value}))
    bank.load()
    assert bank.quarantine() == []
    assert bank.rows(f"SELECT {column}::VARCHAR FROM raw.transaction") == [(expected,)]


STRUCTURE = {
    "short row": (lambda lines: [*lines[:5], "T99,A1", *lines[5:]], 1),
    "ragged long row": (lambda lines: [*lines[:5], lines[5] + ",,", *lines[6:]], 1),
    "cut in the middle of a row": (lambda lines: [*lines[:-1], lines[-1][:20]], 1),
    "stray quote": (lambda lines: [*lines[:5], lines[5].replace("card_pos", 'card"pos'), *lines[6:]], 1),
    "quote never closed": (lambda lines: [*lines[:5], lines[5].replace("EUR", '"EUR'), *lines[6:]], 1),
    "two quotes never closed": (
        lambda lines: [
            *lines[:5], lines[5].replace("EUR", '"EUR'), *lines[6:9], lines[9].replace("EUR", '"EUR'),
            *lines[10:],
        ],
        2,
    ),
    "binary rubbish in a row": (lambda lines: [*lines[:5], "\x01\x02\x1f,,", *lines[5:]], 1),
}  # fmt: skip


@pytest.mark.parametrize("fault", STRUCTURE)
def test_broken_line_costs_its_own_row_only(bank: SmallBank, fault: str) -> None:
    change, bad = STRUCTURE[fault]
    lines = change(GOOD.rstrip("\n").split("\n"))
    bank.with_parents().deliver(NAME, "\n".join(lines))
    bank.load()
    delivery = bank.delivery(NAME)
    assert delivery["rows_delivered"] == len(lines) - 1
    assert delivery["rows_quarantined"] == bad
    found = bank.quarantine()
    assert {row["rule"] for row in found} == {"structure"}
    assert all(row["raw_text"] == lines[row["line_number"] - 1] for row in found)


@pytest.mark.parametrize(
    "content", [GOOD.replace("\n", "\r\n"), "\ufeff" + GOOD, GOOD.rstrip("\n"), GOOD + "\n\n"]
)
def test_line_ends_byte_order_mark_and_blank_lines_do_not_matter(bank: SmallBank, content: str) -> None:
    bank.with_parents().deliver(NAME, content)
    bank.load()
    assert bank.delivery(NAME)["rows_loaded"] == 20
    assert bank.quarantine() == []


def test_mixed_line_ends(bank: SmallBank) -> None:
    lines = GOOD.rstrip("\n").split("\n")
    bank.with_parents().deliver(
        NAME, "".join(line + ("\r\n" if n % 2 else "\n") for n, line in enumerate(lines))
    )
    bank.load()
    assert bank.rows("SELECT count(*), count(DISTINCT channel) FROM raw.transaction") == [(20, 1)]


def test_header_only_is_a_delivery_of_no_rows(bank: SmallBank) -> None:
    bank.deliver(NAME, ",".join(header("transaction")) + "\n")
    bank.load()
    assert (bank.delivery(NAME)["state"], bank.delivery(NAME)["rows_delivered"]) == ("live", 0)


@pytest.mark.parametrize("content", [b"", b"\n"], ids=["0 bytes", "one blank line"])
def test_empty_json_lines_are_a_delivery_of_no_rows(bank: SmallBank, content: bytes) -> None:
    """Lines of JSON have no header that could be missing: a month without contacts is an empty file."""
    bank.deliver("contact_20240131.jsonl.gz", gzip.compress(content))
    assert not bank.load().refused
    delivery = bank.delivery("contact_20240131.jsonl.gz")
    assert (delivery["state"], delivery["rows_delivered"]) == ("live", 0)
    # the month was delivered: it is no longer waited for
    assert ledger.position(bank.settings) == 1


def test_gzip_file_of_0_bytes_is_refused(bank: SmallBank) -> None:
    """Nothing compressed still has a header of its own: such a file was cut short on its way."""
    bank.deliver("contact_20240131.jsonl.gz", b"")
    bank.load()
    assert "cut short" in bank.delivery("contact_20240131.jsonl.gz")["reason"]


def test_field_of_5_megabytes_is_loaded(bank: SmallBank) -> None:
    long = "x" * 5_000_000
    bank.with_parents().deliver(
        NAME, csv_text("transaction", {"proprietary_code": long}, {"transaction_id": "T2"})
    )
    bank.load()
    assert bank.rows("SELECT max(length(proprietary_code)), count(*) FROM raw.transaction") == [
        (5_000_000, 2)
    ]


def test_file_too_wide_for_the_memory_is_refused(bank: SmallBank, monkeypatch: pytest.MonkeyPatch) -> None:
    """DuckDB really runs out of what it may use; files before and after are none the worse for it."""
    monkeypatch.setattr("data.ingest.loader.MEMORY", "60MB")
    bank.with_parents()
    for month in ("0131", "0331"):
        date = f"2024-{month[:2]}-15 10:00:00"
        good = {"transaction_id": f"T{month}", "booking_date_time": date}
        bank.deliver(f"transaction_2024{month}.csv", csv_text("transaction", good))
    wide = ({"transaction_id": f"T{n}", "proprietary_code": "x" * (3_000_000 + n)} for n in range(30))
    bank.deliver("transaction_20240229.csv", csv_text("transaction", *wide))
    report = bank.load()
    assert [result.file_name for result in report.refused] == ["transaction_20240229.csv"]
    reason = bank.delivery("transaction_20240229.csv")["reason"]
    assert "more than the 60MB of memory" in reason
    assert "of its 30 records the longest, on line 31, has 3.0 MB" in reason
    assert "Have it sent without documents" in reason
    assert bank.rows("SELECT transaction_id FROM raw.transaction ORDER BY 1") == [("T0131",), ("T0331",)]


def test_file_whose_rows_a_join_repeats_is_refused_alone(bank: SmallBank) -> None:
    """Two owners of one account in the file that accounts are looked up in."""
    bank.deliver("disp.asc", "disp_id;client_id;account_id;type\n1;1;1;OWNER\n2;2;1;OWNER\n")
    bank.deliver("account.asc", "account_id;district_id;frequency;date\n1;1;POPLATEK MESICNE;930101\n")
    report = bank.load("berka")
    assert [(result.file_name, result.table) for result in report.refused] == [("account.asc", "account")]
    reason = bank.delivery("account.asc")["reason"]
    assert reason.startswith("Its rows don't add up: 1 were delivered and 2 came out.")
    assert bank.delivery("disp.asc")["state"] == "live"


CONTACTS = b"".join(
    json.dumps(
        {"contactId": f"M{n}", "customerId": "C1", "campaignId": "X", "arm": "treated",
         "contactedAt": "2024-01-10T09:00:00Z", "cost": 0.35}
    ).encode() + b"\n"
    for n in range(200)
)  # fmt: skip


def test_truncated_gzip_is_refused(bank: SmallBank) -> None:
    whole = gzip.compress(CONTACTS)
    bank.with_parents().deliver("contact_20240131.jsonl.gz", whole[: len(whole) // 2])
    bank.load()
    delivery = bank.delivery("contact_20240131.jsonl.gz")
    assert (delivery["state"], delivery["rows_delivered"]) == ("refused", 0)
    assert "damaged or was cut short" in delivery["reason"]


def test_gzip_bomb_is_refused(bank: SmallBank) -> None:
    bank.with_parents().deliver(
        "contact_20240131.jsonl.gz", gzip.compress((b" " * 1023 + b"\n") * (80 << 10))
    )
    bank.load()
    assert "expands to more than" in bank.delivery("contact_20240131.jsonl.gz")["reason"]


def test_json_lines_account_for_every_line(bank: SmallBank) -> None:
    bad = b'{"contactId": "broken"\n[1, 2]\n{"contactId":"U","customerId":"C1","surprise":1}\n'
    bank.with_parents().deliver("contact_20240131.jsonl.gz", gzip.compress(CONTACTS + bad))
    bank.load()
    delivery = bank.delivery("contact_20240131.jsonl.gz")
    assert (delivery["rows_delivered"], delivery["rows_loaded"]) == (203, 200)
    assert [row["line_number"] for row in bank.quarantine()] == [201, 202, 203]
    assert bank.rows("SELECT sum(cost), min(contacted_at)::VARCHAR FROM raw.contact") == [
        (70, "2024-01-10 09:00:00")
    ]


def test_json_number_that_json_cannot_carry_is_quarantined(bank: SmallBank) -> None:
    line = CONTACTS.split(b"\n")[0].replace(b"0.35", b"1234567890123456.78")
    bank.with_parents().deliver("contact_20240131.jsonl.gz", gzip.compress(line + b"\n"))
    bank.load()
    assert "send it as text" in bank.quarantine()[0]["reason"]


def test_fixed_width_line_of_wrong_length_is_quarantined(bank: SmallBank) -> None:
    good = f"{'X1':18}2024013120240131{'L1':8}{'000000000012345':15}EUR{'received':20}"
    bank.deliver("loan_transaction_20240131.txt", f"{good}\n{good[:-3]}\n")
    bank.load()
    found = {row["line_number"]: row for row in bank.quarantine()}
    assert found[2]["reason"] == "The line has 77 characters, 80 are expected."
    assert (found[1]["rule"], found[1]["value"]) == ("waits_for_parent", "L1")


def test_decimal_comma_where_it_is_declared(bank: SmallBank) -> None:
    head = "Buchungstag;Sachkonto;Kostenstelle;Währung;Anfangssaldo;Soll;Haben;Endsaldo\n"
    rows = "31.01.2024;1000;K1;EUR;1,50;2,00;0,25;3,25\n31.01.2024;1001;K1;EUR;1.50;0,00;0,00;1,50\n"
    bank.deliver(
        "gl_account_20240131.csv",
        ",".join(header("gl_account")) + "\n1000,Kasse,,asset,,,cash,false,none,,\n",
    )
    bank.deliver("gl_balance_20240131.csv", (head + rows).encode("latin-1"))
    bank.load()
    assert bank.rows("SELECT opening, debit, credit, closing FROM raw.gl_balance") == [(1.5, 2, 0.25, 3.25)]
    (row,) = bank.quarantine()
    assert (row["line_number"], row["column_name"], row["value"]) == (3, "opening", "1.50 (a point, not ,)")


def test_defaults_are_good_rows(bank: SmallBank) -> None:
    """The faults above are faults of what they change, not of the rows they start from."""
    bank.with_parents()
    for table in set(DEFAULTS) - {"customer", "account"}:
        bank.deliver(f"{table}_20240131.csv", csv_text(table, {}))
    assert bank.load().rows_quarantined == 0

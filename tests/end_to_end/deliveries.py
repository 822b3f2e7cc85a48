"""Corrections of the demo bank's files, as a bank would send them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from decimal import Decimal
from itertools import count

Row = dict[str, str]

DAY, ACCOUNT, COST_CENTRE = "Buchungstag", "Sachkonto", "Kostenstelle"
OPENING, DEBIT, CREDIT, CLOSING = "Anfangssaldo", "Soll", "Haben", "Endsaldo"


def edited(
    content: bytes, edit: Callable[[Row], None], *, delimiter: str = ",", encoding: str = "utf-8"
) -> bytes:
    """A delimited file with every row passed through `edit`, in its own convention."""
    reader = csv.DictReader(io.StringIO(content.decode(encoding)), delimiter=delimiter)
    out = io.StringIO()
    writer = csv.DictWriter(out, reader.fieldnames or [], delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    for row in reader:
        edit(row)
        writer.writerow(row)
    return out.getvalue().encode(encoding)


def other_channels(transactions: bytes) -> bytes:
    """Every fifth card payment turns out to have been made in the internet, at another kind of merchant."""
    numbers = count()

    def edit(row: Row) -> None:
        if row["channel"] == "card_pos" and next(numbers) % 5 == 0:
            row["channel"] = "card_ecom"
            row["merchant_category_code"] = "5999"

    return edited(transactions, edit)


def other_segments(customers: bytes) -> bytes:
    """Some customers of the segment `mass` turn out to be `affluent`."""

    def edit(row: Row) -> None:
        if row["segment_code"] == "mass" and row["id"].endswith(("1", "4", "7")):
            row["segment_code"] = "affluent"

    return edited(customers, edit)


def at_another_branch(customers: bytes) -> bytes:
    """Some customers are looked after by a branch that the bank does not have."""

    def edit(row: Row) -> None:
        if row["id"].endswith("7"):
            row["branch_id"] = "B99"

    return edited(customers, edit)


def moved_between_branches(ledger: bytes, amount: Decimal = Decimal("10.00")) -> bytes:
    """Cash that lay in another branch for one day: the ledger foots, and every later day is the same."""
    day, after = _days(ledger)[10:12]

    def edit(row: Row) -> None:
        if row[ACCOUNT] != "1000" or row[COST_CENTRE] not in {"CC01", "CC02"}:
            return
        moved = amount if row[COST_CENTRE] == "CC01" else -amount
        if row[DAY] == day:
            _add(row, CLOSING, moved)
            _add(row, DEBIT if moved > 0 else CREDIT, amount)
        elif row[DAY] == after:
            _add(row, OPENING, moved)
            _add(row, CREDIT if moved > 0 else DEBIT, amount)

    return _edited_ledger(ledger, edit)


def out_of_balance(ledger: bytes, amount: Decimal = Decimal("1.00")) -> bytes:
    """An entry of cash on the last day that has no other side: row and month add up, the ledger does not."""
    day = _days(ledger)[-1]

    def edit(row: Row) -> None:
        if row[DAY] == day and row[ACCOUNT] == "1000" and row[COST_CENTRE] == "CC01":
            _add(row, DEBIT, amount)
            _add(row, CLOSING, amount)

    return _edited_ledger(ledger, edit)


def _edited_ledger(content: bytes, edit: Callable[[Row], None]) -> bytes:
    return edited(content, edit, delimiter=";", encoding="latin-1")


def _days(ledger: bytes) -> list[str]:
    """The days that a ledger file speaks of, in order."""
    return sorted({line.split(";")[0] for line in ledger.decode("latin-1").splitlines()[1:] if line})


def _add(row: Row, column: str, amount: Decimal) -> None:
    row[column] = str(Decimal(row[column].replace(",", ".")) + amount).replace(".", ",")

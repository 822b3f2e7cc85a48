"""Figures to take away: what a file holds, and what is answered where there is nothing to take."""

from __future__ import annotations

import csv
import io
import urllib.error
import urllib.request
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from dashboards.export import csv_bytes, harmless, xlsx_bytes
from tests.dashboards.app.conftest import Dashboard

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_text_that_a_spreadsheet_would_run_is_made_harmless(text: str) -> None:
    assert harmless(text) == f"'{text}"
    assert list(csv.reader(io.StringIO(csv_bytes([text], [[text]]).decode("utf-8-sig"), newline=""))) == [
        [f"'{text}"], [f"'{text}"],
    ]  # fmt: skip


def test_numbers_stay_numbers() -> None:
    assert harmless(-1.5) == -1.5
    assert csv_bytes(["a", "b"], [[Decimal("-1.50"), None]]).decode("utf-8-sig") == "a,b\r\n-1.50,\r\n"


def test_a_workbook_has_typed_cells_under_a_frozen_head_and_says_what_it_is() -> None:
    moment = datetime(2025, 12, 31, 12, tzinfo=UTC)
    content = xlsx_bytes(
        ["name", "value", "day", "moment", "yes"],
        [
            ["=cmd()", Decimal("1.25"), date(2025, 12, 31), moment, True],
            ["<b>", float("nan"), None, None, False],
        ],
        [("What", "Test")],
        moment,
    )
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
        texts = ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
        about = book.read("xl/worksheets/sheet2.xml")
    assert sheet.find(f".//{SHEET}pane").attrib["state"] == "frozen"  # pyright: ignore[reportOptionalMemberAccess]
    kinds = [
        (one.attrib["r"], one.attrib.get("t", "n"), one.findtext(f"{SHEET}v"))
        for one in sheet.iter(f"{SHEET}c")
    ]
    assert [kind for place, kind, _ in kinds if place.endswith("2")] == ["s", "n", "n", "n", "b"]
    assert ("B2", "n", "1.25") in kinds
    assert [place for place, *_ in kinds if place.endswith("3")] == ["A3", "E3"], "what is not known is empty"
    assert not list(sheet.iter(f"{SHEET}f")), "no formula"
    assert "=cmd()" in [one.text for one in texts.iter(f"{SHEET}t")]
    assert b"<row" in about


def get(dashboard: Dashboard, path: str) -> tuple[int, str, bytes]:
    try:
        with urllib.request.urlopen(dashboard.url + path) as answer:
            return answer.status, answer.headers["Content-Disposition"], answer.read()
    except urllib.error.HTTPError as error:
        return error.code, "", error.read()


def test_a_link_to_a_file_needs_no_session(dashboard: Dashboard) -> None:
    status, name, content = get(
        dashboard, "/export/overview/what-moved-net-profit.csv?period=2025-12&branch=B01"
    )
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert status == 200
    assert name == 'attachment; filename="what-moved-net-profit-2025-12.csv"'
    assert rows[0] == ["Step", "Net profit"]
    assert float(rows[1][1]) + sum(float(value) for _, value in rows[2:-1]) == pytest.approx(
        float(rows[-1][1])
    )


def test_the_same_snapshot_gives_the_same_bytes(dashboard: Dashboard) -> None:
    address = "/export/transactions/transactions-by-channel.xlsx?period=2025-12"
    assert get(dashboard, address) == get(dashboard, address)


def test_the_rows_behind_a_figure_add_up_to_it(dashboard: Dashboard) -> None:
    """Net profit of the bank in December 2025 is 5,840."""
    status, _, content = get(dashboard, "/rows/net_profit.csv?period=2025-12")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert status == 200
    assert sum(Decimal(row["net_profit"]) for row in rows) == 5840


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/export/overview/nothing.csv", "There is no chart nothing on a page overview."),
        ("/export/nowhere/nothing.xlsx", "There is no chart nothing on a page nowhere."),
        ("/rows/net_profti.csv", "There is no metric net_profti. Nearest: net_profit"),
        ("/export/overview/what-moved-net-profit.csv?period=2024-01", "there is nothing to take away"),
    ],
)
def test_what_is_not_there_is_said(dashboard: Dashboard, path: str, said: str) -> None:
    status, _, content = get(dashboard, path)
    assert status == 404
    assert said in content.decode()

"""The bank's definitions on the FDIC's figures of ten banks: every ratio that these hold the parts of."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from data.ingest.load import ingest
from tests.dbt_project.conftest import Project, Warehouse, settings_in

REFERENCE = os.environ.get("BANK_REFERENCE_DATA")

pytestmark = pytest.mark.skipif(
    not REFERENCE, reason="BANK_REFERENCE_DATA is not set: it names the folder of the reference data"
)
RESTATED = {("7213", "2022-09-30"), ("7213", "2022-12-31"), ("28834", "2024-12-31")}
"""Banks and quarters whose published ratios do not follow from the figures in the file: what was published
later differs from what the ratios were made of."""


@pytest.fixture(scope="module")
def ratios(project: Project, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """Every ratio of every peer, from a warehouse that holds nothing but the FDIC's files."""
    bank = Warehouse(settings_in(tmp_path_factory.mktemp("fdic")), project)
    folder = bank.settings.data / "fdic"
    folder.mkdir()
    for name in ("institutions.csv", "financials_10_banks.csv"):
        (folder / name).write_bytes((Path(REFERENCE or "") / "fdic" / name).read_bytes())
    ingest(bank.settings, "fdic", folder)
    bank.register()
    bank.build(
        date(2026, 6, 1), date(2026, 7, 1),
        "--select", "+fct_peer_ratio", "--indirect-selection", "cautious",
    )  # fmt: skip
    con = bank.connect()
    frame = con.execute("SELECT * FROM fct_peer_ratio").df()
    con.close()
    frame["error"] = (frame["value"] - frame["published"]).abs()
    return frame[frame["value_source"].eq("computed") & frame["published"].notna()]


def _of(ratios: pd.DataFrame, metric: str, basis: str = "fdic_ytd") -> pd.DataFrame:
    return ratios[ratios["metric_id"].eq(metric) & ratios["basis"].eq(basis)]


def _beyond(found: pd.DataFrame, points: float) -> set[tuple[str, str]]:
    """Bank and quarter-end of what is further from the published ratio than so many percentage points."""
    far = found[found["error"] > points / 100]
    return set(zip(far["entity_id"], far["period_end"].dt.strftime("%Y-%m-%d"), strict=True))


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """The file as it is: which rows have the quarters a ratio needs is told from here."""
    frame = pd.read_csv(Path(REFERENCE or "") / "fdic/financials_10_banks.csv", dtype={"CERT": str})
    frame["quarter"] = pd.PeriodIndex(pd.to_datetime(frame["REPDTE"], format="%Y%m%d"), freq="Q")
    return frame


def _with_quarters(rows: pd.DataFrame, *columns: str) -> int:
    """Rows whose year's quarters so far, and the one before the year, are all there and hold the columns."""
    held = rows.dropna(subset=list(columns))
    known = set(zip(held["CERT"], held["quarter"], strict=True))
    return sum(
        all((cert, quarter - back) in known for back in range(quarter.quarter + 1)) for cert, quarter in known
    )


def test_equity_to_assets_is_exact_on_every_row(ratios: pd.DataFrame, rows: pd.DataFrame) -> None:
    found = _of(ratios, "equity_to_assets")
    assert len(found) == len(rows) == 273
    # what is published is held to six decimals of a percent; from the file itself it is exact
    assert found["error"].max() <= 0.5e-8 + 1e-15
    keys = zip(found["entity_id"], found["period_end"].dt.strftime("%Y%m%d"), strict=True)
    computed = dict(zip(keys, found["value"], strict=True))
    published = zip(rows["CERT"], rows["REPDTE"].astype(str), rows["EQR"] / 100, strict=True)
    assert computed == pytest.approx({(cert, day): ratio for cert, day, ratio in published}, rel=1e-12)


def test_return_on_assets_is_the_published_one(ratios: pd.DataFrame, rows: pd.DataFrame) -> None:
    found = _of(ratios, "roa")
    assert len(found) == _with_quarters(rows, "ASSET", "NETINC", "ROA")
    assert found["error"].max() <= 0.005 / 100


def test_return_on_equity_is_the_published_one_but_for_three(
    ratios: pd.DataFrame, rows: pd.DataFrame
) -> None:
    found = _of(ratios, "roe")
    assert len(found) == _with_quarters(rows, "EQ", "NETINC", "ROE") == 233
    assert _beyond(found, 0.01) == RESTATED


def test_non_interest_income_is_the_published_one(ratios: pd.DataFrame, rows: pd.DataFrame) -> None:
    found = _of(ratios, "nonint_income_ratio")
    assert len(found) == _with_quarters(rows, "ASSET", "NONII", "NONIIR")
    assert _beyond(found, 0.005) <= RESTATED


def test_a_bank_s_line_items_give_its_published_ratios(
    project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Identities of the FDIC: net loans are loans less the allowance, and four ratios their own parts."""
    bank = Warehouse(settings_in(tmp_path_factory.mktemp("items")), project)
    folder = bank.settings.data / "fdic"
    folder.mkdir()
    for source, name in (
        ("fdic", "institutions.csv"),
        ("fdic_line_items", "jpmorgan_line_items_and_ratios.csv"),
    ):
        (folder / name).write_bytes((Path(REFERENCE or "") / "fdic" / name).read_bytes())
        ingest(bank.settings, source, folder)
    bank.register()
    bank.build(
        date(2026, 6, 1), date(2026, 7, 1),
        "--select", "+fct_peer_ratio", "--indirect-selection", "cautious",
    )  # fmt: skip
    items = bank.query("SELECT gross_loans - allowance - net_loans FROM work.intermediate.int_peer_summed")
    assert items == [(0,), (0,)]
    found = dict(
        bank.query(
            "SELECT metric_id, max(abs(value - published)) FROM fct_peer_ratio "
            "WHERE value_source = 'computed' AND published IS NOT NULL AND basis = 'fdic_ytd' GROUP BY 1"
        )
    )
    assert set(found) == {
        "equity_to_assets", "noncurrent_ratio", "allowance_to_loans", "allowance_to_noncurrent"
    }  # fmt: skip
    # published ones are held to six decimals of a percent
    assert max(found.values()) <= 0.5e-8 + 1e-15

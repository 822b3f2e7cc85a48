"""Fraud and alerts of a bank, computed again with pandas from its extracts and the definitions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dashboards.metrics import MetricRequest, query
from dashboards.snapshot import Snapshot
from tests.dbt_project.conftest import Project, Warehouse, settings_in
from tests.dbt_project.published import snapshot_of

FIRST, LAST, AFTER_LAST = date(2024, 7, 1), date(2024, 12, 31), date(2025, 1, 1)
BY_CARD = ("atm", "card_pos", "card_ecom")
DAY = pd.Timedelta(days=1)


@dataclass(frozen=True)
class Extracts:
    """What the bank delivered, read without any of our code; amounts in euro."""

    moved: pd.DataFrame
    alerts: pd.DataFrame
    cases: pd.DataFrame

    @property
    def booked(self) -> pd.DataFrame:
        """Movements that took place."""
        return self.moved[self.moved["status"].isin(["BOOK", "RVSL"])]

    @property
    def reported(self) -> pd.DataFrame:
        """One row per movement in a case."""
        cases = self.cases.groupby("transaction_id", as_index=False).agg(
            case_id=("case_id", "min"),
            reported_at=("reported_at", "min"),
            gross_loss=("gross_loss", "sum"),
            recovered=("recovered", "sum"),
            is_chargeback=("is_chargeback", "max"),
        )
        return cases.merge(self.moved, on="transaction_id")

    @property
    def alerted(self) -> pd.DataFrame:
        """Alerts with their movement."""
        return self.alerts.merge(self.moved, on="transaction_id", how="left", suffixes=("", "_moved"))

    @property
    def known(self) -> pd.DataFrame:
        """Every movement known to be fraudulent, from a case or a confirmed alert, and its first alert."""
        confirmed = self.alerts[self.alerts["disposition"].eq("fraud")]
        known = pd.concat(
            [
                self.cases[["transaction_id", "case_id", "reported_at"]].assign(
                    known_at=self.cases["reported_at"]
                ),
                confirmed[["transaction_id", "case_id"]].assign(known_at=confirmed["disposed_at"]),
            ]
        )
        known = known.groupby("transaction_id", as_index=False).min()
        known["case_id"] = known["case_id"].fillna(known["transaction_id"])
        known = known.merge(self.moved, on="transaction_id")
        first = self.alerts.groupby("transaction_id")["created_at"].min()
        known["alerted_at"] = known["transaction_id"].map(first)
        late = known["alerted_at"] > known["reported_at"]
        known.loc[late, "alerted_at"] = pd.NaT
        return known


@pytest.fixture(scope="module", params=[20240229, 7])
def bank(
    request: pytest.FixtureRequest, project: Project, tmp_path_factory: pytest.TempPathFactory
) -> Warehouse:
    """Half a year of a small bank, of two seeds."""
    bank = Warehouse(settings_in(tmp_path_factory.mktemp(f"fraud_{request.param}")), project)
    bank.deliver("demo", bank.write_demo(customers=400, months=6, end=LAST, seed=request.param))
    bank.build_models(
        FIRST, AFTER_LAST, "+kpi_fraud_month", "+kpi_fraud_detector_day", "+kpi_fraud_open_month"
    )
    return bank


@pytest.fixture(scope="module")
def snapshot(bank: Warehouse) -> Iterator[Snapshot]:
    with snapshot_of(bank) as opened:
        yield opened


@pytest.fixture(scope="module")
def extracts(bank: Warehouse) -> Extracts:
    folder = bank.extracts
    moved = _read(folder, "transaction", "booking_date_time")
    moved["day"] = moved["booking_date_time"].dt.normalize()
    rates = _read(folder, "exchange_rate", "date").set_index("date")["quote"].astype(float)
    dollars = moved["currency_code"].eq("USD")
    moved["amount"] = moved["amount"].astype(float)
    moved.loc[dollars, "amount"] *= moved.loc[dollars, "day"].map(rates)
    moved["amount"] = moved["amount"].round(2)
    moved["instrument"] = moved["card_id"].fillna(moved["account_id"])
    alerts = _read(folder, "alert", "created_at", "disposed_at").astype({"score": float})
    cases = _read(folder, "fraud_case", "reported_at").astype({"gross_loss": float, "recovered": float})
    for frame, column in ((alerts, "blocked"), (cases, "is_chargeback")):
        frame[column] = frame[column].eq("true")
    return Extracts(moved, alerts, cases)


def _read(folder: Path, table: str, *times: str) -> pd.DataFrame:
    files = sorted(folder.glob(f"{table}_*.csv"))
    assert files, table
    frame = pd.concat([pd.read_csv(file, dtype=str) for file in files], ignore_index=True)
    return frame.assign(**{name: pd.to_datetime(frame[name]) for name in times})


def _by_month(frame: pd.DataFrame, time: str) -> Any:
    return frame.groupby(frame[time].dt.to_period("M").dt.to_timestamp())


def _ratio(above: pd.Series, below: pd.Series) -> pd.Series:
    """The quotient; nothing over nothing is nothing."""
    return above.reindex(below.index, fill_value=0) / below.where(below > 0)


# ---------------------------------------------------------------- the definitions, metric by metric


def _fraud_value(bank: Extracts) -> pd.Series:
    return _by_month(_booked(bank.reported), "day")["amount"].sum()


def _fraud_volume(bank: Extracts) -> pd.Series:
    return _by_month(_booked(bank.reported), "day").size()


def _booked(moved: pd.DataFrame) -> pd.DataFrame:
    return moved[moved["status"].isin(["BOOK", "RVSL"])]


def _fraud_rate_bps(bank: Extracts) -> pd.Series:
    return 10_000 * _ratio(_fraud_value(bank), _by_month(bank.booked, "day")["amount"].sum())


def _fraud_rate_count_bps(bank: Extracts) -> pd.Series:
    return 10_000 * _ratio(_fraud_volume(bank), _by_month(bank.booked, "day").size())


def _fraud_loss_net(bank: Extracts) -> pd.Series:
    months = _by_month(bank.reported, "day")
    return months["gross_loss"].sum() - months["recovered"].sum()


def _chargeback_ratio(bank: Extracts) -> pd.Series:
    returned = _booked(bank.reported)
    returned = returned[returned["channel"].isin(BY_CARD) & returned["is_chargeback"]]
    paid = bank.booked[bank.booked["channel"].isin(BY_CARD)]
    return 10_000 * _ratio(_by_month(returned, "day").size(), _by_month(paid, "day").size())


def _value_detection_rate(bank: Extracts) -> pd.Series:
    known = bank.known
    in_time = known[known["alerted_at"] - known["booking_date_time"] <= DAY]
    return _ratio(_by_month(in_time, "day")["amount"].sum(), _by_month(known, "day")["amount"].sum())


def _recall_cards(bank: Extracts) -> pd.Series:
    cards = bank.known.groupby(["case_id", "instrument"]).agg(
        began=("booking_date_time", "min"), alerted=("alerted_at", "min")
    )
    months = _by_month(cards, "began")
    return _ratio(months["alerted"].count(), months.size())


def _time_to_detect(bank: Extracts) -> pd.Series:
    cases = bank.known.groupby("case_id").agg(
        began=("booking_date_time", "min"), alerted=("alerted_at", "min")
    )
    cases["hours"] = _hours_between(cases["began"], cases["alerted"])
    return _by_month(cases, "began")["hours"].median()


def _judged(bank: Extracts, *dispositions: str) -> pd.Series:
    found = bank.alerts[bank.alerts["disposition"].isin(dispositions)]
    return _by_month(found, "created_at").size()


def _alert_precision(bank: Extracts) -> pd.Series:
    return _ratio(_judged(bank, "fraud"), _judged(bank, "fraud", "false_positive", "inconclusive"))


def _false_positive_ratio(bank: Extracts) -> pd.Series:
    return _ratio(_judged(bank, "false_positive"), _judged(bank, "fraud"))


def _false_positive_rate(bank: Extracts) -> pd.Series:
    genuine = _by_month(bank.booked, "day").size().sub(_fraud_volume(bank), fill_value=0)
    return 10_000 * _ratio(_judged(bank, "false_positive"), genuine)


def _alerts_per_day(bank: Extracts) -> pd.Series:
    raised = _by_month(bank.alerts, "created_at").size()
    return raised / raised.index.days_in_month


def _card_precision_at_k(bank: Extracts) -> pd.Series:
    known = bank.known
    hits: dict[pd.Timestamp, int] = {}
    alerted = bank.alerted.assign(alert_day=bank.alerted["created_at"].dt.normalize())
    for day, raised in alerted.groupby("alert_day"):
        removed = set(known.loc[known["known_at"] < day, "instrument"])
        best = raised[~raised["instrument"].isin(removed)].groupby("instrument")["score"].max()
        best = best.reset_index().sort_values(["score", "instrument"], ascending=[False, True]).head(100)
        compromised = set(known.loc[known["day"].eq(day), "instrument"])
        hits[pd.Timestamp(str(day))] = int(best["instrument"].isin(compromised).sum())
    found = pd.DataFrame({"day": list(hits), "hits": list(hits.values())})
    months = _by_month(found, "day")["hits"].sum()
    return months / 100 / months.index.days_in_month


def _loss_prevented_net(bank: Extracts) -> pd.Series:
    alerts = bank.alerted
    blocked = alerts[alerts["blocked"]].drop_duplicates(["transaction_id", "disposition"])
    worth = blocked["amount"].where(
        blocked["disposition"].eq("fraud"),
        (-0.01 * blocked["amount"]).where(blocked["disposition"].eq("false_positive"), 0.0),
    )
    stopped = _by_month(blocked.assign(worth=worth), "created_at")["worth"].sum()
    cost = 20.0 * _by_month(alerts[alerts["disposition"].notna()], "created_at").size()
    return stopped.sub(cost, fill_value=0)


def _hours_between(start: pd.Series, end: pd.Series) -> pd.Series:
    return (end - start).dt.total_seconds() / 3600


def _hours(bank: Extracts) -> Any:
    took = _hours_between(bank.alerts["created_at"], bank.alerts["disposed_at"])
    return _by_month(bank.alerts.assign(hours=took), "created_at")["hours"]


def _time_to_disposition(bank: Extracts) -> pd.Series:
    return _hours(bank).median()


def _time_to_disposition_p90(bank: Extracts) -> pd.Series:
    return _hours(bank).quantile(0.9)


DEFINITIONS: tuple[Callable[[Extracts], pd.Series], ...] = (
    _fraud_value, _fraud_volume, _fraud_rate_bps, _fraud_rate_count_bps, _fraud_loss_net, _chargeback_ratio,
    _value_detection_rate, _recall_cards, _time_to_detect, _alert_precision, _false_positive_ratio,
    _false_positive_rate, _alerts_per_day, _card_precision_at_k, _loss_prevented_net, _time_to_disposition,
    _time_to_disposition_p90,
)  # fmt: skip


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda one: one.__name__[1:])
def test_every_month_is_what_the_extracts_say(
    snapshot: Snapshot, extracts: Extracts, definition: Callable[[Extracts], pd.Series]
) -> None:
    name = definition.__name__[1:]
    table = query(snapshot, MetricRequest.of(name, "metric_time__month", start=FIRST, end=LAST))
    # before the first report nobody knows of fraud: the answer says so
    first = extracts.cases["reported_at"].min().to_period("M").to_timestamp().date()
    assert set(table.unavailable.values()) <= {
        text for text in table.unavailable.values() if first > FIRST and "fraud_case" in text
    }
    found = {month: float(value) for month, value in table.records if value}
    expected = {
        month.date(): value
        for month, value in definition(extracts).items()
        if isinstance(month, pd.Timestamp) and value and not np.isnan(value)
    }
    if table.unavailable:
        expected = {month: value for month, value in expected.items() if month >= first}
    assert found
    cent = 0.005 if table.metrics[name].unit == "ccy" else 0.0
    assert found == pytest.approx(expected, rel=1e-9, abs=cent)


def test_open_alerts_are_those_undecided_at_each_month_s_end(snapshot: Snapshot, extracts: Extracts) -> None:
    table = query(
        snapshot,
        MetricRequest.of("alerts_open", "metric_time__month,open_alert__alert_age", start=FIRST, end=LAST),
    )
    assert len(table.records) == 6 * 4
    alerts = extracts.alerts
    for month, band, value in table.records:
        end = pd.Timestamp(month) + pd.offsets.MonthEnd(0)
        still = alerts[
            (alerts["created_at"] < end + DAY)
            & (alerts["disposed_at"].isna() | (alerts["disposed_at"] >= end + DAY))
        ]
        age = (end - still["created_at"].dt.normalize()).dt.days
        bands = pd.cut(age, [-1, 30, 60, 90, 10_000], labels=["0-30", "31-60", "61-90", "90+"])
        assert value == (bands == band).sum(), (month, band)
    assert sum(value for _, _, value in table.records) > 0


def test_the_one_detector_of_this_bank_is_any_detector(snapshot: Snapshot) -> None:
    names = (
        "value_detection_rate",
        "recall_cards",
        "alerts_per_day",
        "card_precision_at_k",
        "time_to_detect",
    )
    table = query(snapshot, MetricRequest.of(names, "detector", start=FIRST, end=LAST))
    assert table.column("detector") == ["any", "card-rules"]
    assert table.records[0][1:] == table.records[1][1:]


def test_without_alerts_every_measure_of_them_says_what_it_needs(snapshot: Snapshot) -> None:
    names = (
        "value_detection_rate", "recall_cards", "alert_precision", "false_positive_ratio",
        "card_precision_at_k", "alerts_per_day", "loss_prevented_net", "time_to_detect",
        "time_to_disposition", "alerts_open",
    )  # fmt: skip
    held = {name: months for name, months in snapshot.availability.items() if not name.startswith("alert.")}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(snapshot, "availability", held)
        table = query(snapshot, MetricRequest.of(names))
    assert table.records == [(None,) * len(names)]
    assert all(text.startswith("not available: needs alert.") for text in table.unavailable.values())
    assert set(table.unavailable) == set(names)

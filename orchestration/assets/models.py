"""Models: trained and applied outside dbt; what they find flows back through dbt into the marts."""

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

import dagster as dg

from orchestration.partitions import covered_months, months_between
from orchestration.resources import OWNER, WAREHOUSE_POOL, Bank

if TYPE_CHECKING:
    import pandas as pd

FEATURES = dg.AssetKey("feat_transaction")

AWAITED = [
    dg.AssetSpec(
        ["models", table],
        description=f"{description} No model writes it yet.",
        group_name=domain,
        kinds={"parquet"},
        owners=[OWNER],
        tags={"layer": "models"},
    )
    for table, domain, description in (
        ("loan_loss", "credit", "Expected credit loss of every open loan (IFRS 9)."),
        ("model_evaluation", "control", "How well models that give probabilities rank and foretell."),
    )
]
"""Tables that marts are defined over and that no model makes yet."""


def _read_features(bank: Bank) -> "Callable[[date, date], pd.DataFrame]":
    """A reader of the features of transactions booked from a day up to but not including another."""

    def read(start: date, end: date) -> "pd.DataFrame":
        with bank.connect(read_only=True) as connection:
            return connection.execute(
                "select * from features.feat_transaction"
                " where booking_date_time >= ? and booking_date_time < ? order by transaction_id",
                [start, end],
            ).df()

    return read


def _read_sample(bank: Bank) -> "Callable[[date, date, int], pd.DataFrame]":
    """A reader of some of these features: as many as asked for, the same whatever else is there."""

    def read(start: date, end: date, rows: int) -> "pd.DataFrame":
        with bank.connect(read_only=True) as connection:
            return connection.execute(
                "select * from features.feat_transaction"
                " where booking_date_time >= ? and booking_date_time < ?"
                " order by md5(transaction_id), transaction_id limit ?",
                [start, end, rows],
            ).df()

    return read


def model_assets(partitions: dg.MonthlyPartitionsDefinition) -> list[dg.AssetsDefinition]:
    """The fraud detector and its scores, the forecasts and their backtest."""

    @dg.asset(
        key=["models", "fraud_detector"],
        deps=[FEATURES],
        group_name="fraud",
        kinds={"python", "pyod"},
        owners=[OWNER],
        pool=WAREHOUSE_POOL,
        tags={"layer": "models"},
    )
    def fraud_detector(context: dg.AssetExecutionContext, bank: Bank) -> dg.MaterializeResult:
        """Detectors of unusual transactions (PyOD), one for each quarter's start.

        Each is fitted on the transactions before its cut-off only, so that a month's score never depends
        on what came later. A detector whose data and parameters are unchanged is kept.
        """
        from ml.fraud.run import train_missing

        first, last = covered_months(bank.settings)
        detectors = train_missing(
            _read_sample(bank),
            months_between(first, last),
            bank.settings.models / "registry",
            seed=bank.seed,
            first_month=first,
        )
        return dg.MaterializeResult(
            metadata={
                "detectors": sum(detector["model_id"] is not None for detector in detectors),
                "registry": dg.MetadataValue.path(str(bank.settings.models / "registry")),
                "by cut-off": dg.MetadataValue.json(detectors),
            }
        )

    @dg.asset(
        key=["models", "transaction_score"],
        deps=[FEATURES, ["models", "fraud_detector"]],
        group_name="fraud",
        kinds={"python", "pyod", "parquet"},
        owners=[OWNER],
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=WAREHOUSE_POOL,
        tags={"layer": "models"},
    )
    def transaction_score(context: dg.AssetExecutionContext, bank: Bank) -> dg.MaterializeResult:
        """How unusual each transaction is, from 0 to 1: its rank among those its detector learned on.

        A month is scored by the newest detector whose cut-off is not after the month's first day. A range
        of months is scored to the last month there is: a change reaches the detectors that learn from it.
        """
        from ml.fraud.run import score_months

        window = context.partition_key_range
        first, last = covered_months(bank.settings)
        months = score_months(
            _read_features(bank),
            months_between(window.start, max(window.end, last)),
            bank.settings.models / "registry",
            bank.settings.models,
            first_month=first,
        )
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": sum(month["rows"] for month in months),
                "months scored now": sum(month["action"] == "scored" for month in months),
                "by month": dg.MetadataValue.json(months),
            }
        )

    @dg.multi_asset(
        name="forecast",
        specs=[
            dg.AssetSpec(
                ["models", "forecast"],
                deps=["feat_kpi_day"],
                description="Prophet's forecast of five daily key figures beside the seasonal-naive one, "
                "from the last day of the data and from the six month ends before.",
                group_name="control",
                kinds={"python", "prophet", "parquet"},
                owners=[OWNER],
                tags={"layer": "models"},
            ),
            dg.AssetSpec(
                ["models", "forecast_backtest"],
                deps=["feat_kpi_day"],
                description="How good past forecasts were: MASE against seasonal naive and the coverage of "
                "the 80 % interval, for each key figure and origin.",
                group_name="control",
                kinds={"python", "prophet", "parquet"},
                owners=[OWNER],
                tags={"layer": "models"},
            ),
        ],
        pool=WAREHOUSE_POOL,
    )
    def forecast(context: dg.AssetExecutionContext, bank: Bank):  # noqa: ANN202
        from ml.forecast.run import forecast_all

        with bank.connect(read_only=True) as connection:
            series = connection.execute(
                "select metric_id, date_day, value from features.feat_kpi_day order by metric_id, date_day"
            ).df()
        summary = forecast_all(series, bank.settings.models, seed=bank.seed)
        yield dg.MaterializeResult(
            asset_key=["models", "forecast"],
            metadata={
                "dagster/row_count": summary["forecast_rows"],
                "models fitted": summary["fits"],
                "not forecast": dg.MetadataValue.json(summary["skipped"]),
            },
        )
        yield dg.MaterializeResult(
            asset_key=["models", "forecast_backtest"],
            metadata={
                "dagster/row_count": summary["forecast_backtest_rows"],
                "origins": dg.MetadataValue.json(summary["origins"]),
                "backtest": dg.MetadataValue.json(summary["metrics"]),
            },
        )

    return [fraud_detector, transaction_score, forecast]

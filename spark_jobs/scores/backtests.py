"""Back-tests: at each past origin, fit to what was known then, predict, and compare with what happened."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from biz_schema.score_tables import HORIZONS, ModelName
from spark_jobs.models import validation
from spark_jobs.models.backtest import Holdout, Metrics, ModelStatus, OriginResult, Summary, evaluate, summarise
from spark_jobs.models.churn import ChurnResult, ChurnThreshold, choose_threshold, compare_churn
from spark_jobs.models.estimation import Fit, FitStatus
from spark_jobs.models.rates import Floats
from spark_jobs.models.value_bands import ValueBands, value_bands
from spark_jobs.scores.estimates import Estimates, estimates_at
from spark_jobs.scores.histories import Histories, Snapshot, day_number, grouped
from spark_jobs.scores.origins import past_origins

ACTIVE_DAYS, NET_SALES = "active_days", "net_sales"
EVERY_CURRENCY = "all"
CHURN_HORIZON = 90
VALUE_HORIZON = 365


@dataclass(frozen=True)
class Series:
    """What one set of back-tests predicts: a measure, in one currency or in all, over one horizon (days)."""

    measure: str
    currency: str
    horizon: int


PURCHASES = Series(ACTIVE_DAYS, EVERY_CURRENCY, CHURN_HORIZON)


@dataclass(frozen=True)
class Backtests:
    """The results of all origins; `threshold` and `bands` (by currency) are learnt from them and used today."""

    results: Mapping[Series, Sequence[OriginResult]]
    churn: Sequence[ChurnResult]
    threshold: ChurnThreshold | None
    bands: Mapping[str, ValueBands]

    def summary(self, series: Series, current: FitStatus) -> Summary:
        """Return the origins of a series together, for the fit that is in use now."""
        return summarise(current, self.results.get(series, ()))


def published_status(summary: Summary, current: FitStatus) -> ModelStatus:
    """Return the status to publish.

    A fitted model whose past is too short for back-tests is `not_validated`: `insufficient_data` means that there are
    no figures.
    """
    return "not_validated" if current == "fitted" and summary.status == "insufficient_data" else summary.status


def run_backtests(histories: Histories, as_of: date, first_day: date, model_name: ModelName = "mbg_nbd") -> Backtests:
    """Back-test a model at every past origin and horizon; there are none if the data is too short."""
    results: dict[Series, list[OriginResult]] = defaultdict(list)
    churn: list[tuple[Holdout, Fit]] = []
    bands: dict[str, ValueBands] = {}
    for origin in past_origins(as_of, first_day):
        snapshot = histories.at(day_number(origin))
        estimates = estimates_at(snapshot, origin, first_day, model_name)
        for horizon in HORIZONS:
            if origin + timedelta(days=horizon) > as_of:
                continue
            found = holdout(histories, snapshot, origin, horizon)
            results[Series(ACTIVE_DAYS, EVERY_CURRENCY, horizon)].append(evaluate(found, estimates.fit))
            if horizon == CHURN_HORIZON:
                churn.append((found, estimates.fit))
            if horizon == VALUE_HORIZON:
                newest = _backtest_values(histories, snapshot, origin, estimates, results)
                bands = newest or bands
    threshold = choose_threshold(churn)
    compared = [result for found, fit in churn for result in compare_churn(found, fit, threshold)]
    return Backtests(results, compared, threshold, bands)


def holdout(histories: Histories, snapshot: Snapshot, origin: date, horizon: int) -> Holdout:
    """Return the snapshot's customers, grouped, with their active days within the horizon."""
    future = histories.days_after(snapshot, day_number(origin), horizon)
    return Holdout(origin, horizon, *grouped(snapshot.x, snapshot.t_x, snapshot.t, future))


def _backtest_values(
    histories: Histories,
    snapshot: Snapshot,
    origin: date,
    estimates: Estimates,
    results: dict[Series, list[OriginResult]],
) -> dict[str, ValueBands]:
    """Add each currency's result for a year's net sales; return the bands that follow from this origin."""
    bands = {}
    realised = histories.amount_after(snapshot, day_number(origin), VALUE_HORIZON)
    for currency in snapshot.currencies:
        chosen = snapshot.currency == currency
        customers = snapshot.where(chosen)
        expected = _expected_value(estimates, customers)
        naive = customers.x * VALUE_HORIZON / np.maximum(customers.t, VALUE_HORIZON) * customers.s / customers.n
        results[Series(NET_SALES, currency, VALUE_HORIZON)].append(
            OriginResult(
                origin=origin,
                horizon=VALUE_HORIZON,
                customers=len(customers.n),
                realised_days=float(realised[chosen].sum()),
                status=estimates.fit.status,
                model=None if expected is None else _value_metrics(expected, realised[chosen]),
                naive=_value_metrics(naive, realised[chosen]),
            )
        )
        found = None if expected is None else value_bands(expected, realised[chosen], np.ones(len(expected)))
        if found is not None:
            bands[currency] = found
    return bands


def _expected_value(estimates: Estimates, customers: Snapshot) -> Floats | None:
    """Return the net sales expected within a year; None if a model is missing."""
    model = estimates.fit.model
    worth = estimates.value_per_day(customers.currency, customers.n, customers.s)
    if model is None or np.isnan(worth).any():
        return None
    return model.expected_days(customers.x, customers.t_x, customers.t, VALUE_HORIZON) * worth


def _value_metrics(predicted: Floats, realised: Floats) -> Metrics:
    one_each = np.ones(len(realised))
    return Metrics(
        bias=validation.bias(predicted, realised, one_each),
        mae=validation.mae(predicted, realised, one_each),
        spearman=validation.spearman(predicted, realised, one_each),
        top_decile_capture=validation.top_decile_capture(predicted, realised, one_each),
        brier=None,
        ece=None,
        auc=None,
    )

"""Rows of model_registry, model_backtests and churn_backtests, from estimates and back-tests."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from biz_schema.lake_tables import LakeTable
from biz_schema.score_tables import CHURN_BACKTESTS, MODEL_BACKTESTS, REGISTRY, ModelName
from spark_jobs.models.backtest import Metrics, OriginResult, Summary
from spark_jobs.models.credibility import MINIMUM_CUSTOMERS, MINIMUM_RETURNING, Credibility
from spark_jobs.models.estimation import Fit
from spark_jobs.scores.backtests import (
    EVERY_CURRENCY,
    NET_SALES,
    PURCHASES,
    VALUE_HORIZON,
    Backtests,
    Series,
    published_status,
)  # fmt: skip
from spark_jobs.scores.estimates import Estimates
from spark_jobs.scores.model_selection import NOT_NEEDED, CandidateModel, ModelSelection, backtest_reason
from spark_jobs.scores.origins import WARM_UP_DAYS

BUHLMANN = "buhlmann"
Row = dict[str, Any]


@dataclass(frozen=True)
class Findings:
    """The models of one run: current estimates, their back-tests, the other candidates, and the settings."""

    as_of: date
    first_day: date | None
    version: str
    currencies: Sequence[str]
    estimates: Estimates
    backtests: Backtests
    annual_discount_rate: float
    margin_rate: float | None
    selection: ModelSelection

    @property
    def span(self) -> int:
        """The days of data."""
        return (self.as_of - (self.first_day or self.as_of)).days

    @property
    def model_status(self) -> str:
        """The published status of probabilities and expected days, over the churn horizon."""
        status = self.estimates.fit.status
        return published_status(self.backtests.summary(PURCHASES, status), status)

    @property
    def value_status(self) -> dict[str, str]:
        """The published status of expected values over a year, by currency."""
        return {currency: self._value_status(currency) for currency in self.currencies}

    @property
    def churn_threshold(self) -> float | None:
        """The p_order_90 below which a customer is called churned today; None without a model for today."""
        threshold = self.backtests.threshold
        return threshold.p_order if threshold and self.estimates.fit.model else None

    def value_summary(self, currency: str) -> Summary:
        """Return the origins of a currency's net sales over a year, together."""
        return self.backtests.summary(Series(NET_SALES, currency, VALUE_HORIZON), self.estimates.fit.status)

    @property
    def value_reason(self) -> dict[str, str]:
        """The reason for the status of the values, in words, by currency."""
        return {currency: self._value_reason(currency) for currency in self.currencies}

    @property
    def churn_reason(self) -> str:
        """Where the churn threshold comes from, or why there is none, in words."""
        if self.churn_threshold is not None and self.backtests.threshold is not None:
            return f"the threshold was chosen on {self.backtests.threshold.origin} and judged on later dates"
        if self.estimates.fit.model is None:
            return self.selection.reason
        if not self.backtests.churn:
            return f"there is no past date to choose a threshold on: the data spans {self.span} days"
        return "at no past date did the forecast tell customers who ordered again from those who did not"

    def _value_status(self, currency: str) -> str:
        if currency not in self.estimates.values:
            return "insufficient_data"
        return published_status(self.value_summary(currency), self.estimates.fit.status)

    def _value_reason(self, currency: str) -> str:
        if currency not in self.estimates.values:
            return (
                f"too few customers in {currency} to tell what an order day is worth: needs {MINIMUM_CUSTOMERS}, of "
                f"whom {MINIMUM_RETURNING} came back"
            )
        if self.estimates.fit.model is None:
            return self.selection.reason
        possible = len(self.backtests.results.get(Series(NET_SALES, currency, VALUE_HORIZON), ()))
        return backtest_reason(self.value_summary(currency), possible, self.span, VALUE_HORIZON, currency)


def registry_rows(findings: Findings) -> list[Row]:
    """Return the purchase models' rows in their order, then one row for each currency: the value of an order day."""
    purchases = [_purchase_row(findings, candidate) for candidate in findings.selection.candidates]
    values = [_value_row(findings, currency) for currency in findings.currencies]
    return [_with_run(findings, row) for row in (*purchases, *values)]


def _purchase_row(findings: Findings, candidate: CandidateModel) -> Row:
    is_used = candidate.model_name == findings.selection.used
    row = {
        "model": candidate.model_name,
        "currency": EVERY_CURRENCY,
        "is_used": is_used,
        "status": candidate.status,
        "reason": candidate.reason,
        "fit_status": candidate.fit.status if candidate.fit else NOT_NEEDED,
    }
    if candidate.fit is not None:
        row |= _fit_columns(findings, candidate.fit)
    if candidate.fit is not None and candidate.backtests is not None:
        row |= _summed_up(candidate.backtests.summary(PURCHASES, candidate.fit.status), PURCHASES.horizon)
    threshold = findings.backtests.threshold
    if is_used and threshold is not None:
        row |= {"churn_threshold": threshold.p_order, "churn_threshold_origin": threshold.origin}
    return row


def _fit_columns(findings: Findings, fit: Fit) -> Row:
    warm_up = timedelta(days=0 if fit.warm_up_fitted else WARM_UP_DAYS)
    found = asdict(fit.model) if fit.model else {}  # type: ignore[call-overload]
    return {
        "fitted_from": findings.first_day and findings.first_day + warm_up,
        "customers": fit.customers,
        "groups": fit.groups,
        "iterations": fit.iterations,
        "log_likelihood": fit.log_likelihood,
        **found,
        **({f"{name}_se": error for name, error in zip(found, fit.standard_errors or (), strict=False)}),
    }


def _value_row(findings: Findings, currency: str) -> Row:
    found = findings.estimates.values.get(currency)
    return {
        "model": BUHLMANN,
        "currency": currency,
        "is_used": found is not None,
        "status": findings.value_status[currency],
        "reason": findings.value_reason[currency],
        "fit_status": "fitted" if found else "insufficient_data",
        "fitted_from": findings.first_day,
        **(_parameters(found) if found else {}),
        **_summed_up(findings.value_summary(currency), VALUE_HORIZON),
    }


def _parameters(found: Credibility) -> Row:
    return asdict(found) | {"k": found.k if math.isfinite(found.k) else None}


def _with_run(findings: Findings, row: Row) -> Row:
    return row | {
        "version": findings.version,
        "fitted_to": findings.as_of,
        "annual_discount_rate": findings.annual_discount_rate,
        "margin_rate": findings.margin_rate,
    }


def _summed_up(summary: Summary, horizon: int) -> Row:
    model, naive = summary.model, summary.naive
    row: Row = {"backtest_horizon": horizon, "backtest_origins": summary.origins}
    if model is not None and naive is not None:
        row |= asdict(model) | {f"naive_{name}": value for name, value in asdict(naive).items()}
    return row


def backtest_rows(findings: Findings) -> list[Row]:
    """Return one row for each model that was tried, series and origin; without a model, the naive rate's figures."""
    tried: dict[ModelName, Backtests] = {
        candidate.model_name: candidate.backtests
        for candidate in findings.selection.candidates
        if candidate.backtests is not None
    }
    return [
        {
            "model": model_name,
            "measure": series.measure,
            "currency": series.currency,
            "model_version": findings.version,
            **_origin(result),
        }
        for model_name, backtests in (tried or {findings.estimates.fit.model_name: findings.backtests}).items()
        for series, results in backtests.results.items()
        for result in results
    ]


def _origin(result: OriginResult) -> Row:
    nothing = dict.fromkeys(Metrics.__dataclass_fields__)
    return {
        "origin_date": result.origin,
        "horizon_days": result.horizon,
        "fit_status": result.status,
        "customers": result.customers,
        "realised": result.realised_days,
        **(asdict(result.model) if result.model else nothing),
        **{f"naive_{name}": value for name, value in asdict(result.naive).items()},
    }


def churn_rows(findings: Findings) -> list[Row]:
    """Return one row for each origin and method."""
    threshold = findings.backtests.threshold
    return [
        {
            "origin_date": result.origin,
            "horizon_days": result.horizon,
            "method": result.method,
            "model_version": findings.version,
            "customers": result.customers,
            "churned": result.churned,
            "flagged": result.flagged,
            "false_alarms": result.false_alarms,
            "precision_rate": result.precision,
            "recall_rate": result.recall,
            "auc": result.auc,
            "brier": result.brier,
            "ece": result.ece,
            "threshold": None if result.threshold is None else float(result.threshold),
            "is_threshold_origin": threshold is not None and result.origin == threshold.origin,
        }
        for result in findings.backtests.churn
    ]


def in_columns(table: LakeTable, rows: Sequence[Row]) -> pd.DataFrame:
    """Return rows in the table's file columns, as objects; what a row lacks is None."""
    names = list(table.file_columns)
    return pd.DataFrame([[row.get(name) for name in names] for row in rows], columns=names, dtype=object)


REPORTS = {REGISTRY: registry_rows, MODEL_BACKTESTS: backtest_rows, CHURN_BACKTESTS: churn_rows}

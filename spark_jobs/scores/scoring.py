"""Scores of customers: from their sufficient statistics to every column of gold_customer_predictions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt

from biz_schema.score_tables import HORIZONS
from spark_jobs.models.discounting import discounted_days
from spark_jobs.models.purchase_model import PurchaseModel
from spark_jobs.models.rates import Floats
from spark_jobs.models.value_bands import ValueBands
from spark_jobs.scores.deciles import Cutoffs
from spark_jobs.scores.estimates import Estimates

VALUE_HORIZON = 365
Texts = npt.NDArray[np.object_]
Column = npt.NDArray[np.generic]


@dataclass(frozen=True)
class Scorer:
    """Everything that scoring needs; it is small and is sent to each worker. Mappings are by currency."""

    version: str
    estimates: Estimates
    bands: Mapping[str, ValueBands]
    cutoffs: Mapping[str, Cutoffs]
    churn_threshold: float | None
    annual_discount_rate: float
    margin_rate: float | None
    model_status: str
    value_status: Mapping[str, str]
    model_reason: str | None = None
    value_reason: Mapping[str, str] = field(default_factory=dict)
    churn_reason: str | None = None

    def score(self, currency: Texts, n: Floats, t_x: Floats, t: Floats, s: Floats) -> dict[str, Column]:
        """Return all columns except the customer's key, one entry for each customer; NaN and None mean null.

        n = active days, t_x = days from the first to the latest, t = days from the first to the as-of date, s = net
        sales.
        """
        purchases = self._purchases(n, t_x, t)
        present = purchases.pop("discounted_days")
        worth = self.estimates.value_per_day(currency, n, s)
        values = {f"expected_value_{h}": purchases[f"expected_days_{h}"] * worth for h in HORIZONS}
        discounted = present * worth
        low, high, banded = self._interval(currency, values[f"expected_value_{VALUE_HORIZON}"])
        decile, frozen_on = self._decile(currency, values[f"expected_value_{VALUE_HORIZON}"])
        return {
            **purchases,
            # The value of a day is known without a purchase model; future orders are not.
            "value_per_day": worth,
            **values,
            "discounted_value_365": discounted,
            "expected_margin_365": discounted * (np.nan if self.margin_rate is None else self.margin_rate),
            "value_365_p10": low,
            "value_365_p90": high,
            "ltv_decile": decile,
            "ltv_cutoffs_frozen_on": frozen_on,
            "churn_threshold": np.full(len(n), np.nan if self.churn_threshold is None else self.churn_threshold),
            **self._statuses(currency, banded),
        }

    def _purchases(self, n: Floats, t_x: Floats, t: Floats) -> dict[str, Floats]:
        x, model = n - 1, self.estimates.fit.model
        names = ("p_alive", *(f"p_order_{h}" for h in HORIZONS), *(f"expected_days_{h}" for h in HORIZONS),
                 "discounted_days", "median_gap_days", "overdue_p")  # fmt: skip
        if model is None:
            return {name: np.full(len(n), np.nan) for name in names}
        p_alive = model.p_alive(x, t_x, t)
        return {
            # A model without dropout assumes that all customers are alive. That is not an estimate and not published.
            "p_alive": p_alive if model.has_dropout else np.full(len(n), np.nan),
            **{f"p_order_{h}": model.p_order(x, t_x, t, h) for h in HORIZONS},
            **{name: p_alive * days for name, days in self._living_days(model, x, t).items()},
            "median_gap_days": model.median_gap(x, t_x),
            "overdue_p": model.overdue_p(x, t_x, t),
        }

    def _living_days(self, model: PurchaseModel, x: Floats, t: Floats) -> dict[str, Floats]:
        # The expensive part; it is the same for all customers with the same x and t.
        pairs, customer = np.unique(x + 1j * t, return_inverse=True)
        found = {f"expected_days_{h}": model.living_days(pairs.real, pairs.imag, h) for h in HORIZONS}
        present = discounted_days(model, pairs.real, pairs.imag, VALUE_HORIZON, self.annual_discount_rate)
        return {name: days[customer] for name, days in {**found, "discounted_days": present}.items()}

    def _interval(self, currency: Texts, expected: Floats) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
        """Return p10, p90 and where they exist: only positive forecasts were compared with what happened."""
        low, high = np.full(len(expected), np.nan), np.full(len(expected), np.nan)
        for code, bands in self.bands.items():
            chosen = (currency == code) & (expected > 0)
            low[chosen], high[chosen] = bands.interval(expected[chosen])
        return low, high, ~np.isnan(low)

    def _decile(self, currency: Texts, expected: Floats) -> tuple[Floats, Texts]:
        decile = np.full(len(expected), np.nan)
        frozen_on: Texts = np.full(len(expected), None, dtype=object)
        for code, cutoffs in self.cutoffs.items():
            chosen = currency == code
            decile[chosen] = cutoffs.decile(expected[chosen])
            frozen_on[chosen & ~np.isnan(expected)] = _as_object(cutoffs.frozen_on)
        return decile, frozen_on

    def _statuses(self, currency: Texts, banded: npt.NDArray[np.bool_]) -> dict[str, Texts]:
        fit, rows = self.estimates.fit, len(currency)
        value: Texts = np.full(rows, "insufficient_data", dtype=object)
        value_reason: Texts = np.full(rows, None, dtype=object)
        for code, status in self.value_status.items():
            value[currency == code] = status
            value_reason[currency == code] = self.value_reason.get(code)
        chosen = "backtested" if self.churn_threshold is not None else "insufficient_data"
        p_alive = "estimated" if fit.model is not None and fit.model.has_dropout else "not_estimated"
        return {
            "p_alive_status": _all(p_alive if fit.status == "fitted" else fit.status, rows),
            "churn_threshold_status": _all(chosen if fit.status == "fitted" else fit.status, rows),
            "churn_threshold_reason": _all(self.churn_reason, rows),
            "model": _all(None if fit.model is None else fit.model_name, rows),
            "model_status": _all(self.model_status, rows),
            "model_reason": _all(self.model_reason, rows),
            "value_status": value,
            "value_reason": value_reason,
            "value_interval_status": np.where(banded, "backtested", "insufficient_data").astype(object),
            "model_version": _all(self.version, rows),
        }


def _all(text: str | None, rows: int) -> Texts:
    return np.full(rows, text, dtype=object)


def _as_object(day: date) -> object:
    return day

"""Back-tests of a purchase model: predict from a past origin, and compare with what happened and with the naive rate.

An origin is a past date. The model is fitted to what was known then. It predicts the next `horizon` days of every
customer seen by then, and the prediction is compared with their real active days. The naive rate assumes that a
customer goes on as before (`naive_rate`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np

from spark_jobs.models import validation
from spark_jobs.models.estimation import MINIMUM_CUSTOMERS, Fit, FitStatus
from spark_jobs.models.naive_rate import NaiveRate
from spark_jobs.models.rates import Floats, Values

ModelStatus = Literal["validated", "not_validated", "model_degenerate", "insufficient_data"]

MINIMUM_ORIGINS = 4
LARGEST_BIAS = 0.15


class Holdout:
    """Customers grouped by (x, t_x, t) as known at the origin and by active days in the `horizon` days after it."""

    def __init__(
        self, origin: date, horizon: int, x: Values, t_x: Values, t: Values, future_days: Values, weights: Values
    ) -> None:
        """Arrays of one length, days; future days are origin + 1 … origin + horizon, all of them in the past."""
        self.origin, self.horizon = origin, horizon
        columns = (np.asarray(value, dtype=np.float64) for value in (x, t_x, t, future_days, weights))
        self.x, self.t_x, self.t, self.future_days, self.weights = columns

    @property
    def customers(self) -> int:
        """Customers seen by the origin."""
        return round(float(self.weights.sum()))

    @property
    def ordered(self) -> Floats:
        """1 where the customer ordered within the horizon, else 0."""
        return (self.future_days > 0).astype(np.float64)

    def naive_days(self) -> Floats:
        """The naive rate's expected active days within the horizon."""
        return NaiveRate().living_days(self.x, self.t, self.horizon)


@dataclass(frozen=True)
class Metrics:
    """One predictor at one origin. Days: bias, mae, spearman, top_decile_capture. P(order ≤ h): brier, ece, auc."""

    bias: float | None
    mae: float | None
    spearman: float | None
    top_decile_capture: float | None
    brier: float | None
    ece: float | None
    auc: float | None


@dataclass(frozen=True)
class OriginResult:
    """Model beside naive rate at one origin and horizon. Without a fitted model its figures are None."""

    origin: date
    horizon: int
    customers: int
    realised_days: float
    status: FitStatus  # of the fit at this origin
    model: Metrics | None
    naive: Metrics


@dataclass(frozen=True)
class Summary:
    """All origins of one horizon together, weighted by customers (bias: by realised days), and the status."""

    status: ModelStatus
    origins: int  # with results: the model was fitted and somebody ordered
    model: Metrics | None
    naive: Metrics | None


def evaluate(holdout: Holdout, fit: Fit) -> OriginResult:
    """Compare the model that was fitted to data up to the origin with what happened."""
    naive_days = holdout.naive_days()
    naive = _metrics(holdout, naive_days, -np.expm1(-naive_days))
    model = None
    if fit.model is not None:
        history = (holdout.x, holdout.t_x, holdout.t, holdout.horizon)
        model = _metrics(holdout, fit.model.expected_days(*history), fit.model.p_order(*history))
    realised = float(holdout.weights @ holdout.future_days)
    return OriginResult(holdout.origin, holdout.horizon, holdout.customers, realised, fit.status, model, naive)


def summarise(current: FitStatus, results: Sequence[OriginResult]) -> Summary:
    """Summarise a model's origins at one horizon; `current` is the status of the fit that is in use now.

    `validated` needs results at MINIMUM_ORIGINS origins or more. Over all origins together the mean absolute error must
    be below the naive rate's, and the bias at most LARGEST_BIAS in either direction.
    """
    if len({result.horizon for result in results}) > 1:
        raise ValueError(f"horizons {sorted({r.horizon for r in results})} in one summary: summarise each on its own")
    judged = [
        result for result in results
        if result.model is not None and result.realised_days > 0 and result.customers >= MINIMUM_CUSTOMERS
    ]  # fmt: skip
    model = _pooled([(result, result.model) for result in judged if result.model is not None])
    naive = _pooled([(result, result.naive) for result in judged])
    return Summary(_verdict(current, len(judged), model, naive), len(judged), model, naive)


def _verdict(current: FitStatus, origins: int, model: Metrics | None, naive: Metrics | None) -> ModelStatus:
    if current != "fitted":
        return current
    if origins < MINIMUM_ORIGINS or model is None or naive is None:
        return "insufficient_data"
    assert model.mae is not None and naive.mae is not None and model.bias is not None
    beats_naive = model.mae < naive.mae
    return "validated" if beats_naive and abs(model.bias) <= LARGEST_BIAS else "not_validated"


def _metrics(holdout: Holdout, days: Floats, p_order: Floats) -> Metrics:
    realised, ordered, w = holdout.future_days, holdout.ordered, holdout.weights
    return Metrics(
        bias=validation.bias(days, realised, w),
        mae=validation.mae(days, realised, w),
        spearman=validation.spearman(days, realised, w),
        top_decile_capture=validation.top_decile_capture(days, realised, w),
        brier=validation.brier(p_order, ordered, w),
        ece=validation.ece(p_order, ordered, w),
        auc=validation.auc(p_order, ordered, w),
    )


def _pooled(rows: Sequence[tuple[OriginResult, Metrics]]) -> Metrics | None:
    """Means over origins. The bias of the total is the mean of the biases weighted by realised days."""
    if not rows:
        return None

    def mean(name: str, weight: str) -> float | None:
        pairs = [(getattr(metrics, name), getattr(result, weight)) for result, metrics in rows]
        known = [(value, w) for value, w in pairs if value is not None]
        return sum(value * w for value, w in known) / sum(w for _, w in known) if known else None

    names = ("mae", "spearman", "top_decile_capture", "brier", "ece", "auc")
    return Metrics(bias=mean("bias", "realised_days"), **{name: mean(name, "customers") for name in names})

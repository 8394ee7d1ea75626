"""Maximum likelihood for the MBG/NBD on grouped customers: seconds for millions, a status instead of an exception."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import OptimizeResult, minimize
from scipy.special import betaln, gammaln, psi

from spark_jobs.models.mbg_nbd import Floats, MbgNbd, Values

FitStatus = Literal["fitted", "insufficient_data", "model_degenerate"]
Parameters = tuple[float, float, float, float]

MINIMUM_CUSTOMERS = 100
MINIMUM_RETURNING = 10
# Where r, alpha (days), a, b are searched. An estimate on this edge says that the likelihood has no maximum inside:
# nobody ever leaves (a → 0), everybody is alike (r and alpha, or a and b, without limit).
SMALLEST = np.array([1e-3, 1e-3, 1e-2, 1e-3])
LARGEST = np.array([1e3, 1e6, 5e1, 1e3])
EDGE = 1e-3  # relative
GRADIENT_TOLERANCE = 1e-6  # of the mean log-likelihood per log-parameter; beyond it a start has stalled
STEP = 1e-4  # of a log-parameter, for differences of the gradient


@dataclass(frozen=True)
class Fit:
    """What a fit found. Without the status `fitted` there is no model, and nothing may be predicted."""

    model: MbgNbd | None
    log_likelihood: float | None
    customers: int
    groups: int
    iterations: int
    standard_errors: Parameters | None  # of r, alpha, a, b
    status: FitStatus


def fit(x: Values, t_x: Values, t: Values, weights: Values) -> Fit:
    """Fit r, alpha, a, b to customers grouped by (x, t_x, t); weights = customers in the group. Time in days.

    Standard errors come from the observed information. Fewer than MINIMUM_CUSTOMERS, a single day, or fewer than
    MINIMUM_RETURNING customers who came back: `insufficient_data`. No maximum inside the search region, or a flat
    one: `model_degenerate`. Raises ValueError only for rows that contradict the definitions of x, t_x and t.
    """
    rows = GroupedCustomers(x, t_x, t, weights)
    if rows.customers < MINIMUM_CUSTOMERS or rows.returning < MINIMUM_RETURNING or rows.longest == 0:
        return _without_model(rows, "insufficient_data", 0)
    best: OptimizeResult | None = None
    iterations = 0
    for start in _starts(rows):
        found = minimize(
            rows.objective, start, jac=True, method="L-BFGS-B", bounds=np.log(np.stack([SMALLEST, LARGEST], axis=1)),
            options={"maxiter": 300, "ftol": 1e-15, "gtol": GRADIENT_TOLERANCE / 100, "maxls": 40},
        )  # fmt: skip
        iterations += int(found.nit)
        if best is None or found.fun < best.fun:
            best = found
        if np.abs(best.jac).max() < GRADIENT_TOLERANCE:
            break
    assert best is not None
    estimate = np.exp(best.x)
    errors = _standard_errors(rows, best.x)
    on_edge = (estimate < SMALLEST * (1 + EDGE)) | (estimate > LARGEST * (1 - EDGE))
    if on_edge.any() or errors is None:
        return _without_model(rows, "model_degenerate", iterations)
    r, alpha, a, b = (float(value) for value in estimate)
    return Fit(
        model=MbgNbd(r, alpha, a, b), log_likelihood=-float(best.fun) * rows.customers, customers=rows.customers,
        groups=rows.groups, iterations=iterations, standard_errors=errors, status="fitted",
    )  # fmt: skip


class GroupedCustomers:
    """Grouped histories, laid out so that one pass gives the likelihood and its gradient.

    The gamma functions depend on x alone and the logarithms on one date difference alone: both are evaluated once per
    distinct value and looked up, which leaves one exponential a row.
    """

    def __init__(self, x: Values, t_x: Values, t: Values, weights: Values) -> None:
        """Check the rows against the definitions and index their distinct values."""
        x, t_x, t, w = (np.asarray(value, dtype=np.float64) for value in (x, t_x, t, weights))
        _refuse_contradictions(x, t_x, t, w)
        kept = w > 0
        x, t_x, t, w = x[kept], t_x[kept], t[kept], w[kept]
        self.weights = w
        self.groups = len(w)
        self.customers = round(float(w.sum()))
        self.returning = round(float(w[x > 0].sum()))
        self.longest = float(t.max(initial=0.0))
        self.repeat_days = float(w @ x)
        self.observed_days = float(w @ t)
        self.x_code, self.x = _index(x)
        self.recency_code, self.recency = _index(t_x)
        self.age_code, self.age = _index(t)
        self.x_row = x
        self.at_x = np.bincount(self.x_code, w, len(self.x))
        self.at_age = np.bincount(self.age_code, w, len(self.age))
        self.repeats_at_age = np.bincount(self.age_code, w * x, len(self.age))

    def objective(self, log_parameters: Floats) -> tuple[float, Floats]:
        """Minus the mean log-likelihood per customer and its gradient, both in the logarithms of r, alpha, a, b."""
        parameters = np.exp(log_parameters)
        r, alpha, a, b = (float(value) for value in parameters)
        x, w = self.x, self.weights
        log_age, log_recency = np.log(alpha + self.age), np.log(alpha + self.recency)
        silence = log_age[self.age_code] - log_recency[self.recency_code]
        shape = r + self.x_row
        log_odds = (math.log(a) - np.log(b + x))[self.x_code] + shape * silence
        small = np.exp(-np.abs(log_odds))
        softplus = np.maximum(log_odds, 0.0) + np.log1p(small)
        gone = w * np.where(log_odds > 0, 1.0, small) / (1.0 + small)  # customers who have left, in expectation

        exposure = r * self.at_age + self.repeats_at_age
        by_x = gammaln(r + x) - gammaln(r) + r * math.log(alpha) + betaln(a, b + x + 1) - betaln(a, b)
        total = self.at_x @ by_x - exposure @ log_age + w @ softplus

        gone_at_x = np.bincount(self.x_code, gone, len(x))
        slope = (1 / (alpha + self.age))[self.age_code] - (1 / (alpha + self.recency))[self.recency_code]
        tail = psi(a + b + x + 1) - psi(a + b)
        gradient = np.array([
            self.at_x @ (psi(r + x) - psi(r) + math.log(alpha)) - self.at_age @ log_age + gone @ silence,
            self.customers * r / alpha - exposure @ (1 / (alpha + self.age)) + (gone * shape) @ slope,
            gone.sum() / a - self.at_x @ tail,
            self.at_x @ (psi(b + x + 1) - psi(b) - tail) - gone_at_x @ (1 / (b + x)),
        ])  # fmt: skip
        return -total / self.customers, -gradient * parameters / self.customers


def _index(values: Floats) -> tuple[npt.NDArray[np.intp], Floats]:
    codes, distinct = pd.factorize(values)
    return codes, np.asarray(distinct, dtype=np.float64)


def _refuse_contradictions(x: Floats, t_x: Floats, t: Floats, w: Floats) -> None:
    if not len(x) == len(t_x) == len(t) == len(w):
        raise ValueError(f"x, t_x, t, weights have {len(x)}, {len(t_x)}, {len(t)}, {len(w)} rows: pass one row a group")
    # Written so that NaN fails too.
    sound = (x >= 0) & (t_x >= 0) & (t_x <= t) & (w >= 0) & ((x > 0) == (t_x > 0)) & np.isfinite(t + x + w)
    if not sound.all():
        row = int(np.argmin(sound))
        raise ValueError(
            f"row {row} (x={x[row]:g}, t_x={t_x[row]:g}, t={t[row]:g}, weight={w[row]:g}) is no customer history: "
            "needs 0 <= t_x <= t, and t_x > 0 exactly where x > 0; group by active days, not by orders"
        )


def _starts(rows: GroupedCustomers) -> list[Floats]:
    """Two starting points in log-parameters, scaled to the rate that the data shows."""
    days_between = max(rows.observed_days / rows.repeat_days, 1e-2)
    starts = [(0.5, 0.25 * days_between, 0.7, 1.0), (1.5, 1.0 * days_between, 0.2, 2.0)]
    return [np.log(np.clip(start, SMALLEST * 2, LARGEST / 2)) for start in starts]


def _standard_errors(rows: GroupedCustomers, at: Floats) -> Parameters | None:
    """From the observed information at the maximum; None where it is not positive definite (a flat direction)."""
    steps = STEP * np.eye(4)
    hessian = np.stack(
        [(rows.objective(at + step)[1] - rows.objective(at - step)[1]) / (2 * STEP) for step in steps]
    )  # fmt: skip
    information = rows.customers * (hessian + hessian.T) / 2
    try:
        np.linalg.cholesky(information)
    except np.linalg.LinAlgError:
        return None
    relative = np.sqrt(np.diag(np.linalg.inv(information)))  # of the log-parameters: the delta method scales them back
    if not np.isfinite(relative).all():
        return None
    r, alpha, a, b = (float(error) for error in relative * np.exp(at))
    return r, alpha, a, b


def _without_model(rows: GroupedCustomers, status: FitStatus, iterations: int) -> Fit:
    return Fit(None, None, rows.customers, rows.groups, iterations, None, status)

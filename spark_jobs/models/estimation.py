"""Maximum likelihood on grouped customers: seconds for millions, a status with its reason instead of an exception.

A model is not used if its likelihood has no maximum inside its region; a simpler limit of the model is used instead.
The likelihoods show which limit it is, and so what can be said about the customers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.optimize import OptimizeResult, minimize

from biz_schema.score_tables import ModelName
from spark_jobs.models.credibility_rate import credibility_rate
from spark_jobs.models.geometric_nbd import GeometricNbd
from spark_jobs.models.grouped_customers import COORDINATES, Dropout, GroupedCustomers
from spark_jobs.models.mbg_nbd import MbgNbd
from spark_jobs.models.naive_rate import NaiveRate
from spark_jobs.models.nbd import Nbd
from spark_jobs.models.purchase_model import PurchaseModel
from spark_jobs.models.rates import Floats, Values

FitStatus = Literal["fitted", "insufficient_data", "model_degenerate"]

MINIMUM_CUSTOMERS = 100
MINIMUM_RETURNING = 10
# Search region for the rate m = r/alpha (a day), r, the odds a/b and b. It is so wide that the likelihood has reached
# its limit at the edges. There the simpler models apply, except at an edge in m or the lower edge in r: these are not
# models.
SMALLEST = np.log([1e-6, 1e-4, 1e-8, 1e-6])
LARGEST = np.log([1e2, 1e10, 1e6, 1e10])
EDGE = 1e-3  # of a log-coordinate
# A maximum within these limits is well inside. Outside, other starts are tried and simpler models are compared.
INSIDE_SMALLEST = np.log([1e-5, 1e-3, 1e-4, 1e-2])
INSIDE_LARGEST = np.log([1e1, 1e3, 1e3, 1e3])
SMALLEST_A = np.log(1e-2)
BEYOND_CHANCE = {1: 1.92, 2: 3.00}
"""Log-likelihood by number of additional parameters: half of the 95 % point of chi-squared."""
VAGUE = 0.5  # standard error of a parameter over the parameter
GRADIENT_TOLERANCE = 1e-6  # of the mean log-likelihood per log-coordinate; beyond it a start has stalled
STEP = 1e-4  # of a log-coordinate, for differences of the gradient
DROPOUT: dict[ModelName, Dropout] = {"mbg_nbd": "beta", "geometric_nbd": "single", "nbd": "none"}
COUNT: dict[Dropout, int] = {"beta": 4, "single": 3, "none": 2}
STARTS: dict[Dropout, int] = {"beta": 6, "single": 4, "none": 2}


@dataclass(frozen=True)
class Fit:
    """What a fit found. Without the status `fitted` there is no model, and nothing may be predicted with it."""

    model: PurchaseModel | None
    log_likelihood: float | None
    customers: int
    groups: int
    iterations: int
    standard_errors: tuple[float, ...] | None  # of the model's parameters, in order; None in a flat direction
    status: FitStatus
    model_name: ModelName = "mbg_nbd"
    reason: str = ""  # why there is no model, or what is special about it, in plain words
    warm_up_fitted: bool = False  # customers of the data's first days are among the fitted


@dataclass(frozen=True)
class _Maximum:
    at: Floats  # coordinates
    log_likelihood: float
    iterations: int


def fit(x: Values, t_x: Values, t: Values, weights: Values) -> Fit:
    """Fit MBG/NBD to customers grouped by (x, t_x, t); weights = customers in the group. Time in days.

    Standard errors come from the observed information. Fewer than MINIMUM_CUSTOMERS, a single day, or fewer than
    MINIMUM_RETURNING customers who came back: `insufficient_data`. A likelihood that a simpler model reaches:
    `model_degenerate`. Raises ValueError only for rows that contradict the definitions of x, t_x and t.
    """
    return fit_model("mbg_nbd", x, t_x, t, weights)


def fit_model(model_name: ModelName, x: Values, t_x: Values, t: Values, weights: Values) -> Fit:
    """Fit any purchase model; see `fit`."""
    rows = GroupedCustomers(x, t_x, t, weights)
    if model_name == "naive_rate":
        return _naive(rows)
    lacking = _lacking(rows)
    if lacking:
        return _without_model(rows, model_name, "insufficient_data", 0, lacking)
    if model_name == "credibility_rate":
        found = credibility_rate(rows.x_row, rows.t_x_row, rows.t_row, rows.weights)
        return Fit(found, None, rows.customers, rows.groups, 0, None, "fitted", model_name)
    dropout = DROPOUT[model_name]
    best = maximum(rows, dropout)
    errors = _standard_errors(rows, best.at, dropout)
    degenerate = _no_model(best)
    if not degenerate and (not _is_inside(best.at) or _is_vague(best.at, dropout, errors)):
        degenerate = _simpler_limit(rows, best, dropout)
    if degenerate:
        return _without_model(rows, model_name, "model_degenerate", best.iterations, degenerate)
    return Fit(
        model=_model(best.at, dropout), log_likelihood=best.log_likelihood, customers=rows.customers,
        groups=rows.groups, iterations=best.iterations, standard_errors=errors, status="fitted", model_name=model_name,
        reason=_one_rate(best),
    )  # fmt: skip


def maximum(rows: GroupedCustomers, dropout: Dropout) -> _Maximum:
    """Return the highest likelihood: from one start if that ends well inside, else the best of several."""
    count = COUNT[dropout]
    best: OptimizeResult | None = None
    iterations = 0
    for start in _starts(rows)[: STARTS[dropout]]:
        found = minimize(
            rows.negative_log_likelihood, start[:count], args=(dropout,), jac=True, method="L-BFGS-B",
            bounds=np.stack([SMALLEST, LARGEST], axis=1)[:count],
            options={"maxiter": 500, "ftol": 1e-16, "gtol": GRADIENT_TOLERANCE / 1000, "maxls": 40},
        )  # fmt: skip
        iterations += int(found.nit)
        if best is None or found.fun < best.fun:
            best = found
        if np.abs(best.jac).max() < GRADIENT_TOLERANCE and _is_inside(best.x):
            break
    assert best is not None
    return _Maximum(best.x, -float(best.fun) * rows.customers, iterations)


def _starts(rows: GroupedCustomers) -> list[Floats]:
    """Return starting points, scaled to the rate of the data: an ordinary one, then one close to each limit."""
    rate = rows.repeat_days / rows.observed_days
    starts = [
        (2 * rate, 0.5, 0.7, 1.0),
        (1.5 * rate, 1.5, 0.1, 2.0),
        (rate, 1.0, 1e-3, 50.0),  # hardly any dropout
        (2 * rate, 20.0, 0.3, 50.0),  # rates and dropout alike
        (rate, 1.0, 0.3, 1e-2),  # leave at once or never
        (rate, 50.0, 1e-4, 1.0),
    ]
    return [np.clip(np.log(start), SMALLEST + 1, LARGEST - 1) for start in starts]


def _is_inside(at: Floats) -> bool:
    count = len(at)
    within = ((at > INSIDE_SMALLEST[:count]) & (at < INSIDE_LARGEST[:count])).all()
    return bool(within and (count < COUNT["beta"] or at[2] + at[3] > SMALLEST_A))


def _lacking(rows: GroupedCustomers) -> str:
    """Return what the data lack for a fit, in words; empty if nothing."""
    if rows.customers >= MINIMUM_CUSTOMERS and rows.returning >= MINIMUM_RETURNING:
        return ""
    return (
        f"too few customers to fit it: {rows.customers}, of whom {rows.returning} came back on another day; needs "
        f"{MINIMUM_CUSTOMERS}, of whom {MINIMUM_RETURNING} came back"
    )


def _is_vague(at: Floats, dropout: Dropout, errors: tuple[float, ...] | None) -> bool:
    """Return whether the data say almost nothing about dropout: its last parameter could have any value."""
    if errors is None:
        return True
    last = list(vars(_model(at, dropout)).values())[-1]
    return errors[-1] > VAGUE * last


def _simpler_limit(rows: GroupedCustomers, best: _Maximum, dropout: Dropout) -> str:
    """Return which simpler model is as likely, in words; empty if this model is more likely than its limits."""
    if dropout == "none":
        return ""
    gain = best.log_likelihood - maximum(rows, "none").log_likelihood
    needed = BEYOND_CHANCE[COUNT[dropout] - COUNT["none"]]
    if gain < needed:
        return (
            "no dropout can be made out in these orders: a model in which nobody leaves is as likely (log-likelihood "
            f"higher by {max(gain, 0.0):.2f} with dropout; {needed:.2f} would be beyond chance), which does not show "
            "that nobody leaves"
        )
    if dropout == "single":
        return ""
    if best.at[3] < SMALLEST[3] + EDGE:
        return (
            "a and b ran to zero together: with dropout as different as that, customers leave after their first order "
            f"day (a part of {_probability(best.at):.3f}) or never, and the likelihood has no maximum"
        )
    single = maximum(rows, "single")
    gain, needed = best.log_likelihood - single.log_likelihood, BEYOND_CHANCE[1]
    if gain < needed:
        is_bound = best.at[3] > INSIDE_LARGEST[3]
        found = "a and b ran to their bound together" if is_bound else "how a and b lie is hardly known"
        return (
            f"dropout does not differ between customers beyond chance: {found}, and one "
            f"dropout probability after each order day, {_probability(single.at):.3f}, is as likely for all "
            f"(log-likelihood higher by {max(gain, 0.0):.2f} with two parameters; {needed:.2f} would be beyond chance)"
        )
    return ""


def _no_model(best: _Maximum) -> str:
    """Return, in words, whether the rates reached an edge where they have no meaning; empty if not."""
    rate, shape = best.at[:2]
    if SMALLEST[0] + EDGE < rate < LARGEST[0] - EDGE and SMALLEST[1] + EDGE < shape:
        return ""
    return (
        f"the customers' rates have no estimate: their mean ran to {np.exp(rate):.3g} order days a day and their "
        f"shape r to {np.exp(shape):.3g}, the bounds of the search"
    )


def _one_rate(best: _Maximum) -> str:
    if best.at[1] < INSIDE_LARGEST[1]:
        return ""
    return (
        "customers' order days differ no more than those of one rate by chance (Poisson): r and alpha ran to their "
        f"bound together, so that everybody is taken to order on one day in {np.exp(-best.at[0]):.1f} while they stay"
    )


def _probability(at: Floats) -> float:
    odds = float(np.exp(at[2]))
    return odds / (1 + odds)


def _model(at: Floats, dropout: Dropout) -> PurchaseModel:
    rate, r = float(np.exp(at[0])), float(np.exp(at[1]))
    if dropout == "none":
        return Nbd(r, r / rate)
    if dropout == "single":
        return GeometricNbd(r, r / rate, _probability(at))
    b = float(np.exp(at[3]))
    return MbgNbd(r, r / rate, float(np.exp(at[2])) * b, b)


def _standard_errors(rows: GroupedCustomers, at: Floats, dropout: Dropout) -> tuple[float, ...] | None:
    """Compute them from the observed information at the maximum; None if it is not positive definite (flat)."""
    count = len(at)
    hessian = np.stack([
        (rows.negative_log_likelihood(at + step, dropout)[1] - rows.negative_log_likelihood(at - step, dropout)[1])
        / (2 * STEP)
        for step in STEP * np.eye(count)
    ])  # fmt: skip
    information = rows.customers * (hessian + hessian.T) / 2
    try:
        np.linalg.cholesky(information)
    except np.linalg.LinAlgError:
        return None
    # The delta method: from the coordinates to ln r, ln alpha, ln a, ln b, or to ln r, ln alpha, logit p.
    back = np.eye(3)
    back[:2, :2] = np.linalg.inv(COORDINATES)[:2, :2]
    jacobian = np.linalg.inv(COORDINATES) if dropout == "beta" else back[:count, :count]
    variances = np.diag(jacobian @ np.linalg.inv(information) @ jacobian.T)
    if not (np.isfinite(variances).all() and (variances >= 0).all()):
        return None
    model = _model(at, dropout)
    scales = [value * (1 - value) if name == "p" else value for name, value in vars(model).items()]
    return tuple(float(error * scale) for error, scale in zip(np.sqrt(variances), scales, strict=True))


def _naive(rows: GroupedCustomers) -> Fit:
    if not rows.repeat_days:
        reason = (
            f"nobody came back on another day (customers: {rows.customers}), so that there is no rate to carry forward"
        )
        return _without_model(rows, "naive_rate", "insufficient_data", 0, reason)
    return Fit(NaiveRate(), None, rows.customers, rows.groups, 0, None, "fitted", "naive_rate")


def _without_model(
    rows: GroupedCustomers, model_name: ModelName, status: FitStatus, iterations: int, reason: str
) -> Fit:
    return Fit(None, None, rows.customers, rows.groups, iterations, None, status, model_name, reason)


def parameters(model: PurchaseModel) -> Sequence[str]:
    """Return the names of a model's parameters, in the order of its standard errors."""
    return list(vars(model))

"""Churn back-test: P(order within the horizon) against the fixed rule "no order for 45 days".

Churn at an origin means no active day within the horizon after it. The threshold on P(order) is chosen at one early
origin and tested at later ones only. A threshold may flag more customers than the rule does. So the model is also
tested at the rule's own volume: the same number of customers, those with the lowest P(order).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np

from spark_jobs.models import validation
from spark_jobs.models.backtest import Holdout
from spark_jobs.models.estimation import Fit
from spark_jobs.models.rates import Floats

ChurnMethod = Literal["model_at_threshold", "model_at_rule_volume", "rule_45_days"]

RULE_DAYS = 45


@dataclass(frozen=True)
class ChurnThreshold:
    """Customers with P(order within the horizon) below `p_order` are called churned; chosen at `origin`."""

    p_order: float
    origin: date


@dataclass(frozen=True)
class ChurnResult:
    """One method at one origin; customers and volumes are counts (fractions only where a tie is cut)."""

    origin: date
    horizon: int
    method: ChurnMethod
    customers: int
    churned: int
    flagged: float
    false_alarms: float  # flagged, and ordered within the horizon
    precision: float | None
    recall: float | None
    auc: float | None
    brier: float | None
    ece: float | None
    threshold: float | None  # P(order) for the model, days for the rule


def choose_threshold(holdouts: Sequence[tuple[Holdout, Fit]]) -> ChurnThreshold | None:
    """Return the threshold of the earliest origin that gives one (Youden's J); only later origins may be reported.

    Returns None if no origin has a model and both churned and returning customers.
    """
    for holdout, fit in sorted(holdouts, key=lambda pair: pair[0].origin):
        if fit.model is None:
            continue
        leaving = 1 - fit.model.p_order(holdout.x, holdout.t_x, holdout.t, holdout.horizon)
        best = validation.best_threshold(leaving, 1 - holdout.ordered, holdout.weights)
        if best is not None:
            return ChurnThreshold(p_order=1 - best, origin=holdout.origin)
    return None


def compare_churn(holdout: Holdout, fit: Fit, threshold: ChurnThreshold | None) -> list[ChurnResult]:
    """Return the results of the rule and, if there is a model, of the model at the rule's volume and the threshold.

    The rule ranks customers by days since the last order (auc); its probabilities are 0 or 1 (brier, ece). There is no
    result at the threshold for the threshold's own origin and the origins before it.
    """
    silent = holdout.t - holdout.t_x
    flagged = (silent > RULE_DAYS).astype(np.float64)
    results = [_result(holdout, "rule_45_days", flagged, ranking=silent, promised=flagged, threshold=RULE_DAYS)]
    if fit.model is None:
        return results
    p_order = fit.model.p_order(holdout.x, holdout.t_x, holdout.t, holdout.horizon)
    leaving = 1 - p_order
    same_volume = validation.highest_share(leaving, holdout.weights, float(holdout.weights @ flagged))
    results.append(
        _result(holdout, "model_at_rule_volume", same_volume, ranking=leaving, promised=leaving, threshold=None)
    )
    if threshold is not None and holdout.origin > threshold.origin:
        below = (p_order < threshold.p_order).astype(np.float64)
        results.append(
            _result(holdout, "model_at_threshold", below, leaving, promised=leaving, threshold=threshold.p_order)
        )
    return results


def _result(
    holdout: Holdout, method: ChurnMethod, flagged: Floats, ranking: Floats, promised: Floats, threshold: float | None
) -> ChurnResult:
    churned, w = 1 - holdout.ordered, holdout.weights
    precision, recall = validation.precision_recall(flagged, churned, w)
    return ChurnResult(
        origin=holdout.origin,
        horizon=holdout.horizon,
        method=method,
        customers=holdout.customers,
        churned=round(float(w @ churned)),
        flagged=float(w @ flagged),
        false_alarms=float((w * flagged) @ holdout.ordered),
        precision=precision,
        recall=recall,
        auc=validation.auc(ranking, churned, w),
        brier=validation.brier(promised, churned, w),
        ece=validation.ece(promised, churned, w),
        threshold=threshold,
    )

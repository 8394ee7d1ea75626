"""How much joining the loyalty programme changes a customer's purchases in the next 90 days, with an interval.

Ratio difference-in-differences between treated and control anchors (see loyalty_windows):

1. Within a stratum the controls are weighted to the number of treated (their mean is what such customers do), then all
   strata are added up: T for treated, C for control. A ratio per stratum would divide by small numbers.
2. k = T_before / C_before takes out how much more or less the treated buy anyway.
3. Joining now multiplies by θ; so does a control's own joining later. Taking its loyal part back to what it would have
   been, T_after / θ = k (C_after − C_member + C_member / θ), which solves to

       θ = (T_after / k − C_member) / (C_after − C_member).

   Without step 3 the controls who join would water the effect down.
4. Net sales per order: the ratio of the two θ.

The **placebo** is the same comparison one window earlier, when nobody had joined:
(T_before / T_earlier) / (C_before / C_earlier). Whatever moves it away from 1, such as joining in a burst of visits,
is not an effect of the programme and would bias θ. So the effect is `not_identified` if its interval excludes 1.

Intervals are of customers, with all of their anchors on both sides, resampled by Poisson(1) weights; 95 % on the log
scale from the standard deviation of the replicates, which 200 of them give better than their tails.

The placebo cannot test this assumption: of two customers with the same quarter, tenure and visits, the one who joins
would have gone on like the other one, up to a constant factor. Customers who join *because* they intend to come more
often from that day on look like an effect.

References: J. Robins, "Correcting for non-compliance in randomized trials using structural nested mean models",
Communications in Statistics 23 (1994) 2379–2412 (step 3); M. Hernán, J. Robins, "Using big data to emulate a target
trial", American Journal of Epidemiology 183 (2016) 758–764 (every visit of a customer not yet treated starts a
comparison); J. Roth, P. Sant'Anna, A. Bilinski, J. Poe, "What's trending in difference-in-differences?", Journal of
Econometrics 235 (2023) 2218–2244.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from spark_jobs.models.loyalty_windows import MEASURES, SUMS, WINDOWS, Comparisons, Floats, Ints
from spark_jobs.models.poisson_weights import REPLICATES, poisson_weights

METRICS = (*MEASURES, "net_sales_per_order")
IDENTIFIED, NOT_IDENTIFIED = "identified", "not_identified"
INSUFFICIENT_DATA, NOT_SUPPORTED = "insufficient_data", "not_supported"
STATUSES = (IDENTIFIED, NOT_IDENTIFIED, INSUFFICIENT_DATA, NOT_SUPPORTED)

MINIMUM_TREATED = 30  # customers; with fewer the interval itself is unreliable
MINIMUM_CONTROLS = 5  # customers in a stratum; with fewer, one with a thousand visits would decide
Z_95 = 1.959964
MOST_FAILED = 0.02  # share of replicates without a positive ratio, beyond which there is no interval

_ROWS_AT_ONCE = 20_000  # x 201 weights = 32 MB
TREATED, CONTROL = 0, 1


class Ratio(NamedTuple):
    """An estimate with its 95 % interval; 1 means no difference."""

    estimate: float
    lower: float
    upper: float

    @property
    def excludes_one(self) -> bool:
        return not self.lower <= 1 <= self.upper


@dataclass(frozen=True)
class Totals:
    """What is compared, all strata added up.

    `sums` is (1 + replicates, 2, len(SUMS)): first with every weight 1, then each bootstrap replicate; treated, then
    controls weighted to the treated of their stratum.
    """

    sums: Floats
    treated: int  # customers compared
    control_anchors: int  # customer-days they were compared with


@dataclass(frozen=True)
class Effect:
    """One metric's effect of joining and its placebo, as ratios; None where they cannot be given."""

    metric: str
    status: str
    effect: Ratio | None
    placebo: Ratio | None


def no_totals(replicates: int = REPLICATES) -> Totals:
    """Return the totals without anybody to compare."""
    return Totals(np.zeros((1 + replicates, 2, len(SUMS))), 0, 0)


def totals(found: Comparisons, replicates: int = REPLICATES) -> Totals:
    """Return the sums of all strata.

    Strata without treated customers or with fewer than MINIMUM_CONTROLS control customers are left out.
    """
    order = np.lexsort((found.treated, found.stratum))
    stratum, treated = found.stratum[order], found.treated[order]
    edges = np.flatnonzero(np.concatenate([[True], stratum[1:] != stratum[:-1], [True]])) if len(order) else order
    added = no_totals(replicates)
    sums, compared, control_anchors = added.sums, 0, 0
    for begin, end in pairwise(edges):
        middle = begin + int(np.searchsorted(treated[begin:end], True))
        controls, joiners = order[begin:middle], order[middle:end]
        if len(joiners) == 0 or len(np.unique(found.customer[controls])) < MINIMUM_CONTROLS:
            continue
        of_treated = _weighted(found, joiners, replicates)
        of_controls = _weighted(found, controls, replicates)
        reached = of_controls[:, 0] > 0  # a replicate may draw none of the controls: then it skips the stratum
        share = np.divide(of_treated[:, 0], of_controls[:, 0], out=np.zeros(1 + replicates), where=reached)
        sums[:, TREATED] += of_treated * reached[:, None]
        sums[:, CONTROL] += of_controls * share[:, None]
        compared += len(joiners)
        control_anchors += int(found.sums[controls, 0].sum())
    return Totals(sums, compared, control_anchors)


def effects(added: Totals) -> list[Effect]:
    """Return the effect on every metric, from the totals of all strata."""
    ratios = {measure: _measure_ratios(added.sums, measure) for measure in MEASURES}
    orders, net_sales = ratios["orders"], ratios["net_sales"]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios["net_sales_per_order"] = net_sales / orders
    found = {metric: _judged(metric, added.treated, *ratios[metric]) for metric in METRICS}
    if found["orders"].status == NOT_IDENTIFIED and found["net_sales_per_order"].status == IDENTIFIED:
        # A quotient of an effect that is none.
        found["net_sales_per_order"] = replace(found["net_sales_per_order"], status=NOT_IDENTIFIED)
    return list(found.values())


def without_estimate(status: str) -> list[Effect]:
    """Return every metric with only a status."""
    return [Effect(metric, status, None, None) for metric in METRICS]


def _weighted(found: Comparisons, rows: Ints, replicates: int) -> Floats:
    """(1 + replicates, sums): the rows' sums under each set of weights."""
    added = np.zeros((1 + replicates, len(SUMS)))
    for begin in range(0, len(rows), _ROWS_AT_ONCE):
        part = rows[begin : begin + _ROWS_AT_ONCE]
        values = found.sums[part]
        added[0] += values.sum(axis=0)
        added[1:] += poisson_weights(found.customer[part], replicates).T.astype(np.float64) @ values
    return added


def _measure_ratios(sums: Floats, measure: str) -> Floats:
    """(2, 1 + replicates): effect and placebo of one measure."""
    earlier, before, after, member = (sums[:, :, SUMS.index(f"{window}_{measure}")] for window in WINDOWS)
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = before[:, TREATED] / before[:, CONTROL]
        plain = after[:, CONTROL] - member[:, CONTROL]
        effect = (after[:, TREATED] / factor - member[:, CONTROL]) / plain
        placebo = factor / (earlier[:, TREATED] / earlier[:, CONTROL])
    return np.stack([effect, placebo])


def _judged(metric: str, treated: int, effect: Floats, placebo: Floats) -> Effect:
    found, checked = _ratio(effect), _ratio(placebo)
    if treated < MINIMUM_TREATED or found is None or checked is None:
        return Effect(metric, INSUFFICIENT_DATA, None, None)
    return Effect(metric, NOT_IDENTIFIED if checked.excludes_one else IDENTIFIED, found, checked)


def _ratio(values: Floats) -> Ratio | None:
    """Return the first value with the interval that the others give; None if it or too many others are not ratios."""
    usable = np.isfinite(values) & (values > 0)
    if not usable[0] or usable[1:].mean() < 1 - MOST_FAILED:
        return None
    spread = Z_95 * float(np.log(values[1:][usable[1:]]).std(ddof=1))
    estimate = float(values[0])
    return Ratio(estimate, estimate * float(np.exp(-spread)), estimate * float(np.exp(spread)))

"""The two models as fitted to what was known on one day: how often customers order, and the value of an order day."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from biz_schema.score_tables import ModelName
from spark_jobs.models.credibility import Credibility, credibility
from spark_jobs.models.estimation import MINIMUM_CUSTOMERS, MINIMUM_RETURNING, Fit, fit_model
from spark_jobs.models.rates import Floats, Values
from spark_jobs.scores.histories import Snapshot, grouped
from spark_jobs.scores.origins import WARM_UP_DAYS

VALUE_SUMS = ("customers", "sum_s", "sum_s2", "sum_ss")


@dataclass(frozen=True)
class Estimates:
    """The fit of purchases for all customers, and of values by currency; currencies with few customers are absent."""

    fit: Fit
    values: Mapping[str, Credibility]

    def value_per_day(self, currency: npt.ArrayLike, n: Values, s: Values) -> Floats:
        """Return the expected net sales of a customer's next active day; NaN if their currency has no estimate."""
        codes = np.asarray(currency, dtype=object)
        days, total = np.asarray(n, dtype=np.float64), np.asarray(s, dtype=np.float64)
        worth = np.full(len(days), np.nan)
        for code, found in self.values.items():
            chosen = codes == code
            worth[chosen] = found.expected_value(days[chosen], total[chosen])
        return worth


def fit_purchases(
    x: Values, t_x: Values, t: Values, customers: Values, observed_days: int, model_name: ModelName = "mbg_nbd"
) -> Fit:
    """Fit a purchase model to grouped customers, without those first seen in the first WARM_UP_DAYS of the data.

    If too few customers are left, all are fitted, and the fit says so. `observed_days` are the days from the first day
    of the data to the day that x, t_x and t are as of.
    """
    columns = [np.asarray(column, dtype=np.float64) for column in (x, t_x, t, customers)]
    # Sorted, so that the sums do not depend on the order in which the groups were collected.
    order = np.lexsort(columns[2::-1])
    everybody = [column[order] for column in columns]
    if model_name == "naive_rate":
        return replace(fit_model(model_name, *everybody), warm_up_fitted=True)  # nothing is estimated from others
    is_later = everybody[2] <= observed_days - WARM_UP_DAYS
    later = [column[is_later] for column in everybody]
    remaining = round(float(later[3].sum()))
    returning = round(float(later[3][later[0] > 0].sum()))
    if is_later.all() or (remaining >= MINIMUM_CUSTOMERS and returning >= MINIMUM_RETURNING):
        return fit_model(model_name, *later)
    found = fit_model(model_name, *everybody)
    if found.model is None:
        return replace(found, warm_up_fitted=True)
    note = (
        f"customers of the first {WARM_UP_DAYS} days of the data are fitted too, because only {remaining} came after "
        f"them, of whom {returning} came back"
    )
    reason = "; ".join(text for text in (found.reason, note) if text)
    return replace(found, warm_up_fitted=True, reason=reason)


def fit_values(groups: pd.DataFrame) -> dict[str, Credibility]:
    """Fit Bühlmann credibility by currency from `currency`, `n` = active days and VALUE_SUMS of groups of customers."""
    found = {}
    by_days = groups.groupby(["currency", "n"], as_index=False)[list(VALUE_SUMS)].sum()
    for currency, rows in by_days.groupby("currency"):
        estimate = credibility(rows["n"], *(rows[name] for name in VALUE_SUMS))
        if estimate is not None:
            found[str(currency)] = estimate
    return found


def estimates_at(snapshot: Snapshot, day: date, first_day: date, model_name: ModelName = "mbg_nbd") -> Estimates:
    """Return both models as they would have been fitted on a past day."""
    x, t_x, t, customers = grouped(snapshot.x, snapshot.t_x, snapshot.t)
    each = pd.DataFrame({
        "currency": snapshot.currency, "n": snapshot.n, "customers": 1,
        "sum_s": snapshot.s, "sum_s2": snapshot.s**2, "sum_ss": snapshot.ss,
    })  # fmt: skip
    return Estimates(fit_purchases(x, t_x, t, customers, (day - first_day).days, model_name), fit_values(each))

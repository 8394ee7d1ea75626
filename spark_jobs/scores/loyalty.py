"""Rows of gold_loyalty_effects: what joining changes in each metric, per currency, with interval and placebo.

The comparison uses the customers whose days are on the driver: all of them, or the back-tests' fixed sample if there
are many. The sample is drawn by a hash of their names, so it differs from the others only by chance, which the interval
covers. The number of loyalty customers and the start of the programme are those of all customers.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd

from spark_jobs.models.loyalty_effect import NOT_SUPPORTED, Effect, Totals, effects, no_totals, totals, without_estimate
from spark_jobs.models.loyalty_windows import WINDOW_DAYS, CustomerDays, comparisons
from spark_jobs.scores.customer_statistics import Programme
from spark_jobs.scores.histories import day_number

_RATIOS = tuple(f"{kind}_{end}" for kind in ("effect", "placebo") for end in ("ratio", "lower", "upper"))
_NO_RATIO = (None, None, None)


def loyalty_effects(days: pd.DataFrame, programmes: Sequence[Programme], as_of: date) -> list[dict[str, Any]]:
    """Return the rows of every programme; `days` are rows of `customer_days`, with all days of each customer in it.

    A currency without loyalty orders, or in which nobody is seen before joining, is `not_supported`.
    """
    rows = []
    for programme in programmes:
        added = _totals(days, programme, as_of) if programme.is_comparable else no_totals()
        found = effects(added) if programme.is_comparable else without_estimate(NOT_SUPPORTED)
        rows += [_row(programme, added, effect) | {"as_of_date": as_of} for effect in found]
    return rows


def _totals(days: pd.DataFrame, programme: Programme, as_of: date) -> Totals:
    # Refunds on a day without a purchase are left out: the windows compare visits and what they brought.
    chosen = days[(days["currency"] == programme.currency) & days["is_active"]]
    seen = CustomerDays(
        customer=chosen["customer"].to_numpy(),
        day=chosen["day"].to_numpy(),
        orders=chosen["orders"].to_numpy(),
        net_sales=chosen["amount"].to_numpy(),
        is_loyal=chosen["is_loyal"].to_numpy(),
    )
    assert programme.launch_day is not None
    return totals(comparisons(seen, programme.launch_day, day_number(as_of)))


def _row(programme: Programme, added: Totals, effect: Effect) -> dict[str, Any]:
    ratios = (*(effect.effect or _NO_RATIO), *(effect.placebo or _NO_RATIO))
    return {
        "metric": effect.metric,
        "window_days": WINDOW_DAYS,
        "currency": programme.currency,
        **dict(zip(_RATIOS, ratios, strict=True)),
        "loyalty_customers": programme.loyalty_customers,
        "treated_customers": added.treated,
        "control_customer_days": added.control_anchors,
        "status": effect.status,
    }

"""A small chain's customer days, simulated by the purchase process that sample_data uses; every value from a seed."""

from datetime import date, timedelta

import numpy as np
import pandas as pd

from spark_jobs.scores.backtests import run_backtests
from spark_jobs.scores.estimates import VALUE_SUMS, Estimates, fit_purchases, fit_values
from spark_jobs.scores.histories import Histories, Snapshot, day_number, grouped
from spark_jobs.scores.model_selection import select_model
from spark_jobs.scores.registry import Findings
from tests.spark_jobs.models.process import GENERATED_DATA

FIRST_DAY = date(2020, 1, 1)
AS_OF = FIRST_DAY + timedelta(days=1399)


def customer_days(customers: int, seed: int = 1, days: int = 1400, currency: str = "USD") -> pd.DataFrame:
    """`key`, `currency`, `day` (number), `amount`: one row a customer and day, customers arriving evenly."""
    rng = np.random.default_rng(seed)
    truth = GENERATED_DATA
    rows = []
    for key in range(customers):
        rate, leaving = rng.gamma(truth.r, 1 / truth.alpha), rng.beta(truth.a, truth.b)
        day, worth = float(rng.integers(0, days)), rng.lognormal(2.5, 0.3)
        while day < days:
            rows.append((key, int(day), round(worth * rng.lognormal(0, 0.4), 2)))
            if rng.random() < leaving:
                break
            day += rng.exponential(1 / rate)
    frame = pd.DataFrame(rows, columns=["key", "day", "amount"])
    frame = frame.groupby(["key", "day"], as_index=False).sum()
    return frame.assign(currency=currency, day=frame["day"] + day_number(FIRST_DAY))


def histories(frame: pd.DataFrame) -> Histories:
    """The frame's customers."""
    return Histories(
        frame["key"].to_numpy(), frame["currency"].to_numpy(), frame["day"].to_numpy(), frame["amount"].to_numpy()
    )


def estimates(snapshot: Snapshot, observed_days: int) -> Estimates:
    """Both models on a snapshot, as the job fits them on all customers."""
    x, t_x, t, customers = grouped(snapshot.x, snapshot.t_x, snapshot.t)
    each = pd.DataFrame({"currency": snapshot.currency, "n": snapshot.n})
    sums = (1, snapshot.s, snapshot.s**2, snapshot.ss)
    return Estimates(
        fit_purchases(x, t_x, t, customers, observed_days),
        fit_values(each.assign(**dict(zip(VALUE_SUMS, sums, strict=True)))),
    )


def findings(frame: pd.DataFrame, as_of: date = AS_OF) -> Findings:
    """What the job finds in customer days, up to the as-of date."""
    customers = histories(frame)
    first_day = as_of if frame.empty else date(1970, 1, 1) + timedelta(days=int(frame["day"].min()))
    snapshot = customers.at(day_number(as_of))
    observed = (as_of - first_day).days
    selection = select_model(
        lambda model_name: fit_purchases(*grouped(snapshot.x, snapshot.t_x, snapshot.t), observed, model_name),
        lambda model_name: run_backtests(customers, as_of, first_day, model_name),
        observed,
    )
    return Findings(
        as_of=as_of,
        first_day=None if frame.empty else first_day,
        version="v1",
        currencies=snapshot.currencies,
        estimates=Estimates(selection.fit, estimates(snapshot, observed).values),
        backtests=selection.backtests,
        annual_discount_rate=0.10,
        margin_rate=None,
        selection=selection,
    )

"""Chains of several kinds, simulated: how customers arrive, how regular they are, and how they leave. Every value from
a seed; columns as in `tests.spark_jobs.scores.chain`."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from spark_jobs.scores.histories import day_number
from tests.spark_jobs.scores.chain import FIRST_DAY

Draw = Callable[[np.random.Generator, int], npt.ArrayLike]
"""One number a customer."""


@dataclass(frozen=True)
class Kind:
    """`mean_gap` days between orders, with gamma gaps of shape `regularity` (1: by chance alone, 100: like clockwork);
    `leaves` is the probability to leave after an order, `arrives` the first day."""

    mean_gap: Draw
    leaves: Draw
    regularity: float = 1.0
    customers: int = 1_200
    days: int = 1_400
    arrives: Draw | None = None

    def customer_days(self, seed: int) -> pd.DataFrame:
        """`key`, `currency`, `day` (number), `amount`: one row a customer and day."""
        rng = np.random.default_rng(seed)
        n = self.customers
        mean, leaves = np.broadcast_to(self.mean_gap(rng, n), n), np.broadcast_to(self.leaves(rng, n), n)
        day = np.array(self.arrives(rng, n) if self.arrives else rng.integers(0, self.days, n), dtype=float)
        alive, rows = np.arange(n), []
        while len(alive):
            alive = alive[day[alive] < self.days]
            rows.append(np.column_stack([alive, np.floor(day[alive])]))
            alive = alive[rng.random(len(alive)) >= leaves[alive]]
            day[alive] += rng.gamma(self.regularity, mean[alive] / self.regularity)
        found = pd.DataFrame(np.concatenate(rows).astype(np.int64), columns=["key", "day"]).drop_duplicates()
        amount = np.round(rng.lognormal(2.5, 0.3, n)[found["key"]] * rng.lognormal(0, 0.4, len(found)), 2)
        return found.assign(currency="USD", day=found["day"] + day_number(FIRST_DAY), amount=amount)


def gamma_rates(shape: float, mean_gap: float) -> Draw:
    """Gaps whose rates differ between customers."""
    return lambda rng, n: mean_gap * shape / np.maximum(rng.gamma(shape, 1, n), 1e-3)


def always(value: float) -> Draw:
    """The same for everybody."""
    return lambda rng, n: value


KINDS = {
    "weekly regulars": Kind(lambda rng, n: rng.uniform(6, 9, n), always(0.01), regularity=20, customers=400),
    "grocery": Kind(gamma_rates(3, 8), lambda rng, n: rng.beta(0.5, 25, n), regularity=2, customers=500),
    "gifts once a year": Kind(always(365), always(0.2), regularity=300, customers=2_000),
    "one cohort": Kind(
        gamma_rates(1, 20), lambda rng, n: rng.beta(0.7, 3, n), arrives=lambda rng, n: rng.uniform(0, 60, n)
    ),
    "high churn": Kind(gamma_rates(1, 15), always(0.3)),
    "no churn": Kind(gamma_rates(1.5, 25), always(0.0), customers=700),
}  # fmt: skip

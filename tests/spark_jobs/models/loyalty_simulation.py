"""A chain with a loyalty programme whose effect is known: small, fast and deterministic for a seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spark_jobs.models.loyalty_windows import CustomerDays

DAYS, LAUNCH = 720, 120


@dataclass(frozen=True)
class Chain:
    """Customers arrive over time, each with their own appetite; half of them would join, some time, at a visit.

    Those who would join buy bigger baskets all along (`basket_lift`), so that a naive comparison is wrong.
    """

    customers: int = 1_000
    visit_effect: float = 1.0
    basket_effect: float = 1.0
    join_chance: float = 0.08  # at every visit
    joins_in_bursts: bool = False
    basket_lift: float = 1.3

    def days(self, seed: int) -> CustomerDays:
        """The chain's history; a customer with a second order on a tenth of the days."""
        rng = np.random.default_rng(seed)
        calendar = np.arange(DAYS)
        first = rng.integers(0, DAYS - 180, self.customers)
        here = calendar >= first[:, None]
        rate = np.minimum(rng.gamma(1.2, 0.05, self.customers), 0.6)[:, None] * np.ones((1, DAYS))
        burst = np.zeros_like(here)
        if self.joins_in_bursts:
            begin = first + rng.integers(0, 400, self.customers)
            burst = (calendar >= begin[:, None]) & (calendar < begin[:, None] + 75)
            rate = np.minimum(np.where(burst, 5 * rate, rate), 0.8)
        luck = rng.random((self.customers, DAYS))
        visits = here & ((luck < rate) | (calendar == first[:, None]))
        willing = (rng.random(self.customers) < 0.5)[:, None]
        may_join = visits & willing & (calendar >= LAUNCH) & (burst | (not self.joins_in_bursts))
        joins = may_join & (rng.random((self.customers, DAYS)) < self.join_chance)
        joined = np.where(joins.any(axis=1), joins.argmax(axis=1), DAYS)[:, None]
        member = calendar > joined
        visits |= here & member & (luck < np.minimum(rate * self.visit_effect, 0.95))
        owner, day = np.nonzero(visits)
        orders = 1 + (rng.random(len(owner)) < 0.1)
        basket = 9 * np.where(willing[owner, 0], self.basket_lift, 1.0)
        basket *= np.where(day >= joined[owner, 0], self.basket_effect, 1.0)
        return CustomerDays(
            customer=owner.astype(np.int64),
            day=day.astype(np.int64),
            orders=orders.astype(np.float64),
            net_sales=orders * basket * rng.gamma(4, 0.25, len(owner)),
            is_loyal=day >= joined[owner, 0],
        )

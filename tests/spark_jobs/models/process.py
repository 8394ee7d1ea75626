"""Customers simulated by the purchase process itself, with what they did next: truth for the models to find."""

from dataclasses import dataclass

import numpy as np

from spark_jobs.models.mbg_nbd import MbgNbd
from spark_jobs.models.rates import Floats

GENERATED_DATA = MbgNbd(r=0.41, alpha=4.6, a=0.70, b=0.94)  # the process of sample_data, days
RARE_BUYERS = MbgNbd(r=0.525, alpha=43.3, a=0.891, b=1.614)  # CDNOW's estimates, days
FAITHFUL = MbgNbd(r=1.5, alpha=30.0, a=0.30, b=3.0)


@dataclass(frozen=True)
class Customers:
    """One row a customer; days. `alive` at the as-of date, `future_days` = purchases in the horizon after it."""

    x: Floats
    t_x: Floats
    t: Floats
    alive: Floats
    future_days: Floats

    @property
    def weights(self) -> Floats:
        return np.ones(len(self.x))

    @property
    def history(self) -> tuple[Floats, Floats, Floats]:
        return self.x, self.t_x, self.t


def simulate(truth: MbgNbd, customers: int, longest: int, horizon: float, seed: int) -> Customers:
    """Customers first seen evenly over `longest` days; dropout may follow every purchase, the first included."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(truth.r, 1 / truth.alpha, customers)
    dropout = rng.beta(truth.a, truth.b, customers)
    t = rng.integers(0, longest + 1, customers).astype(float)
    lives = rng.geometric(np.maximum(dropout, 1e-9)) - 1  # repeat purchases before leaving, if there were time
    x, t_x, future, clock = (np.zeros(customers) for _ in range(4))
    made = np.zeros(customers)
    buying = np.flatnonzero(lives > 0)
    while len(buying):
        clock[buying] += rng.exponential(size=len(buying)) / rate[buying]
        buying = buying[clock[buying] <= t[buying] + horizon]
        made[buying] += 1
        past = buying[clock[buying] <= t[buying]]
        x[past] += 1
        t_x[past] = clock[past]
        future[buying[clock[buying] > t[buying]]] += 1
        buying = buying[made[buying] < lives[buying]]
    return Customers(x=x, t_x=t_x, t=t, alive=(x < lives).astype(float), future_days=future)

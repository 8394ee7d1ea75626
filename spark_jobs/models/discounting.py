"""Present value of expected active days: later purchases within the horizon count less."""

import math

import numpy as np

from spark_jobs.models.purchase_model import PurchaseModel
from spark_jobs.models.rates import Floats, Values

DAYS_A_YEAR = 365
NODES, NODE_WEIGHTS = np.polynomial.legendre.leggauss(4)  # on [-1, 1]


def discounted_days(model: PurchaseModel, x: Values, t: Values, horizon: float, annual_rate: float) -> Floats:
    """Return a living customer's expected active days within `horizon` days, each discounted to the as-of date.

    With E(u) = E[days, u] and δ = ln(1 + annual_rate)/365, integration by parts gives
    ∫ e^(−δu) dE(u) = e^(−δh) E(h) + δ ∫ e^(−δu) E(u) du, which needs only E and not its derivative. Four nodes give
    four digits: the discount changes slowly, and u = h·v² puts the nodes close to today, where E is most curved.
    """
    if annual_rate <= -1:
        raise ValueError(f"annual_rate is {annual_rate}: a discount rate is above -1; write 10 % as 0.10")
    whole = model.living_days(x, t, horizon)
    rate = math.log1p(annual_rate) / DAYS_A_YEAR
    if rate == 0:
        return whole
    present = math.exp(-rate * horizon) * whole
    for node, weight in zip(NODES, NODE_WEIGHTS, strict=True):
        v = (1 + node) / 2
        day, length = horizon * v**2, horizon * v * weight  # du = 2hv dv over [0, 1], half of the nodes' interval
        present = present + rate * length * math.exp(-rate * day) * model.living_days(x, t, day)
    return present

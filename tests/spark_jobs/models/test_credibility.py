"""Bühlmann credibility: known variances are found, and the estimate moves from everybody's mean to the own one."""

import math

import numpy as np
import pandas as pd
import pytest

from spark_jobs.models.credibility import Credibility, credibility


def by_number_of_days(n, s, ss) -> tuple[np.ndarray, ...]:
    """What a single aggregation by n returns: n, customers, Σ S, Σ S², Σ SS."""
    customers = pd.DataFrame({"n": n, "s": s, "s2": np.square(s), "ss": ss})
    sums = customers.groupby("n").agg(customers=("s", "size"), s=("s", "sum"), s2=("s2", "sum"), ss=("ss", "sum"))
    return sums.index.to_numpy(), *(sums[name].to_numpy() for name in sums)


def spending(customers: int, mu: float, tau: float, sigma: float, seed: int) -> pd.DataFrame:
    """Per customer n, S, SS and the true mean; half of them with a single day."""
    rng = np.random.default_rng(seed)
    n = np.where(rng.random(customers) < 0.5, 1, 1 + rng.geometric(0.3, customers))
    mean = rng.normal(mu, tau, customers)
    owner = np.repeat(np.arange(customers), n)
    value = rng.normal(mean[owner], sigma)
    return pd.DataFrame({"n": n, "s": np.bincount(owner, value), "ss": np.bincount(owner, value**2), "mean": mean})


def test_true_variances_and_mean_are_found():
    seen = spending(40_000, mu=14.0, tau=3.0, sigma=6.0, seed=1)
    found = credibility(*by_number_of_days(seen["n"], seen["s"], seen["ss"]))
    assert found is not None
    assert found.mu == pytest.approx(14.0, abs=0.1)
    assert found.s2 == pytest.approx(36.0, rel=0.03)
    assert found.tau2 == pytest.approx(9.0, rel=0.06)
    assert found.k == pytest.approx(4.0, rel=0.08)
    error = (found.expected_value(seen["n"], seen["s"]) - seen["mean"]) ** 2
    assert error.mean() < 0.35 * ((seen["s"] / seen["n"] - seen["mean"]) ** 2).mean()
    assert error.mean() < 0.85 * ((14.0 - seen["mean"]) ** 2).mean()


def test_estimate_moves_from_the_common_mean_to_the_own_one_with_days():
    half = Credibility(mu=10.0, s2=8.0, tau2=4.0, k=2.0)
    n = np.array([0, 1, 2, 8, 10_000])
    np.testing.assert_allclose(half.expected_value(n, 20.0 * n), [10, 40 / 3, 15, 18, 20], atol=2e-3)


def test_one_heavy_buyer_does_not_set_the_variance():
    seen = spending(2_000, mu=14.0, tau=3.0, sigma=6.0, seed=2)
    before = credibility(*by_number_of_days(seen["n"], seen["s"], seen["ss"]))
    days = np.tile([0.0, 200.0], 1_000)  # 2,000 days of one account, s.d. 100
    heavy = pd.DataFrame({"n": [2_000], "s": [days.sum()], "ss": [(days**2).sum()]})
    after = pd.concat([seen, heavy])
    found = credibility(*by_number_of_days(after["n"], after["s"], after["ss"]))
    assert before is not None and found is not None
    assert found.s2 == pytest.approx(before.s2, rel=0.4) and found.mu == pytest.approx(before.mu, rel=0.02)


def test_customers_who_differ_by_chance_alone_are_all_worth_the_mean():
    # Two days each, 0 and 10: means agree exactly, days do not.
    found = credibility([2], [200], [2_000.0], [20_000.0], [20_000.0])
    assert found == Credibility(mu=5.0, s2=50.0, tau2=0.0, k=math.inf)
    np.testing.assert_array_equal(found.expected_value([1, 50], [90.0, 900.0]), [5.0, 5.0])


def test_customers_who_never_vary_are_worth_their_own_mean():
    # 100 customers spend 10 on both days, 100 spend 20: nothing to shrink.
    found = credibility([2], [200], [6_000.0], [100 * 400.0 + 100 * 1_600.0], [100 * 200.0 + 100 * 800.0])
    assert found is not None and found.k == 0 and found.mu == pytest.approx(15.0)
    np.testing.assert_allclose(found.expected_value([2, 4], [20.0, 80.0]), [10.0, 20.0])


@pytest.mark.parametrize(
    ("n", "customers"), [([], []), ([1], [5_000]), ([1, 2], [990, 9]), ([1, 2], [49, 50])],
    ids=["nobody", "nobody returned", "nine returned", "99 customers"],
)  # fmt: skip
def test_too_few_customers_give_no_estimate(n, customers):
    sums = 10.0 * np.array(customers)
    assert credibility(n, customers, sums, sums**2, sums**2) is None

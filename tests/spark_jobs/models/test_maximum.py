"""The fits reach the highest likelihood there is: no other start, of many at random, ends higher."""

import numpy as np
import pytest
from scipy.optimize import minimize

from spark_jobs.models.estimation import COUNT, LARGEST, SMALLEST, GroupedCustomers, maximum
from spark_jobs.models.grouped_customers import Dropout
from spark_jobs.models.mbg_nbd import MbgNbd
from tests.spark_jobs.models.process import FAITHFUL, GENERATED_DATA, RARE_BUYERS, simulate

RANDOM_STARTS = 8
BROAD = np.log([[1e-4, 1e-2, 1e-5, 1e-2], [2.0, 2e2, 3e1, 3e2]])
NOBODY_LEAVES = 1e-9
TRUTHS = {
    "generated data": (GENERATED_DATA, 1_000),
    "rare buyers": (RARE_BUYERS, 1_000),
    "faithful": (FAITHFUL, 1_000),
    "one dropout probability": (MbgNbd(0.8, 12.0, 3e5, 7e5), 900),
    "one rate, one dropout probability": (MbgNbd(1e6, 2e7, 3e5, 7e5), 900),
    "one rate": (MbgNbd(1e6, 7e6, 0.5, 20.0), 400),
    "nobody leaves": (MbgNbd(1.1, 33.0, NOBODY_LEAVES, 1.0), 600),
    "nobody leaves, one rate": (MbgNbd(1e6, 3e7, NOBODY_LEAVES, 1.0), 600),
    "leave at once or never": (MbgNbd(1.0, 20.0, 5e-4, 5e-4), 600),
    "nearly all leave at once": (MbgNbd(0.5, 9.0, 9.0, 0.8), 500),
    "rates very unlike": (MbgNbd(0.05, 2.0, 0.5, 2.0), 700),
    "a month of data": (GENERATED_DATA, 30),
}


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("dropout", COUNT)
@pytest.mark.parametrize(("truth", "longest"), TRUTHS.values(), ids=TRUTHS)
def test_no_random_start_ends_more_than_a_hundredth_higher(
    truth: MbgNbd, longest: int, dropout: Dropout, seed: int
) -> None:
    seen = simulate(truth, 800, longest, 0, seed)
    t_x = np.ceil(seen.t_x)
    rows = GroupedCustomers(np.minimum(seen.x, t_x), np.minimum(t_x, seen.t), seen.t, seen.weights)
    count, rng = COUNT[dropout], np.random.default_rng(seed)
    found = [
        minimize(
            rows.negative_log_likelihood, rng.uniform(*BROAD)[:count], args=(dropout,), jac=True, method="L-BFGS-B",
            bounds=np.stack([SMALLEST, LARGEST], axis=1)[:count], options={"maxiter": 500, "ftol": 1e-16, "gtol": 1e-9},
        ).fun
        for _ in range(RANDOM_STARTS)
    ]  # fmt: skip
    assert maximum(rows, dropout).log_likelihood > -min(found) * rows.customers - 0.01


@pytest.mark.parametrize("dropout", COUNT)
@pytest.mark.parametrize(
    "at", [(0.05, 0.8, 0.4, 2.0), (0.1, 5e3, 0.4, 2e4), (0.1, 1e9, 1e-6, 1e9), (0.01, 0.01, 5, 1e-4)]
)
def test_gradient_is_the_slope_out_to_the_limits(dropout: Dropout, at: tuple[float, ...]) -> None:
    seen = simulate(GENERATED_DATA, 300, 400, 0, seed=5)
    rows = GroupedCustomers(*seen.history, seen.weights)
    point, step = np.log(at)[: COUNT[dropout]], 1e-4
    _, gradient = rows.negative_log_likelihood(point, dropout)
    slope = [
        (rows.negative_log_likelihood(point + d, dropout)[0] - rows.negative_log_likelihood(point - d, dropout)[0])
        / (2 * step)
        for d in step * np.eye(len(point))
    ]
    np.testing.assert_allclose(gradient, slope, rtol=1e-5, atol=1e-8)


def test_the_simpler_likelihoods_are_the_limits_of_the_richer() -> None:
    seen = simulate(GENERATED_DATA, 300, 400, 0, seed=5)
    rows = GroupedCustomers(*seen.history, seen.weights)
    point = np.log([0.05, 0.8, 0.4, 1e9])
    beta, single = (rows.negative_log_likelihood(point[:n], d)[0] for n, d in ((4, "beta"), (3, "single")))  # type: ignore[arg-type]
    assert beta == pytest.approx(single, abs=1e-7)
    hardly, none = (rows.negative_log_likelihood(p, d)[0] for p, d in (
        (np.array([*point[:2], -200.0]), "single"), (point[:2], "none")))  # type: ignore[arg-type]  # fmt: skip
    assert hardly == pytest.approx(none, abs=1e-6)

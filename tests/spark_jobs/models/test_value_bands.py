"""The range of future value covers what it promises on customers it has not seen."""

import numpy as np
import pytest

from spark_jobs.models.mbg_nbd import MbgNbd
from spark_jobs.models.value_bands import value_bands
from tests.spark_jobs.models.process import FAITHFUL, GENERATED_DATA, simulate


def future_value(truth: MbgNbd, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Expected and realised value of 20,000 customers over 365 days, at 10 a day on average."""
    seen = simulate(truth, 20_000, longest=700, horizon=365, seed=seed)
    rng = np.random.default_rng(seed)
    realised = rng.gamma(np.maximum(4 * seen.future_days, 1e-9), 2.5)
    return 10 * truth.expected_days(*seen.history, 365), np.where(seen.future_days > 0, realised, 0.0)


@pytest.mark.parametrize("truth", [GENERATED_DATA, FAITHFUL])
def test_bands_of_one_origin_cover_eight_in_ten_customers_of_another(truth):
    expected, realised = future_value(truth, seed=1)
    bands = value_bands(expected, realised, np.ones(len(expected)))
    assert bands is not None and len(bands.low) == len(bands.high) == 10
    expected, realised = future_value(truth, seed=2)
    low, high = bands.interval(expected)
    for tenth in np.array_split(np.argsort(expected), 10):
        above, below = (realised > high)[tenth].mean(), (realised < low)[tenth].mean()
        # Where fewer than one in ten bought anything, the whole band is zero and less lies outside.
        assert above == pytest.approx(0.10, abs=0.025) or (above < 0.10 and not high[tenth].all())
        assert below == pytest.approx(0.10, abs=0.025) or not low[tenth].all()
    assert high[expected > np.quantile(expected, 0.9)].all()
    assert low[expected > np.quantile(expected, 0.9)].all() == (
        truth == FAITHFUL
    )  # a tenth of GENERATED_DATA's best leave


def test_factors_are_the_quantiles_of_realised_over_expected():
    expected = np.repeat(np.arange(1.0, 11.0), 100)
    realised = expected * np.tile(np.arange(1, 101) / 50, 10)
    bands = value_bands(expected, realised, np.ones(1_000))
    assert bands is not None
    np.testing.assert_allclose(bands.low, 0.2)
    np.testing.assert_allclose(bands.high, 1.8)
    low, high = bands.interval([0.0, 5.0, 400.0])
    np.testing.assert_allclose(low, [0, 1, 80])
    np.testing.assert_allclose(high, [0, 9, 720])


def test_weights_stand_for_customers():
    rng = np.random.default_rng(3)
    expected, realised, weights = rng.integers(1, 40, 500) / 2, rng.poisson(3, 500), rng.integers(1, 9, 500)
    grouped = value_bands(expected, realised, weights)
    single = value_bands(np.repeat(expected, weights), np.repeat(realised, weights), np.ones(weights.sum()))
    assert grouped is not None and single is not None
    for name in ("upper_edges", "low", "high"):
        np.testing.assert_allclose(getattr(grouped, name), getattr(single, name))


def test_customers_with_one_expected_value_share_one_band():
    bands = value_bands(np.full(2_000, 7.0), np.tile([0.0, 14.0], 1_000), np.ones(2_000))
    assert bands is not None and len(bands.upper_edges) == 0
    assert bands.interval([7.0]) == (pytest.approx([0.0]), pytest.approx([14.0]))


def test_too_few_customers_give_no_range():
    assert value_bands(np.ones(999), np.ones(999), np.ones(999)) is None
    assert value_bands(np.zeros(5_000), np.ones(5_000), np.ones(5_000)) is None
    assert value_bands([], [], []) is None

"""Discounted active days equal the sum over single days."""

import numpy as np
import pytest

from spark_jobs.models.discounting import discounted_days
from tests.spark_jobs.models.process import FAITHFUL, GENERATED_DATA, RARE_BUYERS

X, T = np.array([0, 0, 3, 40, 900]), np.array([0, 500, 25, 410, 1_301])


@pytest.mark.parametrize("model", [GENERATED_DATA, RARE_BUYERS, FAITHFUL])
@pytest.mark.parametrize("rate", [0.10, 0.5, -0.05])
def test_present_value_is_the_sum_over_days(model, rate):
    reached = np.array([model.living_days(X, T, day) for day in np.arange(0, 365.1, 0.5)])
    middle = np.arange(0.25, 365, 0.5)
    day_by_day = (np.diff(reached, axis=0) * ((1 + rate) ** (-middle / 365))[:, None]).sum(axis=0)
    np.testing.assert_allclose(discounted_days(model, X, T, 365, rate), day_by_day, rtol=1e-4)


def test_without_a_rate_nothing_is_discounted():
    np.testing.assert_array_equal(discounted_days(GENERATED_DATA, X, T, 90, 0.0), GENERATED_DATA.living_days(X, T, 90))
    np.testing.assert_array_equal(discounted_days(GENERATED_DATA, X, T, 0, 0.1), 0)


def test_an_impossible_rate_is_refused():
    with pytest.raises(ValueError, match=r"annual_rate is -1.0.*0\.10"):
        discounted_days(GENERATED_DATA, X, T, 90, -1.0)

"""Maximum likelihood: simulated truths are found, and poor data end in a status."""

import numpy as np
import pandas as pd
import pytest

from spark_jobs.models.estimation import Fit, GroupedCustomers, fit
from spark_jobs.models.mbg_nbd import MbgNbd
from tests.spark_jobs.models.process import FAITHFUL, GENERATED_DATA, RARE_BUYERS, Customers, simulate


def parameters(model: MbgNbd) -> np.ndarray:
    return np.array([model.r, model.alpha, model.a, model.b])


def z_scores(found: Fit, truth: MbgNbd) -> np.ndarray:
    assert found.model is not None and found.standard_errors is not None, found.status
    return (parameters(found.model) - parameters(truth)) / np.array(found.standard_errors)


def fitted(seen: Customers) -> Fit:
    return fit(*seen.history, seen.weights)


@pytest.mark.parametrize("truth", [GENERATED_DATA, RARE_BUYERS, FAITHFUL])
def test_true_parameters_lie_within_three_standard_errors(truth):
    found = fitted(simulate(truth, customers=40_000, longest=1_000, horizon=0, seed=11))
    assert found.status == "fitted" and found.customers == 40_000
    z = z_scores(found, truth)
    assert (np.abs(z) < 3).all(), z


def test_standard_errors_are_as_wide_as_the_estimates_scatter():
    z = [z_scores(fitted(simulate(GENERATED_DATA, 3_000, 700, 0, seed)), GENERATED_DATA) for seed in range(30)]
    spread = np.sqrt(np.mean(np.square(z), axis=0))
    assert ((spread > 0.7) & (spread < 1.4)).all(), spread


def test_scores_by_the_fitted_model_are_calibrated_on_other_customers():
    found = fitted(simulate(GENERATED_DATA, 20_000, 700, 0, seed=1))
    other = simulate(GENERATED_DATA, 100_000, 700, 90, seed=2)
    assert found.model is not None
    for promised, happened in [
        (found.model.p_alive(*other.history), other.alive),
        (found.model.p_order(*other.history, 90), other.future_days > 0),
    ]:
        for tenth in np.array_split(np.argsort(promised, kind="stable"), 10):
            assert abs(promised[tenth].mean() - happened[tenth].mean()) < 0.02


def test_gradient_is_the_slope_of_the_likelihood():
    seen = simulate(GENERATED_DATA, 500, 400, 0, seed=5)
    rows = GroupedCustomers(*seen.history, np.arange(1.0, 501.0))
    at, step = np.log([0.6, 9.0, 0.4, 1.7]), 1e-5
    value, gradient = rows.objective(at)
    model = MbgNbd(*np.exp(at))
    assert value == pytest.approx(-np.average(model.log_likelihood(*seen.history), weights=np.arange(1.0, 501.0)))
    slope = [(rows.objective(at + d)[0] - rows.objective(at - d)[0]) / (2 * step) for d in step * np.eye(4)]
    np.testing.assert_allclose(gradient, slope, rtol=1e-6)


def test_grouping_customers_changes_nothing_but_the_number_of_rows():
    seen = simulate(GENERATED_DATA, 5_000, 60, 0, seed=6)
    days = pd.DataFrame({"x": seen.x, "t_x": np.ceil(seen.t_x), "t": seen.t})
    grouped = days.groupby(["x", "t_x", "t"]).size().reset_index(name="customers")
    one, many = fit(*days.to_numpy().T, np.ones(len(days))), fit(*grouped.to_numpy().T)
    assert (many.customers, many.groups) == (5_000, len(grouped)) and many.groups < one.groups == 5_000
    assert one.model is not None and many.model is not None
    np.testing.assert_allclose(parameters(many.model), parameters(one.model), rtol=1e-4)
    assert many.log_likelihood == pytest.approx(one.log_likelihood)


def test_the_unit_of_time_only_scales_alpha():
    seen = simulate(RARE_BUYERS, 5_000, 700, 0, seed=8)
    days, weeks = fitted(seen), fit(seen.x, seen.t_x / 7, seen.t / 7, seen.weights)
    assert days.model is not None and weeks.model is not None
    np.testing.assert_allclose(parameters(weeks.model) * [1, 7, 1, 1], parameters(days.model), rtol=1e-3)


def test_a_few_customers_with_thousands_of_orders_over_twenty_thousand_days_do_no_harm():
    seen = simulate(GENERATED_DATA, 20_000, 20_000, 0, seed=3)
    seen.x[:20], seen.t[:20], seen.t_x[:20] = 5_000, 20_000, np.linspace(10_000, 20_000, 20)
    found = fitted(seen)
    assert found.model is not None
    np.testing.assert_allclose(parameters(found.model), parameters(GENERATED_DATA), rtol=0.1)


EVERY_DAY = np.arange(1.0, 501.0)
NONE = np.zeros(500)


@pytest.mark.parametrize(
    ("x", "t_x", "t", "weights", "status"),
    [
        pytest.param([], [], [], [], "insufficient_data", id="no customers"),
        pytest.param([2, 0], [9, 0], [12, 30], [40, 59], "insufficient_data", id="99 customers"),
        pytest.param([0], [0], [0], [5_000], "insufficient_data", id="one day"),
        pytest.param(NONE, NONE, EVERY_DAY, NONE + 1, "insufficient_data", id="nobody came back"),
        pytest.param([0, 1], [0, 3], [50, 50], [5_000, 9], "insufficient_data", id="nine came back"),
        pytest.param(EVERY_DAY, EVERY_DAY, EVERY_DAY, NONE + 1, "model_degenerate", id="everybody daily"),
        pytest.param([3], [7], [9], [5_000], "model_degenerate", id="everybody alike"),
        pytest.param([3, 0], [7, 0], [9, 9], [5_000, 4_000], "model_degenerate", id="two kinds"),
    ],
)
def test_poor_data_end_in_a_status_without_figures(x, t_x, t, weights, status):
    found = fit(x, t_x, t, weights)
    assert found.status == status
    assert (found.model, found.log_likelihood, found.standard_errors) == (None, None, None)
    assert found.customers == round(sum(weights)) and found.groups == len(weights)


@pytest.mark.parametrize("seed", range(3))
def test_customers_who_never_leave_degenerate_the_model(seed):
    rng = np.random.default_rng(seed)
    t = rng.integers(1, 400, 3_000).astype(float)
    x = rng.poisson(rng.gamma(1.0, 1 / 20, 3_000) * t).astype(float)
    t_x = np.where(x > 0, t * rng.beta(np.maximum(x, 1), 1), 0)
    assert fit(x, t_x, t, np.ones(3_000)).status == "model_degenerate"


@pytest.mark.parametrize("truth", [GENERATED_DATA, RARE_BUYERS])
def test_a_hundred_customers_give_a_model_or_a_status(truth):
    for seed in range(10):
        found = fitted(simulate(truth, 100, 400, 0, seed))
        assert found.status in ("fitted", "model_degenerate") and (found.model is None) == (found.status != "fitted")


@pytest.mark.parametrize(
    ("x", "t_x", "t", "weight"),
    [(1, 5, 4, 1), (0, 5, 9, 1), (2, 0, 9, 1), (-1, 0, 9, 1), (1, 2, float("nan"), 1), (1, 2, 3, -1)],
)
def test_rows_that_are_no_history_are_refused_by_number(x, t_x, t, weight):
    with pytest.raises(ValueError, match=r"row 1 .*no customer history"):
        fit([0, x], [0, t_x], [9, t], [200, weight])
    with pytest.raises(ValueError, match="2, 1, 2, 2 rows"):
        fit([0, 0], [0], [9, 9], [1, 1])

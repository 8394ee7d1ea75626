"""The simpler purchase models: limits of MBG/NBD, and rates by credibility."""

import numpy as np
import pytest

from biz_schema.score_tables import PURCHASE_MODELS
from spark_jobs.models.credibility_rate import credibility_rate
from spark_jobs.models.discounting import discounted_days
from spark_jobs.models.estimation import fit_model
from spark_jobs.models.geometric_nbd import GeometricNbd
from spark_jobs.models.mbg_nbd import ONE_RATE, MbgNbd
from spark_jobs.models.naive_rate import NaiveRate
from spark_jobs.models.nbd import Nbd
from tests.spark_jobs.models.process import FAITHFUL, GENERATED_DATA, simulate
from tests.spark_jobs.models.test_mbg_nbd import HISTORIES, expected_days_by_integration

X, T_X, T = np.array(HISTORIES, dtype=float).T
MODELS = [GeometricNbd(0.8, 12.0, 0.3), GeometricNbd(1e10, 7e10, 0.02), Nbd(0.8, 12.0), Nbd(1e10, 7e10), NaiveRate()]


def scores(model, horizon):
    history = (X, T_X, T)
    return [
        model.p_alive(*history), model.p_order(*history, horizon), model.expected_days(*history, horizon),
        model.living_days(X, T, horizon), model.median_gap(X, T_X), model.overdue_p(*history),
    ]  # fmt: skip


@pytest.mark.parametrize("p", [0.02, 0.3, 0.8])
def test_one_dropout_probability_is_the_limit_of_many_alike(p):
    alike = MbgNbd(0.8, 12.0, 1e9 * p, 1e9 * (1 - p))
    for horizon in (1, 90, 365):
        limit = scores(GeometricNbd(0.8, 12.0, p), horizon)
        # Where nobody is left to buy, both are zero to any digit that counts.
        for found, expected in zip(scores(alike, horizon), limit, strict=True):
            np.testing.assert_allclose(found, expected, rtol=2e-3, atol=1e-9)


@pytest.mark.parametrize(("a", "b"), [(51.0, 60.0), (51.0, 900.0), (400.0, 1_000.0)])
def test_expected_days_match_integration_where_dropout_hardly_differs(a, b):
    model = MbgNbd(0.8, 12.0, a, b)
    for history in HISTORIES[:7]:
        for horizon in (1, 90, 365):
            expected = expected_days_by_integration(model, *history, horizon)
            np.testing.assert_allclose(model.expected_days(*history, horizon), expected, rtol=1e-3, atol=1e-200)


def test_no_dropout_is_the_limit_of_hardly_any():
    for found, expected in zip(scores(GeometricNbd(0.8, 12.0, 1e-9), 90), scores(Nbd(0.8, 12.0), 90), strict=True):
        np.testing.assert_allclose(found[:5], expected[:5], rtol=1e-5)


@pytest.mark.parametrize("r", [1.2 * ONE_RATE, 1e10])
@pytest.mark.parametrize(("a", "b"), [(0.7, 0.9), (1.0, 5.0), (2.0, 60.0)])
def test_expected_days_of_customers_with_one_rate_match_integration(r, a, b):
    for rate in (1 / 400, 1 / 20, 0.9):
        model = MbgNbd(r, r / rate, a, b)
        for x, t in ((0, 3), (5, 300), (200, 1_400)):
            for horizon in (30, 365):
                expected = expected_days_by_integration(model, x, t, t, horizon)
                assert float(model.expected_days(x, t, t, horizon)) == pytest.approx(expected, rel=1e-3)


def test_one_rate_is_finite_over_any_horizon():
    days = MbgNbd(1e10, 1e10, 0.7, 0.9).expected_days(3, 40, 60, np.array([1, 365, 599, 601, 5_000, 1e6]))
    assert np.isfinite(days).all() and (np.diff(days) > 0).all()
    assert days[3] / days[2] == pytest.approx((601 / 599) ** 0.3, rel=1e-2)  # no step where the asymptote takes over


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_scores_are_finite_ordered_and_probabilities(model):
    previous = np.zeros(len(X))
    for horizon in (0, 1, 30, 90, 365, 100_000):
        alive, order, days, *_ = scores(model, horizon)
        assert np.isfinite([alive, order, days]).all()
        assert ((alive >= 0) & (alive <= 1) & (order >= 0) & (order <= alive)).all()
        assert (order <= days + 1e-12).all() and (days >= previous).all()
        previous = days
    present = discounted_days(model, X, T, 365, 0.10)
    whole = model.living_days(X, T, 365)
    assert ((present <= whole) & (present >= whole / 1.10 - 1e-9)).all()


@pytest.mark.parametrize(("rate", "p"), [(1 / 7, 0.02), (1 / 20, 0.3), (1 / 100, 0.6)])
def test_simulated_customers_of_one_dropout_probability_behave_as_promised(rate, p):
    truth = GeometricNbd(1.5, 1.5 / rate, p)
    seen = simulate(MbgNbd(1.5, 1.5 / rate, 1e6 * p, 1e6 * (1 - p)), 60_000, 700, 90, seed=4)
    days = truth.expected_days(*seen.history, 90)
    for promised, happened in [
        (truth.p_alive(*seen.history), seen.alive),
        (truth.p_order(*seen.history, 90), seen.future_days > 0),
    ]:
        for tenth in np.array_split(np.argsort(promised, kind="stable"), 10):
            assert abs(promised[tenth].mean() - happened[tenth].mean()) < 0.02
    assert days.sum() / seen.future_days.sum() == pytest.approx(1, abs=0.05)
    found = fit_model("geometric_nbd", *seen.history, seen.weights)
    assert isinstance(found.model, GeometricNbd) and found.standard_errors is not None
    z = np.subtract([found.model.r, found.model.alpha, found.model.p], [1.5, 1.5 / rate, p]) / found.standard_errors
    assert (np.abs(z) < 3.5).all(), z


def test_nbd_is_found_where_nobody_leaves():
    seen = simulate(MbgNbd(0.8, 24.0, 1e-9, 1e3), 20_000, 700, 0, seed=6)
    found = fit_model("nbd", *seen.history, seen.weights)
    assert isinstance(found.model, Nbd) and found.standard_errors is not None
    z = np.subtract([found.model.r, found.model.alpha], [0.8, 24.0]) / found.standard_errors
    assert (np.abs(z) < 3).all(), z


def renewals(shape: float, customers: int = 3_000, seed: int = 2):
    """Customers who never leave, with gamma gaps of that shape around a mean of their own; the next 90 days beside."""
    rng = np.random.default_rng(seed)
    t = rng.integers(30, 900, customers).astype(float)
    x, t_x, future = np.zeros(customers), np.zeros(customers), np.zeros(customers)
    for i, mean in enumerate(rng.uniform(10, 30, customers)):
        days = np.cumsum(rng.gamma(shape, mean / shape, 200))
        x[i], future[i] = (days <= t[i]).sum(), ((days > t[i]) & (days <= t[i] + 90)).sum()
        t_x[i] = days[int(x[i]) - 1] if x[i] else 0.0
    return x, t_x, t, future


def test_credibility_trusts_regular_customers_sooner_than_chance_would():
    x, t_x, t, future = renewals(shape=16)
    found = credibility_rate(x, t_x, t, np.ones(len(x)))
    assert found is not None and found.scatter == pytest.approx(1 / 16, abs=0.1)
    expected = found.living_days(x, t, 90)
    assert expected.sum() / future.sum() == pytest.approx(1, abs=0.02)
    rivals = [fit_model("nbd", x, t_x, t, np.ones(len(x))).model, NaiveRate()]
    errors = [np.abs(model.living_days(x, t, 90) - future).mean() for model in (found, *rivals)]
    assert errors[0] < 0.9 * min(errors[1:]), errors


def test_credibility_of_customers_who_come_by_chance_is_that_of_nbd():
    x, t_x, t, _ = renewals(shape=1)
    found, nbd = credibility_rate(x, t_x, t, np.ones(len(x))), fit_model("nbd", x, t_x, t, np.ones(len(x))).model
    assert found is not None and nbd is not None and found.scatter > 0.9
    np.testing.assert_allclose(found.living_days(x, t, 90), nbd.living_days(x, t, 90), rtol=0.25)


def test_credibility_of_customers_alike_is_everybody_s_rate():
    found = credibility_rate(np.array([3.0]), np.array([28.0]), np.array([30.0]), np.array([500.0]))
    assert found is not None
    days = found.living_days([0, 40], [100, 100], 30)
    assert days[0] == pytest.approx(days[1], rel=1e-3)
    assert credibility_rate(np.array([0.0]), np.array([0.0]), np.array([9.0]), np.array([500.0])) is None


def test_the_naive_rate_says_nothing_of_gaps_and_needs_somebody_who_came_back():
    assert np.isnan(NaiveRate().median_gap([3], [30])).all() and np.isnan(NaiveRate().overdue_p([3], [30], [40])).all()
    assert fit_model("naive_rate", [0, 0], [0, 0], [0, 90], [3, 4]).reason == (
        "nobody came back on another day (customers: 7), so that there is no rate to carry forward"
    )
    assert "(customers: 0)" in fit_model("naive_rate", [], [], [], []).reason
    assert fit_model("naive_rate", [1], [2], [3], [1]).model == NaiveRate()


@pytest.mark.parametrize("truth", [GENERATED_DATA, FAITHFUL])
def test_every_purchase_model_fits_ordinary_customers(truth):
    seen = simulate(truth, 3_000, 900, 0, seed=9)
    for model_name in PURCHASE_MODELS:
        found = fit_model(model_name, *seen.history, seen.weights)
        assert (found.status, found.model_name) == ("fitted", model_name) and found.model is not None

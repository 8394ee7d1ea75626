"""The model's formulas, held against its own process, against BG/NBD and against plain integration."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import betaln, gammaln

from spark_jobs.models.mbg_nbd import MbgNbd
from tests.spark_jobs.models.process import FAITHFUL, GENERATED_DATA, RARE_BUYERS, simulate

NEAR_ONE = MbgNbd(r=0.5, alpha=5.0, a=1.0, b=2.0)
CONCENTRATED = MbgNbd(r=0.3, alpha=0.5, a=45.0, b=60.0)
MODELS = [GENERATED_DATA, RARE_BUYERS, FAITHFUL, NEAR_ONE, MbgNbd(0.5, 5.0, 2.5, 0.5), CONCENTRATED]
HISTORIES = [
    (0, 0, 0), (0, 0, 1), (0, 0, 20_000), (1, 1, 1), (1, 3, 400), (30, 30, 1_400), (30, 300, 310),
    (900, 1_300, 1_301), (5_000, 19_990, 20_000), (5_000, 5_001, 20_000),
]  # fmt: skip


def bg_nbd_log_likelihood(r, alpha, a, b, x, t_x, t):
    """ln L of BG/NBD, where nobody leaves before the first repeat purchase (Fader, Hardie & Lee 2005, eq. 6)."""
    x, t_x, t = (np.asarray(value, dtype=float) for value in (x, t_x, t))
    buying = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    alive = betaln(a, b + x) - betaln(a, b) - (r + x) * np.log(alpha + t)
    gone = betaln(a + 1, np.maximum(b + x - 1, b)) - betaln(a, b) - (r + x) * np.log(alpha + t_x)
    return buying + np.where(x > 0, np.logaddexp(alive, gone), alive)


def expected_days_by_integration(model: MbgNbd, x, t_x, t, h) -> float:
    """E[days] = P(alive) · ∫ E[purchases before leaving | p] dF(p), p ~ Beta(a, b + x + 1) for a living customer."""
    left = model.b + x + 1

    def integrand(logit):
        p, log_q = 1 / (1 + np.exp(-logit)), -np.log1p(np.exp(logit))
        density = np.exp(model.a * (logit + log_q) + left * log_q - betaln(model.a, left))
        return density * -np.expm1(-(model.r + x) * np.log1p(p * h / (model.alpha + t))) / p

    mode = np.log(model.a / left)
    edges = mode + np.array([-600, -60, -10, -3, -1, -0.3, 0, 0.3, 1, 3, 10, 40])
    edges = np.clip(edges, -650, 650)
    pieces = [quad(integrand, low, high, epsabs=0, epsrel=1e-11)[0] for low, high in pairwise(edges)]
    return float(model.p_alive(x, t_x, t)) * sum(pieces)


@pytest.mark.parametrize("model", MODELS)
def test_likelihood_is_bg_nbd_after_surviving_the_first_order(model):
    # Leaving right after the first order has probability a/(a+b); surviving it turns Beta(a, b) into Beta(a, b + 1).
    x, t_x, t = np.array(HISTORIES, dtype=float).T
    survived = np.log(model.b / (model.a + model.b)) + bg_nbd_log_likelihood(
        model.r, model.alpha, model.a, model.b + 1, x, t_x, t
    )
    never_back = np.where(x > 0, -np.inf, np.log(model.a / (model.a + model.b)))
    np.testing.assert_allclose(
        model.log_likelihood(x, t_x, t), np.logaddexp(survived, never_back), rtol=1e-9, atol=1e-9
    )


@pytest.mark.parametrize("model", MODELS)
def test_expected_days_match_integration_over_dropout(model):
    for history in HISTORIES:
        for horizon in (1, 90, 365, 100_000):
            expected = expected_days_by_integration(model, *history, horizon)
            # Below 1e-200 nobody can tell either figure from zero.
            np.testing.assert_allclose(
                model.expected_days(*history, horizon), expected, rtol=2e-5, atol=1e-200, err_msg=f"{history} {horizon}"
            )


def test_expected_days_are_continuous_where_a_crosses_one():
    a = 1 + np.array([-1e-3, -1e-7, 0.0, 1e-9, 1e-7, 1e-3])
    days = [float(MbgNbd(0.5, 5.0, value, 2.0).expected_days(3, 40, 60, 365)) for value in a]
    np.testing.assert_allclose(days, days[2], rtol=2e-3)
    np.testing.assert_allclose(days[1:5], days[2], rtol=1e-5)


def test_every_score_is_finite_in_extreme_histories():
    x, t_x, t = np.array(HISTORIES, dtype=float).T
    for model in MODELS:
        scores = [model.p_alive(x, t_x, t), model.overdue_p(x, t_x, t), model.log_likelihood(x, t_x, t)]
        scores += [model.p_order(x, t_x, t, h) for h in (0, 1, 365, 1e6)]
        scores += [model.expected_days(x, t_x, t, h) for h in (0, 1, 365, 1e6)]
        assert np.isfinite(scores).all(), model
        probabilities = np.array(scores[:2] + scores[3:7])
        assert ((probabilities >= 0) & (probabilities <= 1)).all(), model


def test_on_the_first_day_the_customer_stayed_with_probability_b_over_a_plus_b():
    stays = GENERATED_DATA.b / (GENERATED_DATA.a + GENERATED_DATA.b)
    assert GENERATED_DATA.p_alive(0, 0, 0) == pytest.approx(stays)
    assert GENERATED_DATA.p_order(0, 0, 0, 1e12) == pytest.approx(stays, rel=1e-3)
    assert GENERATED_DATA.p_order(0, 0, 0, 0) == 0 and GENERATED_DATA.expected_days(0, 0, 0, 0) == 0


def test_long_silence_lowers_p_alive_and_a_recent_order_restores_it():
    silent = GENERATED_DATA.p_alive(10, 50, np.array([50, 60, 80, 120, 400]))
    assert (np.diff(silent) < 0).all() and silent[-1] < 1e-6
    assert GENERATED_DATA.p_alive(11, 400, 400) > 0.9


def test_median_gap_is_where_being_overdue_is_even():
    x, t_x = np.array([0, 1, 5, 200]), np.array([0, 12, 80, 900])
    gap = GENERATED_DATA.median_gap(x, t_x)
    np.testing.assert_allclose(GENERATED_DATA.overdue_p(x, t_x, t_x + gap), 0.5)
    assert gap[3] == pytest.approx(np.log(2) * (900 + 4.6) / 200.41, rel=2e-3)


def test_median_gap_beyond_any_number_is_nan_not_infinity():
    assert np.isnan(MbgNbd(r=5e-4, alpha=1e6, a=0.5, b=1.0).median_gap(0, 0))


def test_scores_broadcast_over_horizons():
    table = GENERATED_DATA.p_order(np.array([[0], [7]]), np.array([[0], [60]]), np.array([[10], [70]]), [30, 90, 365])
    assert table.shape == (2, 3) and (np.diff(table, axis=1) > 0).all()


@pytest.mark.parametrize("truth", [GENERATED_DATA, RARE_BUYERS, FAITHFUL])
def test_simulated_customers_are_alive_and_order_as_often_as_promised(truth):
    horizon = 90
    seen = simulate(truth, customers=120_000, longest=700, horizon=horizon, seed=7)
    for promised, happened in [
        (truth.p_alive(*seen.history), seen.alive),
        (truth.p_order(*seen.history, horizon), (seen.future_days > 0).astype(float)),
    ]:
        for tenth in np.array_split(np.argsort(promised, kind="stable"), 10):
            assert abs(promised[tenth].mean() - happened[tenth].mean()) < 0.02
    days = truth.expected_days(*seen.history, horizon)
    for tenth in np.array_split(np.argsort(days, kind="stable"), 10)[5:]:
        spread = 4 * seen.future_days[tenth].std() / np.sqrt(len(tenth))
        assert abs(days[tenth].mean() - seen.future_days[tenth].mean()) < spread


def test_share_of_one_time_buyers_is_their_likelihood():
    seen = simulate(GENERATED_DATA, customers=100_000, longest=400, horizon=0, seed=3)
    once = np.exp(GENERATED_DATA.log_likelihood(0, 0, seen.t)).mean()
    assert (seen.x == 0).mean() == pytest.approx(once, abs=0.006)

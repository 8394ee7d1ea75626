"""Rolling origins: the status follows the figures, and a model that ignores the data does not pass."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from spark_jobs.models.backtest import Holdout, Metrics, OriginResult, evaluate, summarise
from spark_jobs.models.estimation import Fit, fit
from spark_jobs.models.mbg_nbd import MbgNbd
from tests.spark_jobs.models.process import GENERATED_DATA, simulate

HORIZON = 90
ORIGINS = [date(2022, month, 1) for month in (1, 4, 7, 10)]
NO_MODEL = Fit(None, None, 50, 20, 0, None, "insufficient_data")


def origin(day: date, seed: int, customers: int = 6_000) -> tuple[Holdout, Fit]:
    seen = simulate(GENERATED_DATA, customers, longest=300 + 90 * seed, horizon=HORIZON, seed=seed)
    return Holdout(day, HORIZON, *seen.history, seen.future_days, seen.weights), fit(*seen.history, seen.weights)


@pytest.fixture(scope="module")
def origins() -> list[tuple[Holdout, Fit]]:
    return [origin(day, seed) for seed, day in enumerate(ORIGINS)]


@pytest.fixture(scope="module")
def results(origins) -> list[OriginResult]:
    return [evaluate(*pair) for pair in origins]


def test_a_right_model_is_validated_and_beats_the_naive_rate_on_every_figure(results):
    summary = summarise("fitted", results)
    assert (summary.status, summary.origins) == ("validated", 4)
    model, naive = summary.model, summary.naive
    assert model is not None and naive is not None
    assert abs(model.bias) < 0.05 and model.ece < 0.02
    assert model.mae < naive.mae and model.brier < naive.brier and model.auc > naive.auc
    assert model.spearman > naive.spearman and model.top_decile_capture > naive.top_decile_capture


def test_naive_rate_carries_the_past_forward_over_no_less_than_the_horizon():
    holdout = Holdout(
        ORIGINS[0], 90, x=[0, 10, 2, 0], t_x=[0, 50, 1, 0], t=[300, 450, 3, 0], future_days=[0] * 4, weights=[1] * 4
    )
    np.testing.assert_allclose(holdout.naive_days(), [0, 2, 2, 0])


def test_grouping_changes_no_figure(origins):
    holdout, found = origins[0]
    twice = Holdout(
        holdout.origin, HORIZON, holdout.x, holdout.t_x, holdout.t, holdout.future_days, 2 * holdout.weights
    )
    one, two = evaluate(holdout, found), evaluate(twice, found)
    assert two.customers == 2 * one.customers and two.realised_days == 2 * one.realised_days
    assert vars(two.model) == pytest.approx(vars(one.model)) and vars(two.naive) == pytest.approx(vars(one.naive))


def test_a_biased_model_is_not_validated(origins):
    hopeful = replace(GENERATED_DATA, a=0.1, b=5.0)  # hardly anybody ever leaves
    wrong = [evaluate(holdout, replace(found, model=hopeful)) for holdout, found in origins]
    summary = summarise("fitted", wrong)
    assert summary.status == "not_validated" and summary.model is not None and summary.model.bias > 0.15


def figures(bias: float, mae: float) -> Metrics:
    return Metrics(bias, mae, 0.4, 0.6, 0.1, 0.01, 0.8)


def result(model: Metrics | None, naive_mae: float = 1.0, customers: int = 1_000, days: float = 500.0) -> OriginResult:
    return OriginResult(ORIGINS[0], HORIZON, customers, days, "fitted", model, figures(0.5, naive_mae))


@pytest.mark.parametrize(
    ("bias", "mae", "status"),
    [
        (0.0, 0.999, "validated"), (0.0, 1.0, "not_validated"), (0.0, 1.2, "not_validated"), (0.15, 0.5, "validated"),
        (-0.15, 0.5, "validated"), (0.16, 0.5, "not_validated"), (-0.16, 0.5, "not_validated"),
    ],
)  # fmt: skip
def test_verdict_turns_where_the_definition_says(bias, mae, status):
    assert summarise("fitted", [result(figures(bias, mae))] * 4).status == status


def test_origins_are_pooled_by_what_they_hold():
    big, small = result(figures(0.10, 0.5), customers=3_000, days=900.0), result(figures(-0.30, 0.9), days=100.0)
    model = summarise("fitted", [big, small]).model
    assert model is not None
    assert model.bias == pytest.approx(0.9 * 0.10 - 0.1 * 0.30) and model.mae == pytest.approx(0.75 * 0.5 + 0.25 * 0.9)


@pytest.mark.parametrize(
    "poor", [result(None), result(figures(0, 0.5), days=0.0), result(figures(0, 0.5), customers=99)]
)
def test_origins_that_cannot_judge_do_not_count(poor):
    summary = summarise("fitted", [result(figures(0.0, 0.5))] * 3 + [poor])
    assert (summary.status, summary.origins) == ("insufficient_data", 3)


@pytest.mark.parametrize("status", ["model_degenerate", "insufficient_data"])
def test_without_a_model_now_past_success_does_not_help(status, results):
    assert summarise(status, results).status == status


def test_no_origins_at_all_are_insufficient():
    summary = summarise("fitted", [])
    assert (summary.status, summary.origins, summary.model, summary.naive) == ("insufficient_data", 0, None, None)


def test_an_origin_without_model_still_shows_the_naive_rate(origins):
    shown = evaluate(origins[0][0], NO_MODEL)
    assert shown.model is None and shown.status == "insufficient_data" and shown.naive.mae is not None


def test_an_empty_origin_has_no_figures():
    empty = evaluate(Holdout(ORIGINS[0], 90, [], [], [], [], []), replace(NO_MODEL, model=MbgNbd(1, 1, 1, 1)))
    assert empty.customers == 0 and set(vars(empty.naive).values()) == {None} == set(vars(empty.model).values())


def test_horizons_are_not_mixed():
    with pytest.raises(ValueError, match=r"horizons \[30, 90\]"):
        summarise("fitted", [result(None), replace(result(None), horizon=30)])

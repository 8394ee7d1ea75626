"""Churn by P(order) beside the 45-day rule, the threshold chosen before the origins it is judged on."""

from datetime import date

import numpy as np
import pytest

from spark_jobs.models.backtest import Holdout
from spark_jobs.models.churn import ChurnThreshold, choose_threshold, compare_churn
from spark_jobs.models.estimation import Fit
from tests.spark_jobs.models.test_backtest import NO_MODEL, ORIGINS, origin


@pytest.fixture(scope="module")
def origins() -> list[tuple[Holdout, Fit]]:
    return [origin(day, seed, customers=20_000) for seed, day in enumerate(ORIGINS[:3])]


def by_method(holdout: Holdout, found: Fit, threshold: ChurnThreshold | None) -> dict:
    return {result.method: result for result in compare_churn(holdout, found, threshold)}


def test_model_raises_fewer_false_alarms_than_the_rule_at_its_volume(origins):
    for holdout, found in origins:
        results = by_method(holdout, found, None)
        rule, model = results["rule_45_days"], results["model_at_rule_volume"]
        assert model.flagged == pytest.approx(rule.flagged)
        assert model.false_alarms < 0.9 * rule.false_alarms
        assert model.precision > rule.precision and model.recall > rule.recall
        assert model.auc > rule.auc and model.brier < rule.brier and model.ece < 0.02 < rule.ece


def test_rule_flags_more_than_45_silent_days():
    holdout = Holdout(ORIGINS[0], 90, [1, 1, 1], [10, 10, 10], [55, 56, 99], [0, 1, 0], [4, 2, 6])
    rule = by_method(holdout, NO_MODEL, None)["rule_45_days"]
    assert (rule.customers, rule.churned, rule.flagged, rule.false_alarms) == (12, 10, 8, 2)
    assert (rule.precision, rule.recall, rule.brier) == (6 / 8, 6 / 10, (4 + 2) / 12)


def test_threshold_comes_from_the_earliest_origin_and_is_not_judged_there(origins):
    threshold = choose_threshold(origins[::-1])
    assert threshold is not None and threshold.origin == ORIGINS[0] and 0.02 < threshold.p_order < 0.5
    assert "model_at_threshold" not in by_method(*origins[0], threshold)
    later = by_method(*origins[1], threshold)["model_at_threshold"]
    holdout, found = origins[1]
    assert found.model is not None
    below = found.model.p_order(holdout.x, holdout.t_x, holdout.t, 90) < threshold.p_order
    assert later.flagged == below.sum() and later.threshold == threshold.p_order
    assert later.false_alarms == (below & (holdout.future_days > 0)).sum()


def test_threshold_separates_as_well_as_any_other_at_its_origin(origins):
    holdout, found = origins[0]
    threshold = choose_threshold(origins)
    assert threshold is not None and found.model is not None
    p_order, churned = found.model.p_order(holdout.x, holdout.t_x, holdout.t, 90), holdout.future_days == 0

    def separation(cut: float) -> float:
        return (p_order < cut)[churned].mean() - (p_order < cut)[~churned].mean()

    assert separation(threshold.p_order) >= max(separation(cut) for cut in np.linspace(0, 1, 201)) - 1e-12


def test_origins_that_cannot_choose_are_passed_over(origins):
    holdout, found = origins[1]
    nobody_back = Holdout(date(2021, 1, 1), 90, *(holdout.x, holdout.t_x, holdout.t), 0 * holdout.x, holdout.weights)
    threshold = choose_threshold([(nobody_back, found), (origins[0][0], NO_MODEL), (holdout, found)])
    assert threshold is not None and threshold.origin == holdout.origin
    assert choose_threshold([(nobody_back, found), (holdout, NO_MODEL)]) is None and choose_threshold([]) is None


def test_without_a_model_only_the_rule_reports(origins):
    assert list(by_method(origins[0][0], NO_MODEL, None)) == ["rule_45_days"]


def test_an_empty_origin_has_counts_of_zero_and_no_rates():
    rule = by_method(Holdout(ORIGINS[0], 90, [], [], [], [], []), NO_MODEL, None)["rule_45_days"]
    assert (rule.customers, rule.flagged, rule.precision, rule.recall, rule.auc, rule.brier) == (
        0,
        0,
        None,
        None,
        None,
        None,
    )

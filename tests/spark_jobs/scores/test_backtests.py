"""Back-tests on simulated customers: the model beats the naive rate and the 45-day rule, and looks at no future."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from spark_jobs.scores.backtests import (
    NET_SALES,
    PURCHASES,
    Backtests,
    Series,
    holdout,
    published_status,
    run_backtests,
)  # fmt: skip
from spark_jobs.scores.histories import day_number
from tests.spark_jobs.scores.chain import AS_OF, FIRST_DAY, customer_days, estimates, histories

VALUE = Series(NET_SALES, "USD", 365)


@pytest.fixture(scope="module")
def days() -> pd.DataFrame:
    return customer_days(6_000)


@pytest.fixture(scope="module")
def found(days: pd.DataFrame) -> Backtests:
    return run_backtests(histories(days), AS_OF, FIRST_DAY)


def test_the_model_is_validated_on_customers_of_its_own_kind(found: Backtests) -> None:
    for series in (PURCHASES, VALUE):
        summary = found.summary(series, "fitted")
        assert summary.status == "validated"
        assert summary.model and summary.naive and summary.model.mae and summary.naive.mae
        assert summary.model.mae < 0.8 * summary.naive.mae
    assert {series.horizon for series in found.results} == {30, 90, 365}


def test_fewer_false_alarms_than_the_45_day_rule_at_its_volume(found: Backtests) -> None:
    alarms = {"rule_45_days": 0.0, "model_at_rule_volume": 0.0}
    volume = dict(alarms)
    for result in found.churn:
        if result.method in alarms:
            alarms[result.method] += result.false_alarms
            volume[result.method] += result.flagged
    assert volume["rule_45_days"] == pytest.approx(volume["model_at_rule_volume"])
    assert alarms["model_at_rule_volume"] < 0.95 * alarms["rule_45_days"]


def test_the_threshold_is_judged_only_after_the_origin_it_was_chosen_on(found: Backtests) -> None:
    assert found.threshold is not None
    judged = [result.origin for result in found.churn if result.method == "model_at_threshold"]
    assert judged and min(judged) > found.threshold.origin


def test_the_interval_holds_in_a_year_it_was_not_learnt_from(days: pd.DataFrame) -> None:
    chain, today = histories(days), AS_OF - timedelta(days=365)
    bands = run_backtests(chain, today, FIRST_DAY).bands["USD"]
    snapshot = chain.at(day_number(today))
    now = estimates(snapshot, (today - FIRST_DAY).days)
    assert now.fit.model is not None
    worth = now.value_per_day(snapshot.currency, snapshot.n, snapshot.s)
    expected = now.fit.model.expected_days(snapshot.x, snapshot.t_x, snapshot.t, 365) * worth
    low, high = bands.interval(expected)
    came = chain.amount_after(snapshot, day_number(today), 365)
    best = expected > np.quantile(expected, 0.9)
    # One in ten above and below is the aim; where many never come back, nothing lies below a p10 of zero.
    assert 0.02 < (came > high)[best].mean() < 0.15
    assert (came < low)[best].mean() < 0.15
    assert ((low <= came) & (came <= high)).mean() > 0.8


def test_what_happens_later_changes_no_prediction_only_its_outcome(days: pd.DataFrame) -> None:
    """A day after every holdout of the first origin moves nothing there."""
    first = run_backtests(histories(days), AS_OF, FIRST_DAY).results[PURCHASES][0]
    end = day_number(first.origin) + 90
    later = days[days["day"] <= end]
    again = run_backtests(histories(later), AS_OF, FIRST_DAY).results[PURCHASES][0]
    assert again == first


def test_a_holdout_keeps_every_customer_and_every_day(days: pd.DataFrame) -> None:
    chain, origin = histories(days), AS_OF - timedelta(days=90)
    snapshot = chain.at(day_number(origin))
    rows = holdout(chain, snapshot, origin, 90)
    within = days[(days["day"] > day_number(origin)) & days["key"].isin(np.unique(days["key"])[snapshot.customer])]
    assert rows.customers == len(snapshot.n)
    assert rows.weights @ rows.future_days == len(within)


def test_too_short_a_past_is_not_validated_but_keeps_its_figures() -> None:
    short = run_backtests(histories(customer_days(50)), FIRST_DAY + timedelta(days=200), FIRST_DAY)
    assert (short.results, short.churn, short.threshold, short.bands) == ({}, [], None, {})
    assert published_status(short.summary(PURCHASES, "fitted"), "fitted") == "not_validated"
    assert published_status(short.summary(PURCHASES, "insufficient_data"), "insufficient_data") == "insufficient_data"
    assert published_status(short.summary(PURCHASES, "model_degenerate"), "model_degenerate") == "model_degenerate"

"""Scores: what a customer's row says, and where it says nothing."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from biz_schema.score_tables import AS_OF_DATE, PREDICTIONS
from spark_jobs.models.estimation import Fit
from spark_jobs.scores.backtests import run_backtests
from spark_jobs.scores.deciles import Cutoffs, frozen_cutoffs
from spark_jobs.scores.estimates import Estimates
from spark_jobs.scores.histories import Snapshot, day_number
from spark_jobs.scores.scoring import Scorer
from tests.spark_jobs.scores.chain import AS_OF, FIRST_DAY, customer_days, estimates, findings, histories

NOTHING = Estimates(Fit(None, None, 3, 3, 0, None, "insufficient_data"), {})


@pytest.fixture(scope="module")
def chain() -> Any:
    return histories(customer_days(4_000))


@pytest.fixture(scope="module")
def scorer(chain: Any) -> Scorer:
    current = estimates(chain.at(day_number(AS_OF)), (AS_OF - FIRST_DAY).days)
    return Scorer(
        version="v1",
        estimates=current,
        bands=run_backtests(chain, AS_OF, FIRST_DAY).bands,
        cutoffs=frozen_cutoffs(chain, AS_OF, FIRST_DAY, current),
        churn_threshold=0.1,
        annual_discount_rate=0.10,
        margin_rate=None,
        model_status="validated",
        value_status={"USD": "validated"},
    )


def score(scorer: Scorer, *customers: tuple[str, int, int, int, float]) -> dict[str, list[Any]]:
    """Scores of (currency, n, t_x, t, s)."""
    currency, n, t_x, t, s = zip(*customers, strict=True)
    columns = (np.array(column, dtype=float) for column in (n, t_x, t, s))
    found = scorer.score(np.array(currency, dtype=object), *columns)
    return {name: [None if value != value else value for value in values] for name, values in found.items()}


def test_the_columns_are_those_of_the_table(scorer: Scorer) -> None:
    found = score(scorer, ("USD", 1, 0, 10, 12.0))
    assert set(found) == set(PREDICTIONS.columns) - {"app_name", "user_id", "currency", AS_OF_DATE}


def test_a_regular_is_worth_more_than_a_customer_who_came_once_long_ago(scorer: Scorer) -> None:
    found = score(scorer, ("USD", 40, 398, 400, 600.0), ("USD", 1, 0, 900, 15.0))
    assert found["p_alive"][0] > 0.9 > 0.2 > found["p_alive"][1]
    assert found["ltv_decile"][0] == 10 and found["ltv_decile"][1] < 6
    assert found["expected_value_365"][0] == found["expected_days_365"][0] * found["value_per_day"][0]
    assert found["value_365_p10"][0] < found["expected_value_365"][0] < found["value_365_p90"][0]
    assert found["expected_margin_365"] == [None, None]


def test_a_year_s_value_is_discounted_by_less_than_a_year_s_rate(scorer: Scorer) -> None:
    found = score(scorer, ("USD", 40, 398, 400, 600.0))
    assert 1 / 1.10 < found["discounted_value_365"][0] / found["expected_value_365"][0] < 1
    margin = score(replace(scorer, margin_rate=0.25), ("USD", 40, 398, 400, 600.0))
    assert margin["expected_margin_365"][0] == pytest.approx(found["discounted_value_365"][0] / 4)


def test_another_currency_has_probabilities_but_no_value(scorer: Scorer) -> None:
    found = score(scorer, ("CAD", 2, 10, 20, 30.0), ("USD", 2, 10, 20, 30.0))
    assert found["p_alive"][0] == found["p_alive"][1]
    for name in ("value_per_day", "expected_value_365", "value_365_p10", "ltv_decile", "ltv_cutoffs_frozen_on"):
        assert found[name][0] is None and found[name][1] is not None
    assert found["value_status"] == ["insufficient_data", "validated"]
    assert found["value_interval_status"] == ["insufficient_data", "backtested"]


def test_a_customer_who_was_only_refunded_has_no_interval(scorer: Scorer) -> None:
    found = score(scorer, ("USD", 200, 390, 400, -5_000.0), ("USD", 1, 0, 5, 0.0))
    assert found["expected_value_365"][0] < 0 and found["value_365_p10"][0] is None
    assert found["value_interval_status"] == ["insufficient_data", "backtested"]
    assert found["ltv_decile"][0] == 1


def test_without_a_model_every_figure_is_null_and_the_status_says_why() -> None:
    scorer = Scorer("v1", NOTHING, {}, {}, None, 0.1, None, "insufficient_data", {"USD": "insufficient_data"})
    found = score(scorer, ("USD", 5_000, 5_000, 5_100, 1e6), ("USD", 1, 0, 0, 0.0))
    statuses = {"p_alive_status", "model_status", "value_status", "value_interval_status", "churn_threshold_status"}
    for name, values in found.items():
        if name in statuses:
            assert values == ["insufficient_data"] * 2
        elif name != "model_version":
            assert values == [None, None], name


def test_extreme_histories_give_finite_figures(scorer: Scorer) -> None:
    found = score(scorer, ("USD", 9_000, 20_000, 20_000, 1e9), ("USD", 2, 1, 2_900_000, 1.0), ("USD", 1, 0, 0, 0.0))
    for name in (
        "p_alive",
        "p_order_90",
        "expected_days_365",
        "expected_value_365",
        "overdue_p",
        "discounted_value_365",
    ):
        assert all(value is not None and np.isfinite(value) for value in found[name]), name


def test_equal_values_share_a_decile() -> None:
    cutoffs = Cutoffs(np.array([1.0, 1, 1, 2, 3, 4, 5, 6, 7]), date(2024, 1, 1))
    assert cutoffs.decile(np.array([0.5, 1.0, 1.5, 7.0, 7.1])).tolist() == [1, 1, 4, 9, 10]
    assert np.isnan(cutoffs.decile(np.array([np.nan]))).all()


def test_cutoffs_do_not_move_within_a_quarter(chain: Any) -> None:
    """Not even when the customers do: two as-of dates of one quarter share them, the next quarter has its own."""
    found = [
        frozen_cutoffs(chain, day, FIRST_DAY, NOTHING)["USD"]
        for day in (date(2023, 7, 1), date(2023, 9, 30), date(2023, 10, 1))
    ]
    assert found[0].edges.tolist() == found[1].edges.tolist() != found[2].edges.tolist()
    assert [cutoffs.frozen_on.month for cutoffs in found] == [7, 7, 10]


def test_while_there_is_nothing_to_freeze_the_as_of_date_gives_the_cutoffs(chain: Any) -> None:
    young = FIRST_DAY + timedelta(days=80)  # of the first quarter: on its eve there was nobody
    current = findings(customer_days(4_000), young).estimates
    assert current.fit.status == "fitted"
    assert frozen_cutoffs(chain, young, FIRST_DAY, current)["USD"].frozen_on == young


def test_a_snapshot_can_be_narrowed() -> None:
    empty = histories(customer_days(5)).at(-1)
    assert isinstance(empty.where(empty.n > 0), Snapshot)

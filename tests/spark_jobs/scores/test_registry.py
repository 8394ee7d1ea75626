"""Registry and statuses: what is published of models that could be fitted, and of those that could not."""

from datetime import timedelta

import pandas as pd
import pytest

from biz_schema.score_tables import AS_OF_DATE, CHURN_BACKTESTS, REGISTRY
from spark_jobs.scores.backtests import PURCHASES
from spark_jobs.scores.estimates import Estimates, fit_purchases
from spark_jobs.scores.histories import day_number
from spark_jobs.scores.registry import REPORTS, Findings, backtest_rows, churn_rows, in_columns, registry_rows
from tests.spark_jobs.scores.chain import AS_OF, FIRST_DAY, customer_days, findings


@pytest.fixture(scope="module")
def found() -> Findings:
    return findings(customer_days(3_000))


def test_a_model_s_row_has_its_parameters_and_its_back_tests_in_sum(found: Findings) -> None:
    purchases, *others, values = registry_rows(found)
    assert purchases["is_used"] and not any(row["is_used"] or "r" in row for row in others)
    assert (purchases["model"], purchases["status"], purchases["backtest_origins"]) == ("mbg_nbd", "validated", 8)
    assert purchases["fitted_from"] == found.first_day + timedelta(days=90) and purchases["fitted_to"] == AS_OF
    assert purchases["r"] > 0 and purchases["b_se"] > 0 and purchases["mae"] < purchases["naive_mae"]
    assert (values["model"], values["currency"], values["backtest_origins"]) == ("buhlmann", "USD", 5)
    assert values["mu"] > 0 and "r" not in values


def test_rows_have_known_columns_in_the_table_s_order(found: Findings) -> None:
    for table, rows_of in REPORTS.items():
        rows = rows_of(found)
        unknown = {name for row in rows for name in row} - set(table.columns)
        # ece and auc of the naive rate are kept by origin only.
        assert unknown <= {"naive_bias", "naive_ece", "naive_auc"} if table is REGISTRY else unknown == set()
        assert [*in_columns(table, rows), AS_OF_DATE] == list(table.columns)


def test_a_column_that_a_row_lacks_is_null() -> None:
    (row,) = in_columns(CHURN_BACKTESTS, [{"method": "rule_45_days"}]).to_dict("records")
    assert {name: value for name, value in row.items() if value is not None} == {"method": "rule_45_days"}


def test_every_origin_is_reported(found: Findings) -> None:
    assert len(backtest_rows(found)) == 8 + 8 + 5 + 5
    rows = churn_rows(found)
    chosen = {row["origin_date"] for row in rows if row["is_threshold_origin"]}
    assert chosen == {found.backtests.threshold.origin}
    assert sum(row["method"] == "model_at_threshold" for row in rows) == 7


DAY = day_number(FIRST_DAY)
POOR = {
    "one customer with a thousand days": pd.DataFrame(
        {"key": 1, "currency": "USD", "day": range(DAY, DAY + 1_000), "amount": 9.5}
    ),
    "one day": pd.DataFrame({"key": range(500), "currency": "USD", "day": DAY, "amount": 5.0}),
    "under a hundred customers": customer_days(60),
    "nobody comes back": pd.DataFrame(
        {"key": range(1_000), "currency": "USD", "day": range(DAY, DAY + 1_000), "amount": 5.0}
    ),
}


@pytest.mark.parametrize("frame", POOR.values(), ids=POOR)
def test_poor_data_gives_a_status_and_no_parameters(frame: pd.DataFrame) -> None:
    poor = findings(frame)
    has_rate = len(frame) > frame["key"].nunique()  # somebody came back
    assert poor.selection.used == ("naive_rate" if has_rate else None)
    assert poor.model_status == ("not_validated" if has_rate else "insufficient_data")
    assert all(status == "insufficient_data" for status in poor.value_status.values())
    purchases = registry_rows(poor)[0]
    assert (purchases["fit_status"], "r" in purchases, "mae" in purchases) == ("insufficient_data", False, False)
    customers = frame["key"].nunique()
    assert f"too few customers to fit it: {customers}, of whom" in purchases["reason"]


def test_customers_who_never_leave_have_a_model_without_dropout() -> None:
    loyal = pd.concat(
        pd.DataFrame({"key": key, "currency": "USD", "day": range(first, DAY + 1_400, 3 + key % 9), "amount": 10.0})
        for key, first in enumerate([DAY, *range(DAY + 100, DAY + 300)])
    )
    found = findings(loyal)
    assert (found.selection.used, found.model_status) == ("credibility_rate", "validated")
    statuses = {row["model"]: row["status"] for row in registry_rows(found)}
    assert (statuses["mbg_nbd"], statuses["geometric_nbd"]) == ("model_degenerate", "model_degenerate")


def test_a_currency_of_few_customers_has_no_value_beside_one_of_many() -> None:
    both = pd.concat(
        [customer_days(1_000), customer_days(20, seed=3, currency="CAD").assign(key=lambda f: f["key"] + 5_000)]
    )
    found = findings(both)
    assert found.value_status["CAD"] == "insufficient_data" != found.value_status["USD"]


def test_a_fit_without_enough_past_is_not_validated() -> None:
    young = findings(customer_days(2_000), FIRST_DAY + timedelta(days=300))
    assert (young.estimates.fit.status, young.model_status) == ("fitted", "not_validated")
    assert young.backtests.summary(PURCHASES, "fitted").origins < 4


def test_customers_of_the_first_ninety_days_are_not_fitted() -> None:
    """300 customers, half of them first seen on day 50 of the data: half are left."""
    fit = fit_purchases([0, 0, 1], [0, 0, 9], [300, 200, 200], [150, 100, 50], observed_days=350)
    assert (fit.customers, fit.warm_up_fitted) == (150, False)
    assert isinstance(Estimates(fit, {}).value_per_day(["USD"], [1], [2.0])[0], float)

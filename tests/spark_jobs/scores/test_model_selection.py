"""Which purchase model is used, and whether the reasons are true, on chains of several kinds and on too few data."""

from datetime import date, timedelta
from functools import cache

import numpy as np
import pandas as pd
import pytest

from biz_schema.score_tables import PURCHASE_MODELS
from spark_jobs.models.backtest import Metrics, OriginResult
from spark_jobs.models.estimation import Fit, GroupedCustomers, maximum
from spark_jobs.models.nbd import Nbd
from spark_jobs.models.purchase_model import TITLES, PurchaseModel
from spark_jobs.scores.backtests import PURCHASES, Backtests
from spark_jobs.scores.histories import day_number, grouped
from spark_jobs.scores.model_selection import NOT_NEEDED, ModelSelection, select_model
from spark_jobs.scores.origins import WARM_UP_DAYS
from spark_jobs.scores.registry import Findings, backtest_rows, registry_rows
from spark_jobs.scores.scoring import Scorer
from tests.spark_jobs.scores.chain import FIRST_DAY, customer_days, findings, histories
from tests.spark_jobs.scores.kinds import KINDS, Kind, always, gamma_rates

SOME_LEAVE = [name for name in KINDS if name != "no churn"]


@cache
def found(kind: str) -> Findings:
    return findings(KINDS[kind].customer_days(seed=1))


def used_model(findings_: Findings) -> PurchaseModel:
    model = findings_.estimates.fit.model
    assert model is not None, findings_.selection.reason
    return model


def reasons(selection: ModelSelection) -> dict[str, str]:
    return {candidate.model_name: candidate.reason for candidate in selection.candidates}


def test_of_six_kinds_of_chains_at_least_five_have_a_validated_forecast() -> None:
    statuses = {kind: found(kind).model_status for kind in KINDS}
    assert sum(status == "validated" for status in statuses.values()) >= 5, statuses
    assert set(statuses.values()) <= {"validated", "not_validated"}  # and every one has a forecast


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_said_of_dropout_is_what_the_likelihoods_say(kind: str) -> None:
    result = found(kind)
    snapshot = histories(KINDS[kind].customer_days(seed=1)).at(day_number(result.as_of))
    x, t_x, t, customers = grouped(snapshot.x, snapshot.t_x, snapshot.t)
    chosen = t <= (result.as_of - FIRST_DAY).days - WARM_UP_DAYS if kind != "one cohort" else t >= 0
    rows = GroupedCustomers(x[chosen], t_x[chosen], t[chosen], customers[chosen])
    beta, single, none = (maximum(rows, dropout).log_likelihood for dropout in ("beta", "single", "none"))  # type: ignore[arg-type]
    said = reasons(result.selection)
    assert ("no dropout can be made out" in said["mbg_nbd"]) == (beta - none < 3.0)
    assert ("does not differ between customers" in said["mbg_nbd"]) == (beta - none >= 3.0 and beta - single < 1.92)
    if "geometric_nbd" in said and said["geometric_nbd"].startswith("no dropout"):
        assert single - none < 1.92
    for reason in said.values():  # what nobody can know from orders is never claimed
        assert "ever leaves" not in reason and reason.count("nobody leaves") in (0, 2)
        assert "nobody leaves" not in reason or reason.split("which does not show that ")[1].startswith("nobody leaves")


@pytest.mark.parametrize("kind", KINDS)
def test_back_tests_beside_the_reason_are_those_of_the_status(kind: str) -> None:
    for row in registry_rows(found(kind)):
        assert row["reason"], row["model"]
        assert (row["status"] == "validated") == (
            row.get("backtest_origins", 0) >= 4 and row["mae"] < row["naive_mae"] and abs(row["bias"]) <= 0.15
        )
        assert ("is less than the naive rate's" in row["reason"]) <= (row.get("mae", 9e9) < row.get("naive_mae", 0))
        assert ("is not less than" in row["reason"]) <= (row.get("mae", 0) >= row.get("naive_mae", 0))
        assert ("beyond the 15 % allowed" in row["reason"]) <= (abs(row.get("bias") or 0) > 0.15)


def test_customers_who_leave_are_seen_to_leave_and_those_who_stay_to_stay() -> None:
    for kind in set(SOME_LEAVE) - {"gifts once a year"}:  # one order a year does not show it
        assert used_model(found(kind)).has_dropout, kind
    assert not used_model(found("no churn")).has_dropout


@pytest.mark.parametrize("seed", range(12))
def test_where_three_in_ten_leave_after_every_order_nobody_is_said_to_stay(seed: int) -> None:
    gaps = [always(20), gamma_rates(1, 15), gamma_rates(4, 30)][seed % 3]
    result = findings(Kind(gaps, always(0.3), days=1_000).customer_days(seed), FIRST_DAY + timedelta(days=999))
    assert used_model(result).has_dropout and result.model_status == "validated"
    said = result.selection.reason
    assert "nobody leaves" not in said and "no dropout" not in said
    if result.selection.used == "geometric_nbd":
        p = result.estimates.fit.model.p  # type: ignore[union-attr]
        assert 0.26 < p < 0.40  # after an order day: two orders of a day are two chances to leave
        assert f"one dropout probability after each order day, {p:.3f}," in said


def test_a_cohort_of_the_first_days_is_fitted_and_the_registry_says_so() -> None:
    result = found("one cohort")
    row = registry_rows(result)[0]
    assert (row["is_used"], row["status"], row["fitted_from"]) == (True, "validated", result.first_day)
    assert "customers of the first 90 days of the data are fitted too, because only 0 came after them" in row["reason"]
    ordinary = registry_rows(findings(customer_days(3_000)))[0]
    assert ordinary["fitted_from"] == FIRST_DAY + timedelta(days=90) and "first 90 days" not in ordinary["reason"]


@pytest.mark.parametrize(("days", "origins"), [(60, 0), (300, 1), (450, 2)])
def test_a_young_source_has_a_forecast_that_is_not_validated(days: int, origins: int) -> None:
    kind = Kind(gamma_rates(1, 10), lambda rng, n: rng.beta(0.7, 2, n), days=days)
    result = findings(kind.customer_days(seed=3), FIRST_DAY + timedelta(days=days - 1))
    assert result.model_status == "not_validated" and used_model(result)
    rows = [row for row in registry_rows(result) if row["model"] in PURCHASE_MODELS]
    assert sum(row["is_used"] for row in rows) == 1
    for row in rows:
        assert row["backtest_origins"] == origins if row["fit_status"] == "fitted" else "backtest_origins" not in row
        if row["fit_status"] == "fitted":
            assert (
                f"{origins} past date{'' if origins == 1 else 's'} could be judged, and 4 are needed" in row["reason"]
            )
            assert f"the data spans {days - 1} days" in row["reason"]
    assert (result.churn_threshold is None) == (origins == 0)


POOR = {
    "nobody": (
        pd.DataFrame({"key": [], "currency": [], "day": [], "amount": []}),
        None,
        "No model can be used: nobody came back on another day (customers: 0)",
    ),
    "one order": (
        pd.DataFrame({"key": [1], "currency": "USD", "day": day_number(FIRST_DAY), "amount": 5.0}),
        None,
        "nobody came back on another day (customers: 1)",
    ),
    "one regular": (
        pd.DataFrame({"key": 1, "currency": "USD", "day": day_number(FIRST_DAY) + np.arange(0, 700, 7), "amount": 5.0}),
        "naive_rate",
        "too few customers to fit it: 1, of whom 1 came back",
    ),
}


@pytest.mark.parametrize(("frame", "used", "said"), POOR.values(), ids=POOR)
def test_too_few_customers_have_the_naive_rate_or_nothing(frame: pd.DataFrame, used: str | None, said: str) -> None:
    result = findings(frame, FIRST_DAY + timedelta(days=720))
    assert result.selection.used == used and said in result.selection.reason
    assert result.model_status == ("not_validated" if used else "insufficient_data")
    assert all(row["reason"] for row in registry_rows(result))
    if used:
        assert used_model(result).expected_days(99, 693, 720, 90) == pytest.approx(99 * 90 / 720)


def test_a_model_that_is_not_needed_is_not_tried() -> None:
    tried: list[str] = []
    result = found("grocery")

    def fit(model_name: str) -> Fit:
        tried.append(model_name)
        return result.estimates.fit

    selection = select_model(fit, lambda model_name: result.backtests, 1_399)  # type: ignore[arg-type]
    assert tried == ["mbg_nbd"]
    assert [candidate.status for candidate in selection.candidates] == ["validated", *[NOT_NEEDED] * 4]
    assert selection.candidates[-1].reason == "not tried: MBG/NBD comes before it and is validated"
    assert selection.reason.startswith("MBG/NBD is used: in back-tests its forecasts of 90 days missed by")


def backtests_with(mae: float, bias: float = 0.0, origins: int = 4) -> Backtests:
    model, naive = Metrics(bias, mae, None, None, None, None, None), Metrics(0.5, 1.0, None, None, None, None, None)
    results = [OriginResult(date(2024, 1, 1), 90, 1_000, 500.0, "fitted", model, naive)] * origins
    return Backtests({PURCHASES: results}, [], None, {})


def fit_of(model_name: str, is_fitted: bool = True) -> Fit:
    model = Nbd(1.0, 9.0) if is_fitted else None
    return Fit(
        model, None, 500, 90, 1, None, "fitted" if is_fitted else "model_degenerate", model_name, "why it is not"
    )  # type: ignore[arg-type]


RULE = {
    "the first validated": ({}, {"nbd": (0.9, 0.0, 4)}, "nbd"),
    "not one before it that is biased": (
        {},
        {"mbg_nbd": (0.5, 0.2, 4), "geometric_nbd": (0.8, 0.1, 4)},
        "geometric_nbd",
    ),
    "not one that cannot be fitted today": ({"mbg_nbd"}, {"mbg_nbd": (0.5, 0.0, 4), "nbd": (0.9, 0.0, 4)}, "nbd"),
    "none validated: the lowest error": ({}, {"nbd": (0.7, 0.3, 4), "geometric_nbd": (0.8, 0.3, 4)}, "nbd"),
    "none better than naive: the naive rate": ({}, {}, "naive_rate"),
    "too few origins: the lowest error": ({}, {"nbd": (0.7, 0.0, 2)}, "nbd"),
}


@pytest.mark.parametrize(("degenerate", "figures", "used"), RULE.values(), ids=RULE)
def test_the_rule_of_choice(degenerate: set[str], figures: dict[str, tuple[float, float, int]], used: str) -> None:
    selection = select_model(
        lambda model_name: fit_of(model_name, model_name not in degenerate),
        lambda model_name: backtests_with(
            *figures.get(model_name, (1.0 if model_name == "naive_rate" else 1.2, 0.3, 4))
        ),
        1_000,
    )
    assert selection.used == used
    assert selection.reason.startswith(f"{TITLES[used][0].upper()}{TITLES[used][1:]} is used: ")
    for model_name in PURCHASE_MODELS[: PURCHASE_MODELS.index(used)]:  # type: ignore[arg-type]
        assert f"{TITLES[model_name]} is not: ".lower() in selection.reason.lower()


def test_without_anything_to_judge_the_first_that_fits_is_used() -> None:
    selection = select_model(
        lambda model_name: fit_of(model_name, model_name != "mbg_nbd"),
        lambda model_name: backtests_with(1.0, origins=0),
        60,
    )
    assert selection.used == "geometric_nbd"
    assert "0 past dates could be judged, and 4 are needed: the data spans 60 days" in selection.reason
    assert "it is the first that could be fitted, and no model could be judged" in selection.reason
    assert "MBG/NBD is not: why it is not." in selection.reason


def scorer_of(kind: str) -> tuple[Scorer, Findings]:
    result = found(kind)
    return (
        Scorer(
            "v1", result.estimates, result.backtests.bands, {}, result.churn_threshold, 0.1, None, result.model_status,
            result.value_status, result.selection.reason, result.value_reason, result.churn_reason,
        ),
        result,
    )  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_scores_say_what_the_model_in_use_can_say_and_no_more(kind: str) -> None:
    scorer, result = scorer_of(kind)
    model = used_model(result)
    customers = [np.array(column, dtype=float) for column in ([1, 5, 30], [0, 200, 400], [600, 250, 402], [9, 60, 400])]
    scores = scorer.score(np.array(["USD"] * 3, dtype=object), *customers)
    for name in ("p_order_30", "p_order_90", "p_order_365", "expected_days_365", "expected_value_365", "value_per_day"):
        assert np.isfinite(scores[name].astype(float)).all(), name
    assert set(scores["model"]) == {result.selection.used} and set(scores["model_reason"]) == {result.selection.reason}
    assert set(scores["p_alive_status"]) == {"estimated" if model.has_dropout else "not_estimated"}
    assert np.isfinite(scores["p_alive"].astype(float)).all() == model.has_dropout
    assert np.isnan(scores["p_alive"].astype(float)).all() != model.has_dropout
    knows_gaps = result.selection.used not in ("naive_rate", "credibility_rate")
    for name in ("median_gap_days", "overdue_p"):
        assert np.isfinite(scores[name].astype(float)).all() == knows_gaps, name
    assert set(scores["value_reason"]) == {result.value_reason["USD"]} and set(scores["churn_threshold_reason"])
    present, whole = scores["discounted_value_365"].astype(float), scores["expected_value_365"].astype(float)
    assert (present <= whole + 1e-9).all() and (present >= 0).all()


def test_the_registry_has_every_model_once_and_uses_one() -> None:
    for kind in KINDS:
        rows = registry_rows(found(kind))
        assert [row["model"] for row in rows] == [*PURCHASE_MODELS, "buhlmann"]
        (used,) = [row for row in rows[:-1] if row["is_used"]]
        assert used["fit_status"] == "fitted" and used["status"] == found(kind).model_status
        fitted = {row["model"] for row in rows[:-1] if row["fit_status"] == "fitted"}
        assert {row["model"] for row in backtest_rows(found(kind))} == fitted

"""Expected sales, anomalies and holiday effects of mart_sales_trends, on simulated days with known values."""

from __future__ import annotations

from datetime import date, timedelta
from math import sqrt

import numpy as np
import pandas as pd
import pytest

from tests.dags.gold.harness import Lake, Row, calendar_day, pick
from tests.dags.gold.store_days import FIRST_MONDAY, counts, daily_rates, store_day_lake, store_days

TABLE = "mart_sales_trends"
CHAIN_DAYS = "level = 'chain' AND period_type = 'day'"
STORE_WEEKS = "level = 'store' AND period_type = 'week'"
YEARS = 4 * 364


def one_day(lake: Lake, day: date, where: str = CHAIN_DAYS) -> Row:
    return lake.row(TABLE, f"{where} AND period_start = DATE '{day}'")


def steady(weeks: int) -> list[int]:
    """Return orders that vary a little around the level of each weekday, the same in every run."""
    return [90 + 10 * (day % 7) + (day * 37) % 11 for day in range(7 * weeks)]


def test_expected_is_the_mean_of_the_last_eight_same_weekdays() -> None:
    orders = steady(10)
    lake = store_day_lake(store_days(orders, order_value=2.5))
    for day in (8 * 7, 9 * 7 + 6):
        row = one_day(lake, FIRST_MONDAY + timedelta(days=day))
        mean = sum(orders[day - 56 : day : 7]) / 8
        assert pick(row, "expected_orders", "expected_net_sales") == (mean, 2.5 * mean)
    assert one_day(lake, FIRST_MONDAY + timedelta(days=55))["expected_orders"] is None


def test_a_closed_day_is_not_among_the_eight_weekdays() -> None:
    orders = steady(10)
    orders[7] = orders[63 + 1] = 0  # closed on a Monday in the second week and on a Tuesday in the last
    lake = store_day_lake(store_days(orders))
    monday = one_day(lake, FIRST_MONDAY + timedelta(days=63))
    assert monday["expected_orders"] == sum(orders[day] for day in range(0, 63, 7) if day != 7) / 8
    week = one_day(lake, FIRST_MONDAY + timedelta(days=63), STORE_WEEKS)
    days = lake.rows(TABLE, where=f"{CHAIN_DAYS} AND period_start >= DATE '{FIRST_MONDAY + timedelta(days=63)}'")
    assert week["open_days"] == len(days) == 6
    assert week["expected_orders"] == sum(row["expected_orders"] for row in days)


def test_a_week_needs_eight_of_each_of_its_weekdays() -> None:
    orders = steady(20)
    orders[6 : 7 * 10 : 7] = [0] * 10  # no Sundays in the first ten weeks
    weeks = store_day_lake(store_days(orders)).rows(TABLE, where=STORE_WEEKS, order_by="period_start")
    expected = [row["expected_orders"] is not None for row in weeks]
    assert expected == [False] * 8 + [True] * 2 + [False] * 8 + [True] * 2


def test_z_is_the_distance_on_anscombes_scale() -> None:
    rng = np.random.default_rng(1)
    lake = store_day_lake(store_days(counts(rng, daily_rates(364, 80))))
    judged = lake.rows(TABLE, where=f"{CHAIN_DAYS} AND anomaly_status = 'judged'")
    assert len(judged) == 364 - 56
    for row in judged:
        y, m, phi = pick(row, "orders", "expected_orders", "anomaly_dispersion")
        assert row["anomaly_z"] == pytest.approx(2 * (sqrt(y + 3 / 8) - sqrt(m + 3 / 8)) / sqrt(phi * 9 / 8))
        assert row["is_anomaly"] == (abs(row["anomaly_z"]) >= 3)
        assert phi >= 1


def test_only_chain_days_and_store_weeks_with_enough_data_are_judged() -> None:
    rows = store_day_lake(store_days(steady(40)[:-3])).rows(TABLE)
    found = {pick(row, "level", "period_type", "anomaly_status") for row in rows}
    assert found == {
        ("chain", "day", "judged"), ("chain", "day", "insufficient_data"), ("chain", "week", "not_judged"),
        ("chain", "month", "not_judged"), ("store", "day", "not_judged"), ("store", "week", "judged"),
        ("store", "week", "insufficient_data"), ("store", "week", "period_not_over"), ("store", "month", "not_judged"),
        ("category", "day", "not_judged"), ("category", "week", "not_judged"), ("category", "month", "not_judged"),
    }  # fmt: skip
    for row in rows:
        assert (row["anomaly_status"] == "judged") == (row["anomaly_z"] is not None) == (row["is_anomaly"] is not None)


@pytest.mark.parametrize(("weeks", "status"), [(33, "insufficient_data"), (34, "judged")])
def test_a_week_is_judged_after_26_weeks(weeks: int, status: str) -> None:
    lake = store_day_lake(store_days(steady(weeks)))
    last = FIRST_MONDAY + timedelta(days=7 * (weeks - 1))
    assert one_day(lake, last, STORE_WEEKS)["anomaly_status"] == status


CLEAN = {"poisson": (None, 0.1), "scatter of 10 %": (100, 0.1), "scatter of 22 %, strong season": (20, 0.25)}


def clean_chains(seed: int, size: float | None, season: float, chains: int = 16) -> pd.DataFrame:
    """Return chains of one store, one for each currency: half are closed on Sundays, each on one day in fifty."""
    rng = np.random.default_rng(seed)
    frames = []
    for chain in range(chains):
        orders = counts(rng, daily_rates(YEARS, rng.choice([12, 40, 150]), season), size)
        orders[rng.random(YEARS) < 0.02] = 0
        if chain % 2:
            orders[6::7] = 0
        frames.append(store_days(orders, currency=f"C{chain:02}"))
    return pd.concat(frames)


@pytest.fixture(scope="module", params=CLEAN)
def clean(request: pytest.FixtureRequest) -> Lake:
    return store_day_lake(clean_chains(20240217, *CLEAN[request.param]))


@pytest.mark.parametrize(("kind", "least"), [(CHAIN_DAYS, 19_000), (STORE_WEEKS, 3_100)])
def test_clean_sales_are_flagged_less_than_three_times_in_a_thousand(clean: Lake, kind: str, least: int) -> None:
    judged = [row["is_anomaly"] for row in clean.rows(TABLE, where=f"{kind} AND anomaly_status = 'judged'")]
    assert len(judged) > least
    assert sum(judged) / len(judged) < 0.003


def test_a_spike_a_drop_and_a_step_are_found() -> None:
    rng = np.random.default_rng(7)
    rates = daily_rates(YEARS, 120)
    rates[700] *= 1.6
    rates[900] *= 0.5
    rates[1100:] *= 1.6
    lake = store_day_lake(store_days(counts(rng, rates, 100)))
    flags = {
        (row["period_start"] - FIRST_MONDAY).days: row["anomaly_z"]
        for row in lake.rows(TABLE, where=f"{CHAIN_DAYS} AND is_anomaly")
    }
    assert flags.pop(700) > 3
    assert flags.pop(900) < -3
    assert 1100 in flags  # first day of the step
    assert len([day for day in flags if 1100 <= day < 1121]) >= 10
    assert len([day for day in flags if not 1100 <= day < 1156]) <= 4


def test_a_bad_week_of_a_store_is_found() -> None:
    rng = np.random.default_rng(8)
    rates = daily_rates(YEARS, 15)
    rates[140 * 7 : 141 * 7] *= 0.5
    lake = store_day_lake(store_days(counts(rng, rates)))
    week = one_day(lake, FIRST_MONDAY + timedelta(days=140 * 7), STORE_WEEKS)
    assert week["anomaly_z"] < -3
    assert week["is_anomaly"]


def test_anomalies_do_not_change_the_dispersion_much() -> None:
    def median_dispersion(orders: np.ndarray) -> float:
        rows = store_day_lake(store_days(orders)).rows(TABLE, where=f"{CHAIN_DAYS} AND anomaly_status = 'judged'")
        return float(np.median([row["anomaly_dispersion"] for row in rows]))

    orders = counts(np.random.default_rng(9), daily_rates(YEARS, 100), 50)
    disturbed = orders.copy()
    disturbed[np.random.default_rng(10).choice(YEARS, 30, replace=False)] *= 2
    assert median_dispersion(disturbed) < 1.2 * median_dispersion(orders)


def test_intervals_contain_the_known_holiday_effects() -> None:
    rng = np.random.default_rng(11)
    holidays = {date(year, 7, 4): 0.5 for year in range(2020, 2024)} | {
        date(year, 10, 10): 1.3 for year in range(2020, 2024)
    }
    frames = []
    for chain in range(30):
        rates = daily_rates(YEARS, 30, season=0, growth=2)  # with growth the mean of the last eight weekdays is too low
        for day, factor in holidays.items():
            rates[(day - FIRST_MONDAY).days] *= factor
        frames.append(store_days(counts(rng, rates, 50), currency=f"C{chain:02}"))
    calendar = [
        calendar_day(str(FIRST_MONDAY + timedelta(days=day)), _name(FIRST_MONDAY + timedelta(days=day), holidays))
        for day in range(YEARS)
    ]
    lake = store_day_lake(pd.concat(frames), calendar)
    for name, truth, tolerance in (("half", -0.5, 0.03), ("more", 0.3, 0.08)):
        rows = lake.rows(TABLE, where=f"{CHAIN_DAYS} AND holiday_name = '{name}' AND year(period_start) = 2023")
        assert {pick(row, "holiday_effect_days", "holiday_effect_status") for row in rows} == {(4, "estimated")}
        held = [row["holiday_effect_low"] <= truth <= row["holiday_effect_high"] for row in rows]
        assert np.mean(held) >= 0.9
        assert np.mean([row["holiday_effect"] for row in rows]) == pytest.approx(truth, abs=tolerance)


def _name(day: date, holidays: dict[date, float]) -> str | None:
    return None if day not in holidays else "half" if holidays[day] < 1 else "more"


def test_holiday_effects_have_a_status() -> None:
    orders = steady(20)
    last = FIRST_MONDAY + timedelta(days=139)
    calendar = [calendar_day(str(last), "Sunday fair"), calendar_day(str(last - timedelta(days=1)))]
    early = FIRST_MONDAY + timedelta(days=3)
    lake = store_day_lake(store_days(orders), [*calendar, calendar_day(str(early), "Thursday fair")])
    found = {
        str(row["holiday_effect_status"]): pick(row, "period_start", "holiday_effect_days")
        for row in lake.rows(TABLE, where=CHAIN_DAYS, order_by="period_start")
    }
    assert found == {
        "insufficient_data": (early, 0),
        "estimated": (last, 1),
        "not_a_holiday": (last - timedelta(days=1), None),
        "not_in_calendar": (last - timedelta(days=2), None),
    }
    assert {row["holiday_effect_status"] for row in lake.rows(TABLE, where="period_type <> 'day'")} == {"not_a_day"}

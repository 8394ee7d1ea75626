"""Estimated order values and ranks of mart_location_performance, on simulated stores with known order values."""

from __future__ import annotations

from math import pi, sqrt
from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest

from tests.dags.gold.harness import Lake, line, pick
from tests.dags.gold.store_days import FIRST_MONDAY, store_day_lake

TABLE = "mart_location_performance"
ALL = "period_type = 'all'"
STORES, CHAINS = 15, 40


def order_days(store: str, values: np.ndarray, currency: str = "USD") -> dict[str, object]:
    """Return a row with all orders of a store on one day."""
    return {
        "restaurant_id": store,
        "currency": currency,
        "orders": len(values),
        "net_sales": values.sum().round(4),
        "net_sales_squared": (values**2).sum(),
        "order_date": pd.Timestamp(FIRST_MONDAY),
    }


def simulated_chains(seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return chains (one for each currency) of 15 stores with 20 to 2,000 skewed order values, and the true means."""
    rng = np.random.default_rng(seed)
    days, truths = [], []
    for chain in range(CHAINS):
        means = rng.normal(15, 1.0, STORES)
        sizes = np.exp(rng.uniform(np.log(20), np.log(2000), STORES)).astype(int)
        ranks = (-means).argsort().argsort() + 1
        for store in range(STORES):
            key = {"restaurant_id": f"store-{store:02}", "currency": f"C{chain:02}"}
            values = rng.gamma(2, means[store] / 2, sizes[store]).round(2)
            days.append(order_days(key["restaurant_id"], values, key["currency"]))
            truths.append(key | {"true_aov": means[store], "true_rank": ranks[store]})
    return pd.DataFrame(days), pd.DataFrame(truths)


@pytest.fixture(scope="module", params=[1, 2, 3])
def judged(request: pytest.FixtureRequest) -> pd.DataFrame:
    """The row of each store in the mart, with its true values."""
    days, truths = simulated_chains(request.param)
    found = pd.DataFrame(store_day_lake(days).rows(TABLE, where=ALL))
    return found.merge(truths, on=["restaurant_id", "currency"], validate="one_to_one")


def test_estimated_ranks_are_closer_to_the_truth_than_raw_ranks(judged: pd.DataFrame) -> None:
    raw = (judged["aov_rank"] - judged["true_rank"]).abs().mean()
    shrunk = (judged["aov_rank_shrunk"] - judged["true_rank"]).abs().mean()
    assert shrunk < raw


def test_the_first_store_by_estimate_is_more_often_the_best(judged: pd.DataFrame) -> None:
    raw = judged.loc[judged["aov_rank"] == 1, "true_rank"].mean()
    shrunk = judged.loc[judged["aov_rank_shrunk"] == 1].groupby("currency")["true_rank"].mean().mean()
    assert shrunk < 0.9 * raw


def test_estimated_order_values_are_closer_to_the_truth(judged: pd.DataFrame) -> None:
    raw = ((judged["aov"] - judged["true_aov"]) ** 2).mean()
    shrunk = ((judged["aov_shrunk"] - judged["true_aov"]) ** 2).mean()
    assert shrunk < 0.6 * raw


def test_intervals_contain_the_truth_in_95_percent(judged: pd.DataFrame) -> None:
    assert judged["true_aov"].between(judged["aov_low"], judged["aov_high"]).mean() > 0.92
    assert judged["true_rank"].between(judged["aov_rank_low"], judged["aov_rank_high"]).mean() >= 0.95


def test_rank_intervals_are_narrower_than_all_ranks(judged: pd.DataFrame) -> None:
    assert judged["aov_rank_expected"].round().between(judged["aov_rank_low"], judged["aov_rank_high"]).all()
    assert (judged["aov_rank_high"] - judged["aov_rank_low"]).mean() < 0.8 * (STORES - 1)


@pytest.fixture(scope="module")
def one_chain() -> tuple[dict[str, np.ndarray], list[dict[str, float]]]:
    """The order values of ten stores, and their rows in the mart."""
    rng = np.random.default_rng(1)
    orders = {f"store-{i}": rng.gamma(4, (10 + i / 2) / 4, 10 + 15 * (i * 7 % 10)).round(2) for i in range(10)}
    lake = store_day_lake(pd.DataFrame([order_days(store, values) for store, values in orders.items()]))
    return orders, lake.rows(TABLE, where=ALL, order_by="restaurant_id")


def test_the_estimate_equals_buehlmann_and_straub(
    one_chain: tuple[dict[str, np.ndarray], list[dict[str, float]]],
) -> None:
    orders, rows = one_chain
    n = np.array([len(values) for values in orders.values()], dtype=float)
    mean = np.array([values.mean() for values in orders.values()])
    within = sum(((values - values.mean()) ** 2).sum() for values in orders.values()) / (n.sum() - len(n))
    between = (n * (mean - (n * mean).sum() / n.sum()) ** 2).sum()
    tau2 = (between - (len(n) - 1) * within) / (n.sum() - (n**2).sum() / n.sum())
    assert tau2 > 0
    z = tau2 / (tau2 + within / n)
    centre = (z * mean).sum() / z.sum()
    variance = (1 - z) * tau2 + (1 - z) ** 2 * (tau2 / z.sum() + 2 / (len(n) - 3) * (mean - centre) ** 2)
    assert [row["aov_reliability"] for row in rows] == pytest.approx(z)
    assert [row["aov_shrunk"] for row in rows] == pytest.approx(z * mean + (1 - z) * centre)
    assert [row["aov_shrunk"] - row["aov_low"] for row in rows] == pytest.approx(1.96 * np.sqrt(variance))
    assert [row["aov_high"] - row["aov_shrunk"] for row in rows] == pytest.approx(1.96 * np.sqrt(variance))


def test_the_rank_is_computed_from_pairs(one_chain: tuple[dict[str, np.ndarray], list[dict[str, float]]]) -> None:
    orders, rows = one_chain
    n = np.array([len(values) for values in orders.values()], dtype=float)
    shrunk = np.array([row["aov_shrunk"] for row in rows])
    z = np.array([row["aov_reliability"] for row in rows])
    tau2 = z[0] / (1 - z[0]) * sum(((v - v.mean()) ** 2).sum() for v in orders.values()) / (n.sum() - len(n)) / n[0]
    variance = (1 - z) * tau2 + (1 - z) ** 2 * tau2 / z.sum()
    deviation = np.sqrt(variance[:, None] + variance[None])
    lead = (shrunk[None] - shrunk[:, None]) / deviation
    others = ~np.eye(len(n), dtype=bool)
    better = np.vectorize(NormalDist().cdf)(lead) * others
    pull = np.exp(-(lead**2) / 2) / sqrt(2 * pi) * np.sqrt(variance)[:, None] / deviation * others
    rank = 1 + better.sum(1)
    half = 1.96 * np.sqrt((better * (1 - better)).sum(1) + pull.sum(1) ** 2 - (pull**2).sum(1))
    assert [row["aov_rank_expected"] for row in rows] == pytest.approx(rank)
    assert [row["aov_rank_shrunk"] for row in rows] == list(1 + (rank[None] < rank[:, None]).sum(1))
    assert [row["aov_rank_low"] for row in rows] == list(np.maximum(1, np.round(rank - half)))
    assert [row["aov_rank_high"] for row in rows] == list(np.minimum(len(n), np.round(rank + half)))


def test_stores_that_differ_only_by_chance_have_one_mean_and_one_rank() -> None:
    days = [order_days(f"store-{i}", np.array([5.0, 15.0 + i / 100, 10.0])) for i in range(4)]
    rows = store_day_lake(pd.DataFrame(days)).rows(TABLE, where=ALL)
    assert {row["aov_status"] for row in rows} == {"no_difference_found"}
    assert len({row["aov_shrunk"] for row in rows}) == 1
    assert {pick(row, "aov_rank_shrunk", "aov_rank_low", "aov_rank_high") for row in rows} == {(1, 1, 4)}
    assert {row["aov_rank_expected"] for row in rows} == {2.5}
    assert all(row["aov_low"] < row["aov_shrunk"] < row["aov_high"] for row in rows)


ESTIMATES = (
    "aov_shrunk", "aov_low", "aov_high", "aov_reliability", "aov_rank_expected", "aov_rank_shrunk", "aov_rank_low",
    "aov_rank_high",
)  # fmt: skip


@pytest.mark.parametrize(
    "orders",
    [
        {"store-a": 5},
        {"store-a": 5, "store-b": 9},
        {"store-a": 1, "store-b": 1, "store-c": 1},
    ],
    ids=["one store", "two stores", "one order a store"],
)
def test_too_few_stores_or_orders_give_a_status_and_no_estimate(orders: dict[str, int]) -> None:
    lines = [line(f"{store}-{i}", 10 + i, restaurant_id=store) for store, count in orders.items() for i in range(count)]
    for row in Lake(lines).rows(TABLE):
        assert row["aov_status"] == "insufficient_data"
        assert {row[name] for name in ESTIMATES} == {None}
        assert row["aov_rank"] is not None


def test_orders_of_one_value_in_each_store_have_certain_ranks() -> None:
    lines = [
        line(f"{store}-{i}", price, restaurant_id=store)
        for store, price in (("a", 5), ("b", 7), ("c", 7), ("d", 9))
        for i in range(3)
    ]
    rows = Lake(lines).rows(TABLE, where=ALL, order_by="restaurant_id")
    names = ("aov_shrunk", "aov_rank_shrunk", "aov_rank_low", "aov_rank_high")
    assert {row["aov_status"] for row in rows} == {"estimated"}
    assert [pick(row, *names) for row in rows] == [(5.0, 4, 4, 4), (7.0, 2, 2, 3), (7.0, 2, 2, 3), (9.0, 1, 1, 1)]


def test_currencies_are_estimated_separately() -> None:
    lines = [
        line(f"{currency}{store}{i}", price + i, restaurant_id=store, currency=currency)
        for currency, prices in (("USD", (5, 9, 30)), ("CAD", (500, 900, 2000)))
        for store, price in zip("abc", prices, strict=True)
        for i in range(4)
    ]
    together = Lake(lines).rows(TABLE, where=f"{ALL} AND currency = 'USD'")
    alone = Lake([row for row in lines if row["currency"] == "USD"]).rows(TABLE, where=ALL)
    assert together == alone

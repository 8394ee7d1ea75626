"""Rows of gold_item_sales_by_day: written week by week, or simulated with a known price elasticity."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd

from tests.dags.gold.harness import DATABASE, Lake, line

FIRST_MONDAY = date(2022, 1, 3)


def weeks_of(
    item: str, prices: Sequence[float | None], units: int = 10, store: str = "store-a", category: str = "Breakfast"
) -> pd.DataFrame:
    """Return one row for each week, on its Wednesday: `units` at the price of the week; no row for a price of None."""
    found = [(week, price) for week, price in enumerate(prices) if price is not None]
    return pd.DataFrame(
        {
            "restaurant_id": store,
            "currency": "USD",
            "item_category": category,
            "item_key": item,
            "items": units,
            "item_amount": [round(units * price, 2) for _, price in found],
            "order_date": [FIRST_MONDAY + timedelta(days=7 * week + 2) for week, _ in found],
        }
    )


def item_day_lake(*frames: pd.DataFrame) -> Lake:
    """Return a lake whose `gold_item_sales_by_day` has these rows, as of the last of their days."""
    rows = pd.concat(frames)
    days = rows["order_date"]
    lake = Lake([line("o1", day=str(days.min())[:10]), line("o2", day=str(days.max())[:10])])
    lake.build("gold_item_sales_by_day")
    lake.connection.register("simulated", rows)
    lake.connection.execute(
        f"""CREATE OR REPLACE TABLE {DATABASE}.gold_item_sales_by_day AS
            SELECT restaurant_id, currency, item_category, item_key, upper(item_key) AS item_name,
                CAST(items AS BIGINT) AS lines, CAST(0 AS BIGINT) AS lines_with_paid_option,
                CAST(items AS BIGINT) AS category_orders, CAST(items AS BIGINT) AS items,
                CAST(item_amount AS DECIMAL(18, 4)) AS item_amount, CAST(0 AS DECIMAL(18, 4)) AS options_revenue,
                CAST(0 AS DECIMAL(18, 4)) AS discount_amount, CAST(0 AS DECIMAL(18, 4)) AS refund_amount,
                CAST(item_amount AS DECIMAL(18, 4)) AS net_sales,
                CAST(order_date AS DATE) AS order_date
            FROM simulated"""
    )
    return lake


def simulated_item_days(
    seed: int,
    elasticity: float,
    *,
    daily_units: float = 1.5,
    yearly_growth: float = 0.0,
    raises_only: bool = False,
    changes: int = 2,
    currency: str = "USD",
    weeks: int = 110,
) -> pd.DataFrame:
    """Simulate five stores x two categories x 15 items: Poisson units by price ** elasticity, growth, weekly shocks.

    There are `changes` rounds of price changes, at least 28 weeks apart. In each round six in ten items of a store
    change their price, each in its own week.
    """
    rng = np.random.default_rng(seed)
    stores, categories, items = 5, 2, 15
    shape = (stores, categories, items)
    base = np.round(rng.uniform(4, 12, shape), 2)
    price = np.repeat(base[None], weeks, axis=0)
    for change in range(changes):
        week = rng.integers(18 + 40 * change, 30 + 40 * change, shape)
        factor = rng.uniform(1.04, 1.16, shape) ** np.where(raises_only, 1, rng.choice([-1, 1], shape))
        taking_part = rng.random(shape) < 0.6
        after = (np.arange(weeks)[:, None, None, None] >= week[None]) & taking_part
        price = np.where(after, np.round(price[-1] * factor, 2), price)
    days = np.arange(weeks * 7)
    trend = (1 + yearly_growth) ** (days / 365)
    shock = np.exp(0.15 * rng.normal(size=(weeks, stores, categories, 1))).repeat(7, axis=0)
    appeal = rng.uniform(0.3, 1.7, shape)
    day_price = price.repeat(7, axis=0)
    mean = daily_units * trend[:, None, None, None] * appeal * (day_price / base) ** elasticity * shock
    units = rng.poisson(mean)
    day, store, category, item = np.nonzero(units)
    return pd.DataFrame(
        {
            "restaurant_id": [f"store-{number}" for number in store],
            "currency": currency,
            "item_category": [f"category-{number}" for number in category],
            "item_key": [f"item-{number}" for number in item],
            "items": units[day, store, category, item],
            "item_amount": np.round(units * day_price, 2)[day, store, category, item],
            "order_date": pd.Timestamp(FIRST_MONDAY) + pd.to_timedelta(day, "D"),
        }
    )

"""Rows of gold_daily_sales_by_store, simulated with known rates and order values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tests.dags.gold.harness import DATABASE, Lake, Row, line

FIRST_MONDAY = date(2020, 1, 6)
WEEKDAYS = np.array([0.8, 0.8, 0.9, 1.0, 1.2, 1.4, 0.9])


def daily_rates(days: int, mean: float, season: float = 0.1, growth: float = 0.15) -> NDArray[np.float64]:
    """Return the expected orders of each day from a Monday on, by weekday, season and yearly growth."""
    day = np.arange(days)
    seasonal = 1 + season * np.sin(2 * np.pi * day / 365.25)
    return mean * WEEKDAYS[day % 7] * seasonal * (1 + growth) ** (day / 365.25)


def counts(rng: np.random.Generator, rates: NDArray[np.float64], size: float | None = None) -> NDArray[np.int64]:
    """Return Poisson counts with these rates, or negative binomial ones with variance rate + rate² / size."""
    return rng.poisson(rates if size is None else rates * rng.gamma(size, 1 / size, rates.shape))


def store_days(
    orders: Sequence[int] | NDArray[np.int64], store: str = "store-a", currency: str = "USD", order_value: float = 10
) -> pd.DataFrame:
    """Return one row for each day from FIRST_MONDAY on; all orders have the same value. No orders, no row."""
    found = np.asarray(orders)
    frame = pd.DataFrame(
        {
            "restaurant_id": store,
            "currency": currency,
            "orders": found,
            "net_sales": np.round(found * order_value, 2),
            "net_sales_squared": found * order_value**2,
            "order_date": pd.Timestamp(FIRST_MONDAY) + pd.to_timedelta(np.arange(len(found)), "D"),
        }
    )
    return frame[frame["orders"] > 0]


def store_day_lake(rows: pd.DataFrame, calendar: Sequence[Row] = ()) -> Lake:
    """Return a lake whose `gold_daily_sales_by_store` has these rows; marts are as of the last of their days."""
    days = rows["order_date"]
    lake = Lake([line("first", day=str(days.min())[:10]), line("last", day=str(days.max())[:10])], calendar)
    fact = f"{DATABASE}.gold_daily_sales_by_store"
    lake.build("gold_daily_sales_by_store")
    lake.connection.register("simulated", rows)
    lake.connection.execute(f"DELETE FROM {fact}")
    lake.connection.execute(
        f"""INSERT INTO {fact} BY NAME
            SELECT restaurant_id, currency, orders, orders AS items, net_sales AS gross_sales,
                net_sales, net_sales_squared, 0 AS guest_orders, 0 AS loyalty_orders, order_date
            FROM simulated"""
    )
    return lake

"""Customer days drawn from the process of sample_data, published as the pipeline does it.

That is one file for each closed quarter, one for each day of the current quarter, and the totals before the cutoff.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from biz_schema.score_inputs import DAYS_OF_CLOSED_QUARTERS, DAYS_OF_CURRENT_QUARTER, SAMPLE_BUCKETS
from spark_jobs.scores.origins import quarter_start
from tests.spark_jobs.models.process import GENERATED_DATA
from tests.spark_jobs.scores.before_cutoff import write_before_cutoff

FIRST_DAY = date(2020, 4, 1)
DAYS = 1_418
AS_OF = FIRST_DAY + timedelta(days=DAYS - 1)
FROM_DAY, JOINING = (
    700,
    0.03,
)  # the loyalty programme: since when, and how likely an order is its customer's first in it


def active_days(customers: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return customer and day of each active day, by day; customers arrive evenly and leave by the process."""
    truth = GENERATED_DATA
    rate = rng.gamma(truth.r, 1 / truth.alpha, customers)
    orders = rng.geometric(np.maximum(rng.beta(truth.a, truth.b, customers), 1e-9))
    clock = rng.integers(0, DAYS, customers).astype(np.float64)
    buying, made = np.arange(customers), 0
    found = []
    while len(buying):
        found.append(buying.astype(np.int64) * DAYS + clock[buying].astype(np.int64))
        made += 1
        buying = buying[orders[buying] > made]
        clock[buying] += rng.exponential(size=len(buying)) / rate[buying]
        buying = buying[clock[buying] < DAYS]
    each = np.unique(np.concatenate(found))
    by_day = np.argsort(each % DAYS, kind="stable")
    return each[by_day] // DAYS, each[by_day] % DAYS


def partitions() -> Iterator[tuple[str, date, list[int]]]:
    """Return table, partition value and day numbers: first closed quarters, then each day of the current quarter."""
    for quarter, numbers in groupby(range(DAYS), lambda number: quarter_start(FIRST_DAY + timedelta(days=number))):
        if quarter < quarter_start(AS_OF):
            yield DAYS_OF_CLOSED_QUARTERS, quarter, list(numbers)
        else:
            for number in numbers:
                yield DAYS_OF_CURRENT_QUARTER, FIRST_DAY + timedelta(days=number), [number]


def publish_customer_days(folder: Path, customers: int, seed: int = 5) -> Path:
    """Write them below `folder`; return the document of locations that the scores job reads."""
    rng = np.random.default_rng(seed)
    customer, day = active_days(customers, rng)
    cents = np.round(rng.lognormal(2.5, 0.3, customers)[customer] * rng.lognormal(0, 0.4, len(customer)) * 100)
    joined = np.full(customers, DAYS)
    joins = np.flatnonzero((day >= FROM_DAY) & (rng.random(len(day)) < JOINING))
    np.minimum.at(joined, customer[joins], day[joins])
    table = pa.table(
        {
            "order_date": (np.datetime64(FIRST_DAY) + day).astype("datetime64[D]"),
            "app_name": pa.repeat("Cafe", len(customer)),
            "user_id": pa.array(np.char.mod("%024x", np.arange(customers))).take(pa.array(customer)),
            "currency": pa.repeat("USD", len(customer)),
            "orders": np.ones(len(customer), np.int64),
            "items": np.ones(len(customer), np.int64),
            "net_sales": pa.array(cents / 100).cast(pa.decimal128(18, 4), safe=False),
            "loyalty_orders": (day >= joined[customer]).astype(np.int64),
            "sample_bucket": rng.integers(0, SAMPLE_BUCKETS, customers)[customer],
        }
    )
    edges = np.searchsorted(day, np.arange(DAYS + 1))
    locations: dict[str, dict[str, str]] = {DAYS_OF_CLOSED_QUARTERS: {}, DAYS_OF_CURRENT_QUARTER: {}}
    for name, value, numbers in partitions():
        rows = table.slice(edges[numbers[0]], edges[numbers[-1] + 1] - edges[numbers[0]])
        if rows.num_rows:
            key = "quarter" if name == DAYS_OF_CLOSED_QUARTERS else "order_date"
            place = folder / f"{key}={value}"
            place.mkdir(parents=True)
            pq.write_table(
                rows if name == DAYS_OF_CLOSED_QUARTERS else rows.drop_columns("order_date"), place / "part.parquet"
            )
            locations[name][value.isoformat()] = f"file://{place}/"
    closed_days = f"read_parquet('{folder}/quarter=*/part.parquet', hive_partitioning = false)"
    locations |= write_before_cutoff(closed_days, AS_OF.isoformat(), folder)
    document = folder / "inputs.json"
    document.write_text(json.dumps(locations))
    return document

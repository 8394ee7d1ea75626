"""The loyalty effect on Spark: customers' histories to comparisons, strata to totals, and a small table at the end.

Spark only brings together what belongs together; the method is numpy (spark_jobs.models.loyalty_windows and
loyalty_effect). First all days of a customer meet, then all comparisons of a stratum, so that each task finishes its
strata with all bootstrap replicates and hands the driver a fixed number of sums, however many customers there are.
A task holds about spark_jobs.session.ROWS_PER_TASK rows. Of a history small enough for the driver the rows are there
already, for the back-tests: starting Python workers would take longer than the method.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import partial
from math import ceil, isnan
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spark_jobs.models.loyalty_effect import NOT_SUPPORTED, Effect, Totals, effects, no_totals, totals, without_estimate
from spark_jobs.models.loyalty_windows import SUMS, WINDOW_DAYS, Comparisons, CustomerDays, comparisons
from spark_jobs.session import ROWS_PER_TASK
from spark_jobs.transforms.customers import customer_key, day_number

DRIVER_DAYS = 500_000
"""Customer-days for which the driver needs no tasks: 28 MB as columns."""

_KEYS = ("customer", "programme", "stratum", "treated")
_COMPARISONS = ", ".join(
    ["customer long, programme long, stratum long, treated boolean", *(f"{name} double" for name in SUMS)]
)
_TOTALS = "programme long, treated long, control_anchors long, sums array<double>"
_RATIOS = tuple(f"{kind}_{end}" for kind in ("effect", "placebo") for end in ("ratio", "lower", "upper"))
_NO_RATIO = (None, None, None)


class Programme(NamedTuple):
    """A loyalty programme as seen in one currency."""

    currency: str
    launch_day: int | None  # of the first loyalty order, days since 1970-01-01; None without one
    loyalty_customers: int  # with a loyalty order
    not_yet_loyal: int  # customers seen on a day before joining, if they ever join
    customer_days: int

    @property
    def is_comparable(self) -> bool:
        return self.launch_day is not None and self.not_yet_loyal > 0


def loyalty_effects(customer_days: DataFrame, as_of_date: date) -> list[dict[str, Any]]:
    """The rows of gold_loyalty_effects: what joining changes in each metric, per currency, with interval and placebo.

    `customer_days` has gold_customer_day's app_name, user_id, currency, order_date, orders, net_sales, loyalty_orders;
    days after `as_of_date` are left out. A currency without loyalty orders, or in which nobody is seen before joining,
    is `not_supported`; no customers at all give no rows. Runs Spark actions: reads `customer_days` twice.
    """
    days = customer_days.filter(F.col("order_date") <= F.lit(as_of_date))
    programmes = loyalty_programmes(days)
    return _effect_rows(programmes, _totals_in_tasks(days, _comparable(programmes), as_of_date), as_of_date)


def loyalty_effects_of(rows: pd.DataFrame, as_of_date: date) -> list[dict[str, Any]]:
    """The same rows from all customer-days up to `as_of_date`, in the columns of `sampled_days`; without Spark."""
    programmes = programmes_of(rows)
    return _effect_rows(programmes, _totals_at_once(rows, _comparable(programmes), as_of_date), as_of_date)


def _effect_rows(programmes: list[Programme], added: dict[str, Totals], as_of_date: date) -> list[dict[str, Any]]:
    return [
        _effect_row(programme, added.get(programme.currency, no_totals()), effect) | {"as_of_date": as_of_date}
        for programme in programmes
        for effect in _effects(programme, added)
    ]


def loyalty_programmes(customer_days: DataFrame) -> list[Programme]:
    """What there is to compare in each currency, by currency."""
    customers = customer_days.groupBy("currency", customer_key().alias("customer")).agg(
        F.min(day_number()).alias("first_day"),
        F.min(F.when(F.col("loyalty_orders") > 0, day_number())).alias("joined"),
        F.count("*").alias("days"),
    )
    before = F.col("joined").isNull() | (F.col("first_day") < F.col("joined"))
    found = customers.groupBy("currency").agg(
        F.min("joined"), F.count("joined"), F.count(F.when(before, True)), F.sum("days")
    )
    return sorted(Programme(*row) for row in found.collect())


def programmes_of(rows: pd.DataFrame) -> list[Programme]:
    """The same from rows in the columns of `sampled_days`."""
    joined = rows["day"].where(rows["is_loyal"])
    customers = (
        rows.assign(joined=joined)
        .groupby(["currency", "customer"], as_index=False)
        .agg(first_day=("day", "min"), joined=("joined", "min"), days=("day", "size"))
    )
    customers["before"] = customers["joined"].isna() | (customers["first_day"] < customers["joined"])
    found = customers.groupby("currency").agg(
        launch_day=("joined", "min"), loyal=("joined", "count"), before=("before", "sum"), days=("days", "sum")
    )
    return [
        Programme(currency, None if isnan(launch_day) else int(launch_day), int(loyal), int(before), int(days))
        for currency, launch_day, loyal, before, days in found.itertuples(name=None)
    ]


def loyalty_days(customer_days: DataFrame, programmes: Sequence[Programme]) -> DataFrame:
    """The columns of CustomerDays for these programmes; a programme is known by its position."""
    spark = customer_days.sparkSession
    numbered = [(one.currency, number, one.launch_day) for number, one in enumerate(programmes)]
    known = spark.createDataFrame(numbered, "currency string, programme long, launch_day long")
    return customer_days.join(F.broadcast(known), "currency").select(
        customer_key().alias("customer"),
        "programme",
        "launch_day",
        day_number().alias("day"),
        F.col("orders").cast("double").alias("orders"),
        F.col("net_sales").cast("double").alias("net_sales"),
        (F.col("loyalty_orders") > 0).alias("is_loyal"),
    )


def loyalty_comparisons(days: DataFrame, as_of_date: date, tasks: int) -> DataFrame:
    """Sums around each anchor, per customer, programme, stratum and side, from `loyalty_days`."""
    compare = partial(_compare_task, as_of_day=_number_of(as_of_date))
    return days.repartition(tasks, "customer").mapInPandas(compare, _COMPARISONS)


def loyalty_totals(compared: DataFrame, tasks: int) -> DataFrame:
    """Bootstrap sums of complete strata: a row per programme and task, to be added up."""
    return compared.repartition(tasks, "programme", "stratum").mapInPandas(_total_task, _TOTALS)


def _comparable(programmes: list[Programme]) -> list[Programme]:
    return [one for one in programmes if one.is_comparable]


def _totals_in_tasks(customer_days: DataFrame, programmes: list[Programme], as_of_date: date) -> dict[str, Totals]:
    if not programmes:
        return {}
    tasks = ceil(sum(one.customer_days for one in programmes) / ROWS_PER_TASK)
    days = loyalty_days(customer_days, programmes)
    found = loyalty_totals(loyalty_comparisons(days, as_of_date, tasks), tasks).collect()
    return _added(programmes, [(row["programme"], _totals_of(row.asDict())) for row in found])


def _totals_at_once(rows: pd.DataFrame, programmes: list[Programme], as_of_date: date) -> dict[str, Totals]:
    if not programmes:
        return {}
    number = pd.Series({one.currency: number for number, one in enumerate(programmes)}, dtype="int64")
    days = rows[rows["currency"].isin(number.index)]
    programme = number.reindex(days["currency"]).to_numpy()
    launch_days = np.array([one.launch_day for one in programmes], dtype=np.int64)
    days = days.assign(programme=programme, launch_day=launch_days[programme], net_sales=days["amount"])
    return _added(programmes, list(_totals(_compared(days, _number_of(as_of_date)))))


def _added(programmes: list[Programme], parts: list[tuple[int, Totals]]) -> dict[str, Totals]:
    return {
        one.currency: sum((part for owner, part in parts if owner == number), no_totals())
        for number, one in enumerate(programmes)
    }


def _effects(programme: Programme, added: dict[str, Totals]) -> list[Effect]:
    return effects(added[programme.currency]) if programme.is_comparable else without_estimate(NOT_SUPPORTED)


def _effect_row(programme: Programme, added: Totals, effect: Effect) -> dict[str, Any]:
    ratios = (*(effect.effect or _NO_RATIO), *(effect.placebo or _NO_RATIO))
    return {
        "metric": effect.metric,
        "window_days": WINDOW_DAYS,
        "currency": programme.currency,
        **dict(zip(_RATIOS, ratios, strict=True)),
        "loyalty_customers": programme.loyalty_customers,
        "treated_customers": added.treated,
        "control_customer_days": added.control_anchors,
        "status": effect.status,
    }


def _compared(days: pd.DataFrame, as_of_day: int) -> Comparisons:
    names = CustomerDays.__dataclass_fields__
    return comparisons(CustomerDays(**{name: days[name].to_numpy() for name in names}), as_of_day)


def _totals(found: Comparisons) -> Iterator[tuple[int, Totals]]:
    for programme in np.unique(found.programme):
        yield int(programme), totals(found.where(found.programme == programme))


def _compare_task(batches: Iterable[pd.DataFrame], as_of_day: int) -> Iterator[pd.DataFrame]:
    if frames := list(batches):
        found = _compared(pd.concat(frames), as_of_day)
        rows = pd.DataFrame(found.sums, columns=list(SUMS))
        yield rows.assign(**{name: getattr(found, name) for name in _KEYS})


def _total_task(batches: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    if frames := list(batches):
        rows = pd.concat(frames)
        keys = {name: rows[name].to_numpy() for name in _KEYS}
        for programme, part in _totals(Comparisons(**keys, sums=rows[list(SUMS)].to_numpy())):
            yield pd.DataFrame({
                "programme": [programme],
                "treated": [part.treated],
                "control_anchors": [part.control_anchors],
                "sums": [part.sums.ravel()],
            })  # fmt: skip


def _totals_of(row: dict[str, Any]) -> Totals:
    sums = np.asarray(row["sums"], dtype=np.float64).reshape(-1, 2, len(SUMS))
    return Totals(sums, row["treated"], row["control_anchors"])


def _number_of(day: date) -> int:
    return (day - date(1970, 1, 1)).days

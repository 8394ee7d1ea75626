"""Negative order lines: refunds, voids and cancellations, or damaged rows. A setting or the data decides which.

A line is negative if its price or its quantity is below zero and the other one is not zero. A negative quantity at the
price zero is a stock adjustment: it is quarantined like a quantity of zero, under both rules.
"""

from collections.abc import Collection
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from biz_schema.quarantine_reasons import NEGATIVE_PRICE, NON_POSITIVE_QUANTITY
from biz_schema.setting_values import AUTO, QUARANTINE_RULE, REFUND_RULE
from biz_schema.source_tables import ORDER_ITEMS
from spark_jobs.transforms import menu
from spark_jobs.transforms.typed import read_rows, trimmed

# Under `auto` negative lines are refunds if at least this share of them belongs to an item or an order with sales.
LEAST_EXPLAINED_SHARE = 0.5


@dataclass(frozen=True)
class NegativeLines:
    """Negative lines of a batch: how many, how many of them belong to an item or order with sales, and their rule."""

    found: int
    explained: int
    rule: str


def negative_lines(bronze: DataFrame, setting: str, missing_marks: Collection[str]) -> NegativeLines:
    """Count the negative lines among the bronze rows of order_items and decide their rule.

    Under `auto` it is `refund` if at least LEAST_EXPLAINED_SHARE of them are explained, or if there are none;
    otherwise it is `quarantine`.
    """
    if bronze.filter(_has_minus("item_price") | _has_minus("item_quantity")).isEmpty():
        return NegativeLines(0, 0, REFUND_RULE if setting == AUTO else setting)
    price, quantity = F.col("item_price"), F.col("item_quantity")
    lines = read_rows(bronze, ORDER_ITEMS, missing_marks=missing_marks).select(
        "order_id",
        menu.item_key(menu.item_name(F.col("item_name"))).alias("item_key"),
        is_negative(price, quantity).alias("is_negative"),
        ((price > 0) & (quantity > 0)).alias("is_sale"),
    )
    negative = lines.filter("is_negative")
    sold_items = lines.filter("is_sale").select("item_key", F.lit(True).alias("item_is_sold")).distinct()
    sold_orders = lines.filter("is_sale").select("order_id", F.lit(True).alias("order_is_sold")).distinct()
    counted = (
        negative.join(sold_items, "item_key", "left")
        .join(sold_orders, "order_id", "left")
        .agg(F.count("*"), F.count(F.coalesce("item_is_sold", "order_is_sold")))
        .first()
    )
    assert counted is not None
    found, explained = counted
    supported = REFUND_RULE if explained >= LEAST_EXPLAINED_SHARE * found else QUARANTINE_RULE
    return NegativeLines(found, explained, supported if setting == AUTO else setting)


def is_negative(price: Column, quantity: Column) -> Column:
    """Return whether a price and a quantity are those of a negative line (boolean, never null)."""
    return F.coalesce(((price < 0) & (quantity != 0)) | ((price > 0) & (quantity < 0)), F.lit(False))


def negative_reasons(price: Column, quantity: Column, rule: str) -> list[Column]:
    """Return the quarantine reasons that follow from a line's signs, each a string or null."""
    of_quantity = (quantity < 0) & (price == 0)
    if rule == REFUND_RULE:
        return [F.when(of_quantity, F.lit(NON_POSITIVE_QUANTITY))]
    return [
        F.when(of_quantity | ((quantity < 0) & (price != 0)), F.lit(NON_POSITIVE_QUANTITY)),
        F.when((price < 0) & (quantity != 0), F.lit(NEGATIVE_PRICE)),
    ]


def _has_minus(name: str) -> Column:
    return F.startswith(trimmed(name), F.lit("-"))

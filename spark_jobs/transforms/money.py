"""From prices to money: what a line and its options add to sales, or a refund takes away. Exact decimals, in the line's
currency."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from biz_schema.lake_tables import MONEY_TYPE
from biz_schema.setting_values import LINE_TOTAL
from biz_schema.value_limits import AMOUNT_LIMIT
from spark_jobs.transforms.negatives import is_negative
from spark_jobs.transforms.quarantine import is_accepted

LINE_KEY = ["order_id", "lineitem_id"]


def line_amount(price: Column, quantity: Column, basis: str) -> Column:
    """decimal(18,4): what the line's item costs, below zero on a negative line, whichever of price and quantity carries
    the sign; null from AMOUNT_LIMIT on."""
    total = amount(price, quantity, basis)
    return F.when(is_negative(price, quantity), -F.abs(total)).otherwise(total).cast(MONEY_TYPE)


def amount(price: Column, quantity: Column, basis: str) -> Column:
    """decimal(18,4): price times quantity. Under `line_total` the price is already the whole; null from AMOUNT_LIMIT
    on."""
    # decimal(18,4) x decimal(19,0) is decimal(38,4): exact, and too wide to overflow.
    total = price if basis == LINE_TOTAL else price * quantity.cast("decimal(19,0)")
    return F.when(F.abs(total) < AMOUNT_LIMIT, total.cast(MONEY_TYPE))


def amount_reason(reason: str, price: Column, quantity: Column, basis: str) -> Column:
    """Return `reason` (string) where the amount is out of range, else null."""
    unread = price.isNotNull() & quantity.isNotNull() & amount(price, quantity, basis).isNull()
    return F.when(unread, F.lit(reason))


def option_sums(options: DataFrame) -> DataFrame:
    """Sum options (order_id, lineitem_id, option_quantity, option_amount, reasons) to one row a line, so that joining
    them cannot multiply it: order_id, lineitem_id, options_revenue (Σ positive), discount_amount (-Σ negative), and
    options_refund (-Σ of those with a negative quantity, which are in neither of the others)."""
    zero = F.lit(0).cast(MONEY_TYPE)
    returned = F.col("option_quantity") < 0
    bought = F.when(returned, zero).otherwise(F.col("option_amount"))
    return (
        options.filter(is_accepted())
        .groupBy(*LINE_KEY)
        .agg(
            F.sum(F.greatest(bought, zero)).cast(MONEY_TYPE).alias("options_revenue"),
            (-F.sum(F.least(bought, zero))).cast(MONEY_TYPE).alias("discount_amount"),
            (-F.sum(F.when(returned, F.col("option_amount")).otherwise(zero))).cast(MONEY_TYPE).alias("options_refund"),
        )
    )


def with_sales(lines: DataFrame, sums: DataFrame) -> DataFrame:
    """Lines (with item_price, item_amount and is_refund) plus options_revenue, gross_sales, discount_amount,
    refund_amount and net_sales = gross_sales - discount_amount - refund_amount.

    A refunded line adds to neither gross sales nor discounts: what its item and options cost, less their discounts, is
    its refund. Where the price carries the line's sign the options' prices carry theirs too and are added as they
    stand; where the quantity does, they are stated as on the sale.
    """
    zero = F.lit(0).cast(MONEY_TYPE)
    revenue, discount, returned = (
        F.coalesce(name, zero) for name in ("options_revenue", "discount_amount", "options_refund")
    )
    is_refund, item = F.col("is_refund"), F.col("item_amount")
    options = F.when(F.col("item_price") < 0, -(revenue - discount - returned)).otherwise(revenue - discount + returned)
    gross = F.when(is_refund, zero).otherwise(item + revenue)
    off = F.when(is_refund, zero).otherwise(discount)
    refund = F.when(is_refund, options - item).otherwise(returned)
    money = {
        "options_revenue": F.when(is_refund, zero).otherwise(revenue),
        "gross_sales": gross,
        "discount_amount": off,
        "refund_amount": refund,
        "net_sales": gross - off - refund,
    }
    typed = {name: value.cast(MONEY_TYPE) for name, value in money.items()}
    return lines.join(sums, LINE_KEY, "left").withColumns(typed).drop("options_refund")

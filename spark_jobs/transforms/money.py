"""From prices to amounts: what a line and its options add to sales, or a refund takes away.

Amounts are exact decimals in the line's currency.
"""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from biz_schema.lake_tables import MONEY_TYPE
from biz_schema.setting_values import LINE_TOTAL
from biz_schema.value_limits import AMOUNT_LIMIT
from spark_jobs.transforms.negatives import is_negative
from spark_jobs.transforms.quarantine import is_accepted

LINE_KEY = ["order_id", "lineitem_id"]


def line_amount(price: Column, quantity: Column, basis: str) -> Column:
    """Return what the line's item costs, decimal(18,4); null from AMOUNT_LIMIT on.

    It is below zero on a negative line, whether the price or the quantity has the minus.
    """
    total = amount(price, quantity, basis)
    return F.when(is_negative(price, quantity), -F.abs(total)).otherwise(total).cast(MONEY_TYPE)


def amount(price: Column, quantity: Column, basis: str) -> Column:
    """Return price times quantity, decimal(18,4); null from AMOUNT_LIMIT on.

    Under `line_total` the price is already the total of the line.
    """
    # decimal(18,4) x decimal(19,0) is decimal(38,4): exact, and too wide to overflow.
    total = price if basis == LINE_TOTAL else price * quantity.cast("decimal(19,0)")
    return F.when(F.abs(total) < AMOUNT_LIMIT, total.cast(MONEY_TYPE))


def amount_reason(reason: str, price: Column, quantity: Column, basis: str) -> Column:
    """Return `reason` (string) where the amount is out of range, else null."""
    unread = price.isNotNull() & quantity.isNotNull() & amount(price, quantity, basis).isNull()
    return F.when(unread, F.lit(reason))


def option_sums(options: DataFrame) -> DataFrame:
    """Sum the accepted options to one row for each line, so that joining them cannot multiply the line.

    Args:
        options: order_id, lineitem_id, option_quantity, option_amount, reasons.

    Returns:
        order_id, lineitem_id, options_revenue (Σ positive amounts), discount_amount (-Σ negative amounts) and
        options_refund (-Σ amounts of options with a negative quantity; they are in neither of the other sums).
    """
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
    """Add options_revenue, gross_sales, discount_amount, refund_amount and net_sales to lines.

    net_sales = gross_sales - discount_amount - refund_amount. A refunded line adds nothing to gross sales and
    discounts: its refund is what its item and options cost, less their discounts. If the line's price has the minus,
    the prices of its options have theirs too and are added as they are. If the quantity has it, the options have the
    signs of a sale.

    Args:
        lines: with item_price, item_amount and is_refund.
        sums: rows of `option_sums`.
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

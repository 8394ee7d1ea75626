"""From prices to money: what a line and its options add to sales. Exact decimals, in the line's currency."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_jobs.transforms.quarantine import is_accepted
from spark_jobs.transforms.typed import MONEY_TYPE

LINE_TOTAL, UNIT_PRICE = PRICE_BASES = ("line_total", "unit_price")

# A hundred thousand million for one line is a typing error; below it no line's sum can overflow decimal(18,4).
AMOUNT_LIMIT = 10**11

LINE_KEY = ["order_id", "lineitem_id"]


def amount(price: Column, quantity: Column, basis: str) -> Column:
    """decimal(18,4): what the line or option costs. Under `line_total` the price is already the whole; null from
    AMOUNT_LIMIT on."""
    # decimal(18,4) x decimal(19,0) is decimal(38,4): exact, and too wide to overflow.
    total = price if basis == LINE_TOTAL else price * quantity.cast("decimal(19,0)")
    return F.when(F.abs(total) < AMOUNT_LIMIT, total.cast(MONEY_TYPE))


def amount_reason(column: str, price: Column, quantity: Column, basis: str) -> Column:
    """string: the quarantine reason of an amount out of range, else null."""
    unread = price.isNotNull() & quantity.isNotNull() & amount(price, quantity, basis).isNull()
    return F.when(unread, F.lit(f"unparseable_{column}"))


def option_sums(options: DataFrame) -> DataFrame:
    """Sum options (order_id, lineitem_id, option_amount, reasons) to one row a line, so that joining them cannot
    multiply it: order_id, lineitem_id, options_revenue (Σ positive), discount_amount (-Σ negative)."""
    zero = F.lit(0).cast(MONEY_TYPE)
    value = F.col("option_amount")
    return (
        options.filter(is_accepted())
        .groupBy(*LINE_KEY)
        .agg(
            F.sum(F.greatest(value, zero)).cast(MONEY_TYPE).alias("options_revenue"),
            (-F.sum(F.least(value, zero))).cast(MONEY_TYPE).alias("discount_amount"),
        )
    )


def with_sales(lines: DataFrame, sums: DataFrame) -> DataFrame:
    """Lines (with item_amount) plus options_revenue, gross_sales, discount_amount and net_sales."""
    zero = F.lit(0).cast(MONEY_TYPE)
    revenue = F.coalesce("options_revenue", zero)
    discount = F.coalesce("discount_amount", zero)
    gross = F.col("item_amount") + revenue
    money = {
        "options_revenue": revenue,
        "gross_sales": gross.cast(MONEY_TYPE),
        "discount_amount": discount,
        "net_sales": (gross - discount).cast(MONEY_TYPE),
    }
    return lines.join(sums, LINE_KEY, "left").withColumns(money)

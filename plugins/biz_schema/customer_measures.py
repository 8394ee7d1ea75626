"""The additive measures of a customer's day: what the incremental customer aggregates add up.

The columns of these measures are rendered from this list in `gold_customer_day`, `gold_customer_day_by_quarter`,
`gold_customer_totals_before_cutoff`, `gold_customer_facts` and in the macro `totals_and_days`: a new measure is one
entry here. A measure must be additive: its value for two days is the sum of its values for each of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

MONEY = "DECIMAL(18, 4)"
COUNT = "BIGINT"


@dataclass(frozen=True)
class CustomerMeasure:
    """One measure.

    Attributes:
        name: its column.
        type: Athena's type of the column, MONEY or COUNT.
        of_lines: SQL aggregate over a customer's order lines of one day, never null. It may use the columns in
            `reads` and the flags `opens_order` (first line of an order that is not a refund), `is_loyalty_order` and
            `is_refund`.
        reads: columns of `silver_order_items` that `of_lines` uses.
        meaning: for the data dictionary.
    """

    name: str
    type: str
    of_lines: str
    reads: tuple[str, ...]
    meaning: str


CUSTOMER_MEASURES = (
    CustomerMeasure(
        "orders",
        COUNT,
        "COUNT(*) FILTER (WHERE opens_order)",
        (),
        "orders, each counted once, in the currency of its earliest line of the day; refunds alone are not an order",
    ),
    CustomerMeasure(
        "items",
        COUNT,
        "COALESCE(SUM(item_quantity) FILTER (WHERE NOT is_refund), 0)",
        ("item_quantity",),
        "units bought, before refunds",
    ),
    CustomerMeasure(
        "gross_sales",
        MONEY,
        "SUM(gross_sales)",
        ("gross_sales",),
        "item amounts plus positive option amounts, before discounts",
    ),
    CustomerMeasure(
        "discount_amount",
        MONEY,
        "SUM(discount_amount)",
        ("discount_amount",),
        "discounts (negative options), as a positive amount",
    ),
    CustomerMeasure(
        "refund_amount",
        MONEY,
        "SUM(refund_amount)",
        ("refund_amount",),
        "refunds (negative lines, and options taken back), as a positive amount",
    ),
    CustomerMeasure(
        "net_sales",
        MONEY,
        "SUM(net_sales)",
        ("net_sales",),
        "gross sales less discounts and refunds",
    ),
    CustomerMeasure(
        "options_revenue",
        MONEY,
        "SUM(options_revenue)",
        ("options_revenue",),
        "the part of gross sales that comes from paid options",
    ),
    CustomerMeasure(
        "loyalty_orders",
        COUNT,
        "COUNT(*) FILTER (WHERE opens_order AND is_loyalty_order)",
        (),
        "orders with at least one loyalty line",
    ),
    CustomerMeasure(
        "loyalty_net_sales",
        MONEY,
        "COALESCE(SUM(net_sales) FILTER (WHERE is_loyalty_order), 0)",
        ("net_sales",),
        "net sales of loyalty orders",
    ),
)  # fmt: skip
"""In the order of their columns."""


def lines_read(measures: Iterable[CustomerMeasure] = CUSTOMER_MEASURES) -> tuple[str, ...]:
    """Return the columns of `silver_order_items` that the measures use, each once."""
    return tuple(dict.fromkeys(column for measure in measures for column in measure.reads))

"""Silver lines of random orders; the seed determines every value."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from tests.dags.gold.harness import Row, line

FOURTEEN_MONTHS = [date(2022, 12, 20) + timedelta(days=number) for number in range(424)]


def random_lines(seed: int, orders: int = 400, dates: Sequence[date] = FOURTEEN_MONTHS) -> list[Row]:
    """Return lines of orders of three stores on these dates.

    They include guests, test orders, two currencies, options, discounts, unusual orders, refunds within an order, and
    orders with refunds only.
    """
    rng = random.Random(seed)
    rows: list[Row] = []
    for number in range(orders):
        day = dates[rng.randrange(len(dates))].isoformat()
        user = rng.choice([None, *(f"user-{i % 30}" for i in range(200))])
        test = rng.random() < 0.03
        refunds_only = rng.random() < 0.04
        for position in range(rng.choice([1, 1, 1, 2, 3])):
            rows.append(
                line(
                    f"order-{number}",
                    Decimal(rng.randrange(0, 4000)) / 100,
                    day,
                    source_id=len(rows),
                    lineitem_id=f"{number}-{position}",
                    hour=rng.randrange(24),
                    item_quantity=-1 if refunds_only or rng.random() < 0.03 else rng.choice([1, 1, 2]),
                    user_id=user,
                    app_name="Cafe - DEVELOPMENT" if test else rng.choice(["Cafe", "Perks"]),
                    is_test=test,
                    restaurant_id=rng.choice(["store-a", "store-a", "store-b", "store-c"]),
                    currency=rng.choice(["USD"] * 9 + ["CAD"]),
                    item_category=rng.choice(["Breakfast", "Bowls", "Uncategorised"]),
                    item_name=rng.choice(["Bagel", "BAGEL", "Wrap"]),
                    is_loyalty=rng.random() < 0.2,
                    options=rng.choice([0, "0.75", "1.50"]),
                    discount=rng.choice([0, 0, 0, "0.25"]),
                )
            )
    return rows

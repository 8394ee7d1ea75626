"""Negative options (--negative-options): discounts, in the form of a source that records them."""

from dataclasses import dataclass

import numpy as np

from sample_data.arrays import Ints
from sample_data.lines import Lines
from sample_data.orders import Orders

GROUP = "Promotions"
LOYAL_SHARE, OTHER_SHARE = 0.14, 0.055  # of orders
KINDS = ("10% Off", "$1 Off", "Free Side, with Entree", "Employee Discount")
KIND_SHARE = (0.5, 0.3, 0.15, 0.05)


@dataclass(frozen=True)
class Discounts:
    """One row per discounted order, on its first line; `cents` is negative and never above the line's price."""

    line: Ints
    kind: Ints
    cents: Ints


def make_discounts(rng: np.random.Generator, orders: Orders, lines: Lines) -> Discounts:
    """Discounts of a block; test orders, malformed lines and lines under two dollars have none."""
    share = np.where(orders.records["loyal"], LOYAL_SHARE, OTHER_SHARE)
    given = rng.random(len(orders)) < share
    kind = rng.choice(len(KINDS), len(orders), p=KIND_SHARE)
    first = np.searchsorted(lines.order, np.arange(len(orders)))
    price = lines.cents[first]
    given &= ~orders.test & ~lines.malformed[first] & (price >= 200)
    amount = np.select([kind == 0, kind == 1, kind == 2], [price // 10, 100, np.minimum(price, 349)], price // 4)
    return Discounts(line=first[given], kind=kind[given], cents=-amount[given])

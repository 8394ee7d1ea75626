"""Lines and options of a block of orders: what was bought, how many, for how much."""

from dataclasses import dataclass

import numpy as np

from sample_data.arrays import Flags, Floats, Ints
from sample_data.calendar import WEEKDAY_HOURS
from sample_data.customers import CATERING
from sample_data.menu import VARIANT_SHARE, Menu
from sample_data.options import EXTRA_OPTIONS, OptionCatalogue, take_share
from sample_data.orders import Orders

MOST_LINES = 61
GROUP_ORDER_SHARE, GROUP_FEWEST, GROUP_MEAN = 0.0013, 3, 11.0
GROUP_EXTRA_LINES = GROUP_ORDER_SHARE * (GROUP_FEWEST + GROUP_MEAN - 0.5)  # mean per order, for every kind of customer
QUANTITIES = (1, 2, 3, 4, 5, 6, 8, 10, 12)
QUANTITY_SHARE = (0.933, 0.048, 0.0101, 0.005, 0.0024, 0.0007, 0.0004, 0.0003, 0.0001)
CATERING_CATEGORY_SHARE = 0.75

# A category's weight by time of day (morning to 10:00, midday to 14:00, afternoon to 21:00, night), by kind.
DAYPART_STARTS = (4, 10, 14, 21)
MORNING, MIDDAY, COLD, EVEN = (2.6, 0.45, 0.3, 0.6), (0.15, 1.7, 1.35, 1.1), (0.6, 1.0, 1.7, 0.8), (1.0, 1.0, 1.0, 1.0)
KINDS = {
    "Breakfast": MORNING, "Coffee": MORNING, "Bagels": MORNING, "Muffins": MORNING, "Doughnuts": MORNING,
    "Espresso Drinks": MORNING, "Sandwiches": MIDDAY, "Bowls": MIDDAY, "Salads": MIDDAY, "Pizza": MIDDAY,
    "Burgers": MIDDAY, "Wraps": MIDDAY, "Soups": MIDDAY, "Subs": MIDDAY, "Smoothies": COLD, "Iced Coffee": COLD,
    "Milkshakes": COLD, "Cold Drinks": COLD,
}  # fmt: skip
SUMMER_SWING = {"Smoothies": 0.25, "Iced Coffee": 0.3, "Soups": -0.35, "Cold Drinks": 0.15, "Milkshakes": 0.3}


@dataclass
class Lines:
    """Lines of a block in order of `order` (index within the block); quirks edit the arrays in place."""

    order: Ints
    category: Ints  # index into the menu's categories
    item: Ints
    spelling: Ints  # 0 or 1
    quantity: Ints
    cents: Ints  # of the whole line
    shown_category: Ints  # index into quirks.SHOWN: the category as the source has it
    malformed: Flags

    def __len__(self) -> int:
        return len(self.order)


@dataclass
class Options:
    """Option rows in file order; `line` is the index within the block, `row` the catalogue's."""

    line: Ints
    row: Ints


def daypart(hour: Ints) -> Ints:
    """0 morning, 1 midday, 2 afternoon, 3 night (before 04:00 too)."""
    return (np.searchsorted(DAYPART_STARTS, hour, side="right") - 1) % 4


def category_edges(menu: Menu, month: int) -> Floats:
    """(4, categories + 1) cumulative category shares by daypart; over the day they give the menu's shares."""
    hours = np.array(WEEKDAY_HOURS, dtype=np.float64)
    daypart_share = np.bincount(daypart(np.arange(24)), hours / hours.sum(), minlength=4)
    category_weights = np.array([KINDS.get(name, EVEN) for name in menu.categories]).T
    swing = np.array([SUMMER_SWING.get(name, 0.0) for name in menu.categories])
    month_of_year = (month + 3) % 12  # 0 is January; the sample starts in April
    target = menu.category_share * (1 + swing * np.cos(2 * np.pi * (month_of_year - 6.5) / 12))
    target /= target.sum()
    base = target.copy()
    for _ in range(30):
        share = base * category_weights
        share /= share.sum(axis=1, keepdims=True)
        base *= target / (daypart_share @ share)
    edges = np.zeros((4, len(target) + 1))
    edges[:, 1:] = np.cumsum(share, axis=1)
    edges[:, -1] = 1.0
    return edges


def _pick_categories(edges: Floats, part: Ints, uniform: Floats) -> Ints:
    flat = (edges[:, 1:] + np.arange(4)[:, None]).ravel()
    return np.searchsorted(flat, part + uniform, side="right") - part * (edges.shape[1] - 1)


def _line_counts(rng: np.random.Generator, orders: Orders) -> Ints:
    extra = rng.poisson(orders.records["extra_lines"].astype(np.float64))
    group = rng.random(len(orders)) < GROUP_ORDER_SHARE
    party = GROUP_FEWEST + rng.exponential(GROUP_MEAN, len(orders)).astype(np.int64)
    return np.minimum(1 + extra + np.where(group, party, 0), MOST_LINES)


def make_lines(rng: np.random.Generator, orders: Orders, menu: Menu) -> Lines:
    """One to MOST_LINES lines per order; a line's cents are its quantity times the month's unit price."""
    order = np.repeat(np.arange(len(orders)), _line_counts(rng, orders))
    size = len(order)
    edges = category_edges(menu, orders.month)
    category = _pick_categories(edges, daypart(orders.hour)[order], rng.random(size))
    caters = (orders.records["app"][order] == CATERING) & (rng.random(size) < CATERING_CATEGORY_SHARE)
    party = np.array([menu.categories.index("Box Lunches"), menu.categories.index("Catering")])
    category = np.where(caters, party[rng.integers(0, 2, size)], category)
    item = menu.pick_items(orders.month, category, rng.random(size))
    quantity = rng.choice(QUANTITIES, size, p=QUANTITY_SHARE)
    return Lines(
        order=order,
        category=category,
        item=item,
        spelling=(rng.random(size) < VARIANT_SHARE).astype(np.int64),
        quantity=quantity,
        cents=menu.prices_cents[orders.month, item] * quantity,
        shown_category=category.copy(),
        malformed=np.zeros(size, dtype=bool),
    )


def make_options(
    rng: np.random.Generator, lines: Lines, menu: Menu, catalogue: OptionCatalogue, heavy: Ints
) -> Options:
    """Options of the lines, each choice at most once a line; `heavy` gives lines a number of their own (or 0)."""
    takes = rng.random(len(lines)) < take_share(menu.categories)[lines.category]
    number = np.where(takes, rng.geometric(1 / (1 + EXTRA_OPTIONS), len(lines)), 0)
    number = np.where(lines.malformed | (heavy > 0), 0, number)
    line = np.repeat(np.arange(len(lines)), number)
    rows = len(catalogue.cents)
    keys = line * rows + catalogue.pick(rng.random(len(line)))
    for party in np.flatnonzero(heavy):
        keys = np.concatenate([keys, party * rows + rng.choice(rows, heavy[party], replace=False)])
    line, row = np.divmod(np.unique(keys), rows)
    return Options(line, row)

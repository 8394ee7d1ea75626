"""The quirks of the real source, planted in known numbers so that a pipeline's counts can be checked."""

from dataclasses import dataclass, field

import numpy as np

from sample_data.arrays import Flags, Ints
from sample_data.lines import Lines, Options
from sample_data.menu import Menu
from sample_data.options import HEAVY_FEWEST, HEAVY_LINES, MOST_OPTIONS, OptionCatalogue
from sample_data.orders import Orders
from sample_data.settings import Settings, scaled

MALFORMED_CENTS = 439
MENU_URL = "https://menu.quillmoor.example"
TEST_CATEGORY = "Test Items"
# The damaged category, and the category it stands for.
DAMAGE = {
    "Bowls0": "Bowls",
    "Sandwiches`1`": "Sandwiches",
    "Sqalads": "Salads",
    f"{MENU_URL}/breakfast": "Breakfast",
    f"{MENU_URL}/smoothies?store=12,size=L": "Smoothies",
}
# Number planted at scale 1, and the minimum at any scale.
PLANTED: dict[str, tuple[int, int]] = {
    "malformed_lines": (1, 1),
    "newline_names": (12, 2),
    "test_item_lines": (40, 1),
    "zero_price_lines": (156, 2),
    "party_lines": (45, 2),
    "quantity_300_lines": (3, 1),
    "quantity_500_lines": (2, 1),
    "duplicate_options": (2_299, 3),
    "orphan_options": (28, 2),
    "heavy_option_lines": (HEAVY_LINES, 1),
    "fraction_digits_0": (1, 1),
    "fraction_digits_1": (1, 1),
    "fraction_digits_2": (1, 1),
    **dict(zip(DAMAGE, ((38, 1), (31, 1), (24, 1), (14, 1), (9, 1)), strict=True)),
}


@dataclass
class Quotas:
    """How many of each quirk are due by now; what does not fit in a block waits for the next one."""

    settings: Settings
    total_orders: int
    planted: dict[str, int] = field(default_factory=lambda: dict.fromkeys(PLANTED, 0))
    share: float = 0.0

    def advance(self, orders: int, last: bool) -> None:
        """Count a block of orders as done; with the last block everything is due."""
        self.share = 1.0 if last else min(1.0, self.share + orders / self.total_orders)

    def choose(self, rng: np.random.Generator, name: str, eligible: Ints) -> Ints:
        """Rows to plant the quirk in, drawn from `eligible` without replacement, ascending."""
        count, minimum = PLANTED[name]
        due = int(scaled(count, self.settings.scale, minimum) * self.share + 0.5) - self.planted[name]
        rows = rng.choice(eligible, min(max(due, 0), len(eligible)), replace=False)
        self.planted[name] += len(rows)
        return np.sort(rows)


def shown_categories(menu: Menu) -> list[str]:
    """Every category text the source has: the menu's, then the damaged ones, then the test one."""
    return [*menu.categories, *DAMAGE, TEST_CATEGORY]


def plant_times(rng: np.random.Generator, quotas: Quotas, orders: Orders) -> None:
    """Make sure that times with 0, 1 and 2 fraction digits occur; most of them occur by chance."""
    free = np.ones(len(orders), dtype=bool)
    for digits, fraction in enumerate((0, 500, 250)):
        rows = quotas.choose(rng, f"fraction_digits_{digits}", np.flatnonzero(free))
        orders.utc_ms[rows] = orders.utc_ms[rows] // 1000 * 1000 + fraction
        free[rows] = False


def plant_in_lines(rng: np.random.Generator, quotas: Quotas, orders: Orders, lines: Lines, menu: Menu) -> None:
    """Plant every line quirk, each line with one at most, and never on a test channel's line."""
    test = orders.test[lines.order]
    _mark_test_channel(rng, lines, menu, test)
    free = ~test
    shown = shown_categories(menu)

    def rows(name: str, among: Flags) -> Ints:
        chosen = quotas.choose(rng, name, np.flatnonzero(free & among))
        free[chosen] = False
        return chosen

    everything = np.ones(len(lines), dtype=bool)
    several = np.bincount(lines.order, minlength=len(orders))[lines.order] > 1
    bad = rows("malformed_lines", several)
    lines.malformed[bad] = True
    lines.quantity[bad], lines.cents[bad] = 0, MALFORMED_CENTS
    for damaged, meant in DAMAGE.items():
        chosen = rows(damaged, lines.category == menu.categories.index(meant))
        lines.shown_category[chosen] = shown.index(damaged)
    single = lines.quantity == 1
    lines.cents[rows("zero_price_lines", single)] = 0
    for number in (300, 500):
        _set_item(lines, menu, orders.month, rows(f"quantity_{number}_lines", single), menu.bulk_item, number)
    chosen = rows("party_lines", single & (lines.cents >= 600) & (lines.cents <= 1_300))
    lines.quantity[chosen] = rng.integers(17, 60, len(chosen))
    lines.cents[chosen] *= lines.quantity[chosen]
    chosen = rows("newline_names", everything)
    named = menu.newline_items[np.arange(len(chosen)) % len(menu.newline_items)]
    _set_item(lines, menu, orders.month, chosen, named, 1)
    chosen = rows("test_item_lines", single)
    _set_item(lines, menu, orders.month, chosen, menu.test_items[0], 1)
    lines.shown_category[chosen] = shown.index(TEST_CATEGORY)


def _set_item(lines: Lines, menu: Menu, month: int, rows: Ints, item: Ints | int, quantity: int) -> None:
    lines.item[rows] = item
    lines.category[rows] = menu.item_category[lines.item[rows]]
    lines.shown_category[rows] = lines.category[rows]
    lines.quantity[rows] = quantity
    lines.cents[rows] = menu.prices_cents[month, lines.item[rows]] * quantity


def _mark_test_channel(rng: np.random.Generator, lines: Lines, menu: Menu, test: Flags) -> None:
    """Testers order the test items about every third time."""
    rows = np.flatnonzero(test)
    rows = rows[rng.random(len(rows)) < 0.35]
    lines.item[rows] = menu.test_items[rng.integers(0, len(menu.test_items), len(rows))]
    lines.cents[rows] = menu.prices_cents[0, lines.item[rows]] * lines.quantity[rows]
    lines.shown_category[rows] = len(menu.categories) + len(DAMAGE)


def heavy_lines(rng: np.random.Generator, quotas: Quotas, orders: Orders, lines: Lines) -> Ints:
    """(lines,) a number of options from HEAVY_FEWEST to MOST_OPTIONS for the few lines that carry so many, else 0."""
    number = np.zeros(len(lines), dtype=np.int64)
    first_ever = quotas.planted["heavy_option_lines"] == 0
    eligible = np.flatnonzero(~lines.malformed & ~orders.test[lines.order])
    rows = quotas.choose(rng, "heavy_option_lines", eligible)
    number[rows] = rng.integers(HEAVY_FEWEST, MOST_OPTIONS, len(rows))
    if first_ever and len(rows):
        number[rows[0]] = MOST_OPTIONS
    return number


def repeat_options(rng: np.random.Generator, quotas: Quotas, options: Options, catalogue: OptionCatalogue) -> Options:
    """Repeat some free option rows exactly, directly after the original (not on lines with very many)."""
    crowded = np.bincount(options.line)[options.line] >= HEAVY_FEWEST if len(options.line) else False
    eligible = np.flatnonzero((catalogue.cents[options.row] == 0) & ~np.asarray(crowded))
    chosen = quotas.choose(rng, "duplicate_options", eligible)
    times = np.ones(len(options.row), dtype=np.int64)
    times[chosen] = 2
    return Options(np.repeat(options.line, times), np.repeat(options.row, times))

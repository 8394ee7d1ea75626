"""The restaurant menu: categories, item names with their spellings, and prices month by month.

Names and prices are invented; their number follows the measured profile (45 categories with the damaged
ones, 431 spellings of names that fold by case to 396).
"""

from dataclasses import dataclass
from itertools import product

import numpy as np

from sample_data.arrays import Floats, Ints
from sample_data.menu_names import CATEGORY_MENUS, HIDDEN_ITEMS, SIGNATURE_ITEM

# Share of lines by category. The first five are measured; the categories without an entry share the rest by menu order.
PROFILED_SHARES = {
    "Breakfast": 0.354,
    "Sandwiches": 0.2726,
    "Smoothies": 0.104,
    "Bowls": 0.0592,
    "Salads": 0.0589,
    "Catering": 0.0015,
}
SPELLING_VARIANTS = 35
VARIANT_SHARE = 0.12  # of an item's lines, when it has a second spelling
PRICE_REVIEW_MONTHS = (11, 22, 29, 36)  # months since 2020-04: 2021-03, 2022-02, 2022-09, 2023-04
PRICE_REVIEW_SHARE = 0.35
PRICE_SHARE_ELASTICITY = -1.3  # of an item's share within its category, by its own price
MENU_SEED = 45_396  # the menu does not depend on --seed: a restaurant does not change it


@dataclass(frozen=True)
class Menu:
    """Items are rows; `names` holds every spelling, `spelling[item]` (n, 2) points into it.

    `prices_cents` is (months, items); `share_edges` is (months, items + 1), cumulative within the whole
    menu so that a category is one range `category_edges[c] : category_edges[c + 1]` of item rows.
    """

    categories: list[str]
    names: list[str]
    spelling: Ints
    item_category: Ints
    prices_cents: Ints
    share_edges: Floats
    category_edges: Ints
    category_share: Floats
    signature: int
    newline_items: Ints
    test_items: Ints
    bulk_item: int
    price_changes: int

    @property
    def items(self) -> int:
        """Number of items, hidden ones included."""
        return len(self.item_category)

    def pick_items(self, month: int, category: Ints, uniform: Floats) -> Ints:
        """Item rows for lines of these categories, by inverse of the month's popularity."""
        edges = self.share_edges[month]
        low, high = edges[self.category_edges[category]], edges[self.category_edges[category + 1]]
        picked = np.searchsorted(edges, low + uniform * (high - low), side="right") - 1
        return np.clip(picked, self.category_edges[category], self.category_edges[category + 1] - 1)


def other_spelling(name: str) -> str:
    """A second spelling of the same name that differs by case only."""
    for spelling in (name.title(), name.upper(), name.lower()):
        if spelling != name and spelling.casefold() == name.casefold():
            return spelling
    raise ValueError(f"{name!r} has no second spelling by case: choose a name with letters")


def item_names(bases: list[str], styles: list[str]) -> list[str]:
    """Base x style names in menu order; a style is a pattern with `{}` for the base."""
    return [style.format(base) for base, style in product(bases, styles)]


def _price_history(rng: np.random.Generator, first: Ints, months: int, fixed: int) -> tuple[Ints, int]:
    """Prices in cents by month; four reviews raise about a third of the items by 3 to 9 %."""
    prices = np.repeat(first[None, :], months, axis=0)
    changes = 0
    for review in PRICE_REVIEW_MONTHS:
        raised = rng.random(len(first)) < PRICE_REVIEW_SHARE
        raised[fixed] = False
        factor = rng.uniform(1.03, 1.09, len(first))
        after = (np.ceil(prices[review] * factor / 10) * 10 - 1).astype(np.int64)
        raised &= after > prices[review]
        prices[review:, raised] = after[raised]
        changes += int(raised.sum())
    return prices, changes


def build_menu(months: int) -> Menu:
    """The whole menu for `months` months; the same on every call."""
    rng = np.random.default_rng(MENU_SEED)
    categories = list(CATEGORY_MENUS)
    names: list[str] = []
    first_prices: list[int] = []
    weights: list[float] = []
    owners: list[int] = []
    for code, entries in enumerate(CATEGORY_MENUS.values()):
        for rank, (name, cents) in enumerate(entries):
            names.append(name)
            first_prices.append(cents)
            weights.append(1 / (rank + 1.5) ** 0.8)
            owners.append(code)
    visible = len(names)
    owner = np.array(owners, dtype=np.int64)
    signature = names.index(SIGNATURE_ITEM)
    category_edges = np.searchsorted(owner, np.arange(len(categories) + 1))

    for name, category, cents in HIDDEN_ITEMS:
        names.append(name)
        first_prices.append(cents)
        owners.append(categories.index(category))
    items = len(names)
    first = np.array(first_prices, dtype=np.int64)
    prices, changes = _price_history(rng, first, months, signature)
    prices[:, visible:] = first[visible:]  # items of quirks have one price, so that a test can name it
    popularity = np.array(weights) * (prices[:, :visible] / first[:visible]) ** PRICE_SHARE_ELASTICITY
    share_edges = np.zeros((months, visible + 1))
    np.cumsum(popularity, axis=1, out=share_edges[:, 1:])

    spelling = np.repeat(np.arange(items)[:, None], 2, axis=1)
    eligible = np.setdiff1d(np.arange(visible), [signature])
    for item in np.sort(rng.choice(eligible, SPELLING_VARIANTS, replace=False)):
        spelling[item, 1] = len(names)
        names.append(other_spelling(names[item]))

    shares = np.array([PROFILED_SHARES.get(name, 0.0) for name in categories])
    rest = np.array([0.0 if name in PROFILED_SHARES else 1 / (i + 1) ** 0.7 for i, name in enumerate(categories)])
    shares += rest / rest.sum() * (1 - shares.sum())
    hidden = {name: visible + i for i, (name, _, _) in enumerate(HIDDEN_ITEMS)}
    return Menu(
        categories=categories,
        names=names,
        spelling=spelling,
        item_category=np.array(owners, dtype=np.int64),
        prices_cents=prices,
        share_edges=share_edges,
        category_edges=category_edges,
        category_share=shares,
        signature=signature,
        newline_items=np.array([row for name, row in hidden.items() if "\n" in name], dtype=np.int64),
        test_items=np.array([row for name, row in hidden.items() if "test" in name.casefold()], dtype=np.int64),
        bulk_item=hidden["Boxed Lunch (per guest)"],
        price_changes=changes,
    )

"""The options catalogue: groups, option names and prices, and which lines take how many of them."""

from dataclasses import dataclass
from itertools import product

import numpy as np

from sample_data.arrays import Floats, Ints

GROUPS, NAMES = 133, 637
CATALOGUE_SEED = 133_637
PAID_SHARE = 0.337
FREE_ONLY_GROUPS = ("Remove", "Preparation", "Utensils")

CONCEPTS = (
    "Bread Choice", "Cheese Choice", "Add Protein", "Sauces", "Egg Style", "Toppings", "Remove", "Preparation",
    "Dressing", "Extras", "Milk Choice", "Sweetener", "Size Upgrade", "Make It a Combo", "Side Choice",
    "Boosts", "Utensils", "Spice Level", "Crust",
)  # fmt: skip
SCOPES = ("Breakfast", "Sandwich", "Smoothie", "Bowl", "Salad", "Kitchen", "Drinks")
INGREDIENTS = (
    "Bacon", "Sausage", "Ham", "Turkey", "Chicken", "Steak", "Chorizo", "Tofu", "Salmon", "Shrimp", "Egg",
    "Egg White", "American", "Cheddar", "Swiss", "Provolone", "Pepper Jack", "Feta", "Parmesan", "Mozzarella",
    "Lettuce", "Tomato", "Red Onion", "Pickles", "Jalapeños", "Avocado", "Spinach", "Kale", "Cucumber", "Mushrooms",
    "Roasted Peppers", "Black Olives", "Corn", "Black Beans", "Mayo", "Mustard", "Honey Mustard", "Ranch", "BBQ Sauce",
    "Buffalo Sauce", "Sriracha", "Hummus", "Pesto", "Salsa", "Sour Cream", "Guacamole", "Balsamic", "Caesar",
    "Italian Dressing", "Ketchup", "Hot Sauce", "Whole Milk", "Oat Milk", "Almond Milk", "Soy Milk", "Cream",
    "Sugar", "Honey", "Vanilla Syrup", "Caramel", "Whey Protein", "Chia Seeds", "Flax", "Granola", "Peanut Butter",
    "Banana", "Strawberries", "Blueberries", "Mango", "Coconut", "White Bread", "Wheat Bread", "Rye", "Ciabatta",
    "Sourdough", "Plain Bagel", "Everything Bagel", "Croissant", "English Muffin", "Spinach Wrap", "Gluten Free Bun",
    "Brown Rice", "White Rice", "Quinoa", "Home Fries", "Chips", "Fruit Cup", "Coleslaw", "Fountain Drink", "Coffee",
    "Butter", "Cream Cheese",
)  # fmt: skip
STYLES = ("{}", "Extra {}", "No {}", "Light {}", "{} on the Side", "Double {}", "Add {}")
PAID_CENTS = (50, 75, 99, 100, 125, 149, 150, 199, 200, 250, 299, 300, 350, 400, 500, 699, 800)
PAID_WEIGHTS = (16, 10, 12, 14, 6, 7, 9, 7, 7, 4, 3, 3, 2, 1, 0.5, 0.2, 0.1)

# Chance that a line of the category has any option; others 0.18. About half of all lines do.
TAKE_SHARE = {
    "Breakfast": 0.53, "Sandwiches": 0.60, "Smoothies": 0.42, "Bowls": 0.7, "Salads": 0.62, "Wraps": 0.6,
    "Burgers": 0.7, "Subs": 0.65, "Paninis": 0.5, "Burritos": 0.6, "Espresso Drinks": 0.5, "Iced Coffee": 0.5,
}  # fmt: skip
OTHER_TAKE_SHARE = 0.15
EXTRA_OPTIONS = 0.86  # mean number beyond the first, before repeats of the same option are dropped
MOST_OPTIONS = 152
HEAVY_FEWEST = 30
HEAVY_LINES = 24  # lines with HEAVY_FEWEST to MOST_OPTIONS options, at scale 1


@dataclass(frozen=True)
class OptionCatalogue:
    """Rows are distinct (group, name, price) choices, weighted through `edges` (rows + 1,)."""

    group: list[str]
    name: list[str]
    cents: Ints
    edges: Floats

    def pick(self, uniform: Floats) -> Ints:
        """Catalogue rows by popularity."""
        return np.searchsorted(self.edges, uniform, side="right") - 1


def build_options() -> OptionCatalogue:
    """Every group and every name occurs; prices are a property of the row. The same on every call."""
    rng = np.random.default_rng(CATALOGUE_SEED)
    groups = [f"{scope} {concept}" for concept, scope in product(CONCEPTS, SCOPES)][:GROUPS]
    names = [style.format(ingredient) for style, ingredient in product(STYLES, INGREDIENTS)][:NAMES]
    assert len(set(groups)) == GROUPS and len(set(names)) == NAMES, "too few groups or names in the lists"
    rows = sorted({(int(rng.integers(GROUPS)), name) for name in range(NAMES) for _ in range(2)})
    seen = {group for group, _ in rows}
    rows += [(group, int(rng.integers(NAMES))) for group in range(GROUPS) if group not in seen]
    popularity = 1 / (rng.permutation(len(rows)) + 5.0) ** 0.75
    paid = np.zeros(len(rows), dtype=bool)
    for row in rng.permutation(len(rows)):  # mark rows as paid until their popularity reaches the profile
        free_only = names[rows[row][1]].startswith(("No ", "Light ")) or any(
            word in groups[rows[row][0]] for word in FREE_ONLY_GROUPS
        )
        if not free_only and popularity[paid].sum() + popularity[row] <= PAID_SHARE * popularity.sum():
            paid[row] = True
    weights = np.array(PAID_WEIGHTS) / sum(PAID_WEIGHTS)
    dear = int(np.flatnonzero(paid)[0])
    cents = np.where(paid, rng.choice(PAID_CENTS, len(rows), p=weights), 0)
    cents[dear] = max(PAID_CENTS)
    edges = np.concatenate([[0.0], np.cumsum(popularity) / popularity.sum()])
    edges[-1] = 1.0
    return OptionCatalogue([groups[g] for g, _ in rows], [names[n] for _, n in rows], cents.astype(np.int64), edges)


def take_share(categories: list[str]) -> Floats:
    """Chance of any option, by category code."""
    return np.array([TAKE_SHARE.get(name, OTHER_TAKE_SHARE) for name in categories])

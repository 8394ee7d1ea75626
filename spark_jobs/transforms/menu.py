"""Menu names: how the category is repaired, and the item's key.

The rules look at one value at a time, never at the other rows, so the same text gets the same category in every batch.
"""

from pyspark.sql import Column
from pyspark.sql import functions as F

from biz_schema.placeholders import UNCATEGORISED, UNNAMED_ITEM

CATEGORIES = ("Breakfast", "Bowls", "Salads", "Sandwiches", "Smoothies")
# Spelling in lower case → category.
CATEGORY_ALIASES = {"sqalads": "Salads"} | {name.lower(): name for name in CATEGORIES}

URL_PATTERN = r"(?i)(https?:|www\.|://)"
# Digits and backticks directly after the last letter (Bowls0, Sandwiches`1`); the number of 'Combo 2' stays.
TRAILING_DAMAGE = r"(?<=[\p{L})])[`'0-9]*[`0-9]$"


def repaired_category(collapsed_text: Column) -> Column:
    """Return the category that a text on one line means, never null; the text may be null."""
    plain = F.btrim(F.regexp_replace(collapsed_text, TRAILING_DAMAGE, ""), F.lit("` "))
    aliases = F.create_map(*[F.lit(part) for pair in CATEGORY_ALIASES.items() for part in pair])
    named = F.coalesce(F.try_element_at(aliases, F.lower(plain)), F.when(plain != "", plain))
    is_url = F.coalesce(collapsed_text.rlike(URL_PATTERN), F.lit(False))
    return F.when(is_url, F.lit(UNCATEGORISED)).otherwise(F.coalesce(named, F.lit(UNCATEGORISED)))


def item_name(collapsed_text: Column) -> Column:
    """Return the item's name on one line, never null."""
    return F.coalesce(collapsed_text, F.lit(UNNAMED_ITEM))


def item_key(name: Column) -> Column:
    """Return the name in lower case: spellings of one item share it."""
    return F.lower(name)

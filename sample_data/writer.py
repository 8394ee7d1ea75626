"""Blocks of orders, lines and options to the bytes of order_items.csv and order_item_options.csv."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sample_data import discounts as promotions
from sample_data.arrays import Ints, Records
from sample_data.calendar import Calendar
from sample_data.csv_text import cents_text, integer_text, joined, quoted, row_bytes, take, timestamp_text
from sample_data.discounts import Discounts
from sample_data.identifiers import card_numbers, hex_ids, mixed
from sample_data.lines import Lines, Options
from sample_data.menu import Menu
from sample_data.options import OptionCatalogue
from sample_data.orders import Orders
from sample_data.quirks import shown_categories
from sample_data.stores import Stores

BRAND = "Quillmoor"
APPS = (f"{BRAND} Fresh", f"{BRAND} Neighborhood Perks", f"{BRAND} Catering", f"{BRAND} Fresh - DEVELOPMENT")
CURRENCY = "USD"
ITEM_COLUMNS = (
    "APP_NAME", "RESTAURANT_ID", "CREATION_TIME_UTC", "ORDER_ID", "USER_ID", "PRINTED_CARD_NUMBER", "IS_LOYALTY",
    "CURRENCY", "LINEITEM_ID", "ITEM_CATEGORY", "ITEM_NAME", "ITEM_PRICE", "ITEM_QUANTITY",
)  # fmt: skip
OPTION_COLUMNS = (
    "ORDER_ID", "LINEITEM_ID", "OPTION_GROUP_NAME", "OPTION_NAME", "OPTION_PRICE", "OPTION_QUANTITY",
)  # fmt: skip
_USER, _ORDER, _LINE, _CARD, _ORPHAN = range(5)  # subjects of the id hashes
LINES_PER_ORDER_LIMIT = 128  # so that a line's running number is its order's times this plus its place


def user_ids(seed: int, calendar: Calendar, people: Records, signup: Ints) -> pa.Array:
    """User ids: a second on the day of the first order, then mixed bits of the number."""
    bits = mixed(seed, _USER, people["customer"].astype(np.int64))
    second = calendar.daytime_utc[signup] + 21_600 + (bits % np.uint64(50_000)).astype(np.int64)
    return hex_ids(second, bits)


@dataclass(frozen=True)
class Source:
    """Turns blocks into CSV rows; holds the texts that every block picks from."""

    seed: int
    calendar: Calendar
    stores: Stores
    menu: Menu
    categories: pa.Array
    names: pa.Array
    option_rows: pa.Array

    @classmethod
    def of(cls, seed: int, calendar: Calendar, stores: Stores, menu: Menu, catalogue: OptionCatalogue) -> "Source":
        """The source of this menu and catalogue."""
        prices = cents_text(catalogue.cents).to_pylist()
        rows = zip(catalogue.group, catalogue.name, prices, strict=True)
        return cls(
            seed=seed,
            calendar=calendar,
            stores=stores,
            menu=menu,
            categories=pa.array([quoted(name) for name in shown_categories(menu)]),
            names=pa.array([quoted(name) for name in menu.names]),
            option_rows=pa.array([f"{quoted(group)},{quoted(name)},{price},1" for group, name, price in rows]),
        )

    def order_ids(self, orders: Orders) -> pa.Array:
        """One id per order."""
        return hex_ids(orders.utc_ms // 1000, mixed(self.seed, _ORDER, orders.number))

    def line_ids(self, orders: Orders, lines: Lines) -> pa.Array:
        """One id per line, the malformed one's included (it is blanked where it is written)."""
        first = np.searchsorted(lines.order, np.arange(len(orders)))
        place = np.arange(len(lines)) - first[lines.order]
        number = orders.number[lines.order] * LINES_PER_ORDER_LIMIT + place
        return hex_ids(orders.utc_ms[lines.order] // 1000, mixed(self.seed, _LINE, number))

    def item_bytes(self, orders: Orders, lines: Lines, order_ids: pa.Array, line_ids: pa.Array) -> memoryview:
        """Rows of order_items.csv for the block's lines."""
        rec = orders.records
        users = user_ids(self.seed, self.calendar, rec, rec["signup"].astype(np.int64))
        cards = card_numbers(mixed(self.seed, _CARD, rec["card"].astype(np.int64)))
        head = joined(
            [
                take(pa.array(APPS), rec["app"]),
                take(pa.array(self.stores.ids), orders.store),
                timestamp_text(orders.utc_ms),
                order_ids,
                pc.if_else(pa.array(orders.guest), "", users),
                pc.if_else(pa.array(rec["loyal"]), cards, ""),
                pc.if_else(pa.array(rec["loyal"]), "TRUE", "FALSE"),
                pa.array([CURRENCY]).take(pa.array(np.zeros(len(orders), dtype=np.int64))),
            ]
        )
        malformed = pa.array(lines.malformed)
        names = take(self.names, self.menu.spelling[lines.item, lines.spelling])
        rows = joined(
            [
                take(head, lines.order),
                pc.if_else(malformed, "", line_ids),
                pc.if_else(malformed, "", take(self.categories, lines.shown_category)),
                pc.if_else(malformed, "", names),
                cents_text(lines.cents),
                integer_text(lines.quantity),
            ],
            end="\n",
        )
        return row_bytes(rows)

    def option_bytes(
        self, lines: Lines, options: Options, discounts: Discounts, order_ids: pa.Array, line_ids: pa.Array
    ) -> memoryview:
        """Rows of order_item_options.csv for the block: the lines' options, each line's discount after them."""
        prices = cents_text(discounts.cents).to_pylist()
        kinds = [quoted(promotions.KINDS[kind]) for kind in discounts.kind.tolist()]
        texts = [f"{promotions.GROUP},{kind},{price},1" for kind, price in zip(kinds, prices, strict=True)]
        line = np.concatenate([options.line, discounts.line])
        tail = pa.concat_arrays([take(self.option_rows, options.row), pa.array(texts, type=pa.string())])
        order = np.argsort(line, kind="stable")
        head = joined([take(order_ids, lines.order), line_ids])
        return row_bytes(joined([take(head, line[order]), take(tail, order)], end="\n"))

    def orphan_bytes(self, number: Ints, row: Ints, orders: Orders, order_ids: pa.Array, order: Ints) -> memoryview:
        """Option rows of real orders whose line does not exist."""
        ids = hex_ids(orders.utc_ms[order] // 1000, mixed(self.seed, _ORPHAN, number))
        return row_bytes(joined([take(order_ids, order), ids, take(self.option_rows, row)], end="\n"))

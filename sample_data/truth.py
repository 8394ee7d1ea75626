"""The true values of a generated source: counts and sums as written, and the parameters behind them."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from sample_data.arrays import Flags, Floats, Ints, Records
from sample_data.calendar import (
    BUSINESS_TIMEZONE,
    CUTOFF_HOUR,
    FIRST_DAY,
    HOLIDAY_FACTOR,
    LAST_DAY,
    OUTAGES,
    SEASON_AMPLITUDE,
    WEEKDAY_FACTOR,
    Calendar,
    day_date,
)
from sample_data.csv_text import integer_text, joined, money_text, row_bytes, take, timestamp_text
from sample_data.customers import HOUSE, NEVER, ORIGINS, PROCESS, TESTER, PurchaseProcess
from sample_data.discounts import Discounts
from sample_data.lines import GROUP_EXTRA_LINES, Lines, Options
from sample_data.menu import PRICE_REVIEW_MONTHS, PRICE_SHARE_ELASTICITY, Menu
from sample_data.options import OptionCatalogue
from sample_data.orders import Orders
from sample_data.quirks import DAMAGE, shown_categories
from sample_data.settings import Settings
from sample_data.stores import CLOSED_AFTER, CLOSED_STORE, LATE_STORE, SUNDAY_CLOSED, Stores
from sample_data.writer import APPS, user_ids

CUSTOMER_COLUMNS = (
    "user_id", "app_name", "origin", "lambda", "dropout_probability", "first_date", "last_active_date", "alive",
    "dropout_date", "active_days", "orders", "mean_lines", "mean_basket", "loyalty_join_date", "home_restaurant_id",
)  # fmt: skip


@dataclass
class Tally:
    """Counts and sums of what was written, block by block; money in cents."""

    counts: Counter[str] = field(default_factory=Counter)
    by_year: Counter[int] = field(default_factory=Counter)
    by_store: Counter[int] = field(default_factory=Counter)
    by_app: Counter[str] = field(default_factory=Counter)
    damage: Counter[str] = field(default_factory=Counter)
    last_utc_ms: int = 0

    def add(
        self, orders: Orders, lines: Lines, options: Options, discounts: Discounts, menu: Menu,
        catalogue: OptionCatalogue,
    ) -> None:  # fmt: skip
        """Count one block, without orphan options."""
        rec, test = orders.records, orders.test
        line_test = test[lines.order]
        sold = ~line_test & ~lines.malformed
        option_cents = catalogue.cents[options.row]
        fraction = orders.utc_ms[lines.order] % 1000
        process = ((rec["origin"] == PROCESS) & ~orders.guest)[lines.order] & sold
        same = (options.line[1:] == options.line[:-1]) & (options.row[1:] == options.row[:-1])
        self.counts.update(
            lines=len(lines), orders=len(orders), guest_orders=int(orders.guest.sum()),
            guest_lines=int(orders.guest[lines.order].sum()), loyalty_lines=int(rec["loyal"][lines.order].sum()),
            loyalty_orders=int(rec["loyal"].sum()), test_orders=int(test.sum()), test_lines=int(line_test.sum()),
            malformed_lines=int(lines.malformed.sum()), lines_without_fraction=int((fraction == 0).sum()),
            zero_price_lines=int((lines.cents == 0).sum()), over_100_lines=int((lines.cents > 10_000).sum()),
            multi_quantity_lines=int((lines.quantity > 1).sum()),
            newline_names=int((np.isin(lines.item, menu.newline_items) & ~lines.malformed).sum()),
            one_line_orders=int((np.bincount(lines.order) == 1).sum()),
            item_cents=int(lines.cents.sum()), price_times_quantity_cents=int((lines.cents * lines.quantity).sum()),
            sold_lines=int(sold.sum()), sold_item_cents=int(lines.cents[sold].sum()),
            sold_options_cents=int(option_cents[sold[options.line]].sum()),
            sold_discount_cents=int(-discounts.cents.sum()),
            option_rows=len(options.row) + len(discounts.line), discount_options=len(discounts.line),
            free_options=int((option_cents == 0).sum()), paid_options=int((option_cents > 0).sum()),
            duplicate_options=int(same.sum()), lines_with_options=len(np.unique(options.line)),
            process_lines=int(process.sum()),
            process_cents=int(lines.cents[process].sum() + option_cents[process[options.line]].sum()),
        )  # fmt: skip
        self.last_utc_ms = int(orders.utc_ms.max())  # blocks come in time order
        year = np.array([day_date(day).year for day in np.unique(rec["day"]).tolist()])
        position = np.searchsorted(np.unique(rec["day"]), rec["day"])
        self.by_year.update(_counted(year[position][lines.order]))
        self.by_store.update(_counted(orders.store[lines.order]))
        self.by_app.update({APPS[app]: n for app, n in _counted(rec["app"][lines.order]).items()})
        shown = shown_categories(menu)
        special = lines.shown_category[(lines.shown_category >= len(shown) - len(DAMAGE) - 1) & ~lines.malformed]
        self.damage.update({shown[code]: n for code, n in _counted(special).items()})


def _counted(values: Ints) -> dict[int, int]:
    distinct, count = np.unique(values, return_counts=True)
    return dict(zip(distinct.tolist(), count.tolist(), strict=True))


def _totals(counts: Counter[str]) -> dict[str, Any]:
    item, extra, less = (counts[f"sold_{part}_cents"] for part in ("item", "options", "discount"))
    return {
        "accepted_non_test_lines": counts["sold_lines"],
        "item_amount": money_text(item),
        "options_revenue": money_text(extra),
        "gross_sales": money_text(item + extra),
        "discount_amount": money_text(less),
        "net_sales": money_text(item + extra - less),
        "all_lines_item_price_sum": money_text(counts["item_cents"]),
        "all_lines_price_times_quantity": money_text(counts["price_times_quantity_cents"]),
    }


def describe(
    settings: Settings, process: PurchaseProcess, calendar: Calendar, stores: Stores, menu: Menu, tally: Tally
) -> dict[str, Any]:
    """truth.json: settings, parameters, counts as written, quirks as written."""
    counts = tally.counts
    plain = {name: number for name, number in sorted(counts.items()) if not name.endswith("_cents")}
    return {
        "settings": {
            "scale": settings.scale, "seed": settings.seed, "negative_options": settings.negative_options,
        },
        "process": process.as_truth() | {"model": "MBG/NBD", "clock": "days of average appetite"},
        "calendar": {
            "first_day": str(FIRST_DAY), "last_day": str(LAST_DAY), "last_day_ends_at_local_hour": CUTOFF_HOUR,
            "last_complete_day": str(day_date(calendar.days - 2)), "business_timezone": BUSINESS_TIMEZONE,
            "weekday_factor": WEEKDAY_FACTOR, "season_amplitude": SEASON_AMPLITUDE,
            "holiday_factor": HOLIDAY_FACTOR, "outages": OUTAGES,
            "open_days": int((calendar.intensity > 0).sum()),
        },
        "stores": {
            "opened": dict(zip(stores.ids, map(str, stores.opened), strict=True)),
            "late": stores.ids[LATE_STORE], "closed": {stores.ids[CLOSED_STORE]: str(CLOSED_AFTER)},
            "closed_on_sundays": [stores.ids[number] for number in SUNDAY_CLOSED],
            "lines": {stores.ids[number]: tally.by_store[number] for number in range(len(stores.ids))},
        },
        "menu": {
            "categories": len(shown_categories(menu)), "names": len(menu.names),
            "names_folded": len({name.casefold() for name in menu.names}),
            "signature_item": menu.names[menu.signature], "price_basis": "line_total",
            "price_review_months": [f"{2020 + (m + 3) // 12}-{(m + 3) % 12 + 1:02d}" for m in PRICE_REVIEW_MONTHS],
            "price_changes": menu.price_changes, "price_share_elasticity": PRICE_SHARE_ELASTICITY,
        },
        "counts": plain | {"lines_by_year": dict(sorted(tally.by_year.items())), "lines_by_app": dict(tally.by_app)},
        "totals": _totals(counts),
        "quirks": {
            "1_line_total_multi_quantity_lines": counts["multi_quantity_lines"],
            "2_embedded_newlines": counts["newline_names"],
            "3_lines_without_fraction": counts["lines_without_fraction"],
            "4_malformed_lines": counts["malformed_lines"],
            "5_test_lines": counts["test_lines"], "5_test_orders": counts["test_orders"],
            "5_perks_lines": tally.by_app[APPS[1]],
            "6_duplicate_options": counts["duplicate_options"], "6_orphan_options": counts["orphan_options"],
            "7_damaged_categories": dict(sorted(tally.damage.items())),
            "8_date_dim_rows": counts["date_dim_rows"],
            "9_negative_options": counts["discount_options"],
            "10_last_order_utc": timestamp_text(np.array([tally.last_utc_ms]))[0].as_py(),
            "11_lines_after_19_local": counts["evening_lines"],
        },
    }  # fmt: skip


def mean_line_value(tally: Tally) -> float:
    """Mean money of a line (options included) over the process customers, in currency units."""
    return tally.counts["process_cents"] / max(1, tally.counts["process_lines"]) / 100


def customer_bytes(
    settings: Settings, calendar: Calendar, stores: Stores, people: Records, line_value: float
) -> memoryview:
    """Rows of truth_customers.csv; rate, dropout and basket are blank for users without a process."""
    dates = pa.array([str(day_date(day)) for day in range(calendar.days)] + [""])
    none = calendar.days

    def when(field_name: str) -> Ints:
        return people[field_name].astype(np.int64)

    modelled = people["origin"] < HOUSE
    dropped = np.where(people["alive"] | (people["origin"] == TESTER), none, when("last_day"))
    join = np.where(people["join_day"] == NEVER, none, when("join_day"))
    basket = (people["mean_lines"] + GROUP_EXTRA_LINES) * line_value
    rows = joined(
        [
            user_ids(settings.seed, calendar, people, when("first_day")),
            take(pa.array(APPS), people["app"]),
            take(pa.array(ORIGINS), people["origin"]),
            _decimals(people["rate"], modelled),
            _decimals(people["dropout"], modelled),
            take(dates, when("first_day")),
            take(dates, when("last_day")),
            take(pa.array(["FALSE", "TRUE"]), people["alive"].astype(np.int64)),
            take(dates, dropped),
            integer_text(people["active_days"].astype(np.int64)),
            integer_text(people["orders"].astype(np.int64)),
            _decimals(people["mean_lines"], modelled),
            _decimals(basket, modelled),
            take(dates, join),
            take(pa.array(stores.ids), people["home"]),
        ],
        end="\n",
    )
    return row_bytes(rows)


def _decimals(values: Floats, shown: Flags) -> pa.Array:
    texts = [f"{value:.8g}" if show else "" for value, show in zip(values.tolist(), shown.tolist(), strict=True)]
    return pa.array(texts, type=pa.string())

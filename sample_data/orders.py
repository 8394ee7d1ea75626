"""Orders of one month in time order: customers' orders from the process, guests and the test channel."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sample_data.arrays import Flags, Ints, Records
from sample_data.calendar import Calendar
from sample_data.customers import APP_SHARE, DEVELOPMENT, ORDER, TESTER
from sample_data.settings import Settings, quota, scaled
from sample_data.stores import Stores

BLOCK = 40_000  # orders turned into text at once; changing it changes the files
GUEST = 2**32 - 1
GUESTS_PER_ORDER = 0.1074
GUEST_EXTRA_LINES = 0.405
TEST_ORDERS = 741
TEST_EXTRA_LINES = 0.115
TESTERS = 6
TEST_STORES = (0, 4)


@dataclass(frozen=True)
class Orders:
    """One block of orders, sorted by time; every array has one value per order."""

    month: int
    records: Records  # dtype ORDER
    utc_ms: Ints
    hour: Ints  # local
    store: Ints
    number: Ints  # running number over the whole run

    def __len__(self) -> int:
        return len(self.records)

    @property
    def guest(self) -> Flags:
        """Orders without a user."""
        return np.asarray(self.records["customer"] == GUEST)

    @property
    def test(self) -> Flags:
        """Orders of the development channel."""
        return np.asarray(self.records["app"] == DEVELOPMENT)


def testers(settings: Settings) -> int:
    """How many people test; each has at least one order."""
    return min(TESTERS, scaled(TEST_ORDERS, settings.scale, 2))


def month_sizes(own: list[int], settings: Settings) -> list[tuple[int, int]]:
    """(guests, test orders) of each month, from the number of customers' orders in it."""
    sizes, done, total = [], 0, sum(own)
    for count in own:
        before, after = quota(TEST_ORDERS, settings.scale, done, count, total, minimum=2)
        guests = round(GUESTS_PER_ORDER * (done + count)) - round(GUESTS_PER_ORDER * done)
        sizes.append((guests, after - before))
        done += count
    return sizes


def _guest_orders(rng: np.random.Generator, own: Records, count: int, stores: Stores) -> Records:
    orders = np.zeros(count, dtype=ORDER)
    orders["customer"] = GUEST
    orders["day"] = own["day"][rng.integers(0, len(own), count)]
    orders["home"] = stores.pick(orders["day"].astype(np.int64), rng.random(count))
    orders["app"] = np.searchsorted(np.cumsum(APP_SHARE)[:-1], rng.random(count), side="right")
    orders["extra_lines"] = GUEST_EXTRA_LINES
    return orders


def _test_orders(rng: np.random.Generator, settings: Settings, own: Records, count: int, done: int) -> Records:
    orders = np.zeros(count, dtype=ORDER)
    orders["customer"] = settings.customers + 1 + (done + np.arange(count)) % testers(settings)
    orders["day"] = own["day"][rng.integers(0, len(own), count)]
    orders["home"] = rng.choice(TEST_STORES, count)
    orders["app"], orders["origin"], orders["extra_lines"] = DEVELOPMENT, TESTER, TEST_EXTRA_LINES
    return orders


def month_blocks(
    settings: Settings, calendar: Calendar, stores: Stores, month: int, own: Records, guests: int,
    tests: tuple[int, int], first_number: int,
) -> Iterator[Orders]:  # fmt: skip
    """Yield a month's orders in blocks by time; `tests` is (test orders before this month, in it)."""
    if len(own) == 0:
        return
    rng = settings.stream("orders", month)
    parts = [own, _guest_orders(rng, own, guests, stores), _test_orders(rng, settings, own, tests[1], tests[0])]
    records = np.concatenate(parts)
    day, home = records["day"].astype(np.int64), records["home"].astype(np.int64)
    local_ms = calendar.local_seconds(day, rng.random(len(day)))
    utc_ms = calendar.to_utc(day, local_ms)
    store = stores.visited(day, home, rng.random(len(day)), rng.random(len(day)))
    order = np.argsort(utc_ms, kind="stable")
    for start in range(0, len(order), BLOCK):
        rows = order[start : start + BLOCK]
        yield Orders(
            month=month,
            records=records[rows],
            utc_ms=utc_ms[rows],
            hour=local_ms[rows] // 3_600_000,
            store=store[rows],
            number=first_number + start + np.arange(len(rows)),
        )

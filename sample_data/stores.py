"""The 28 stores: ids, weights, opening and closing days, and which store is open on a day."""

import hashlib
from dataclasses import dataclass
from datetime import date

import numpy as np

from sample_data.arrays import Floats, Ints
from sample_data.calendar import FIRST_DAY, LAST_DAY, Calendar, day_index

# (weight for new customers, opening day). With these weights the biggest store has about 16 % of all lines and
# the top ten about 80 %.
STORES: tuple[tuple[float, str], ...] = (
    (14.4, "2020-04-01"), (10.2, "2020-04-01"), (9.2, "2020-04-01"), (8.4, "2020-07-06"), (7.8, "2020-07-06"),
    (7.2, "2020-10-05"), (6.4, "2020-11-02"), (5.8, "2021-01-11"), (5.0, "2021-02-01"), (4.4, "2021-03-08"),
    (2.9, "2020-10-05"), (2.6, "2021-03-08"), (2.5, "2021-04-05"), (2.4, "2021-05-03"), (2.2, "2021-06-07"),
    (2.1, "2021-07-12"), (2.0, "2021-08-02"), (1.8, "2021-09-13"), (1.7, "2021-10-04"), (1.6, "2021-11-01"),
    (1.6, "2022-01-10"), (1.5, "2022-02-07"), (1.4, "2022-03-07"), (1.2, "2022-04-04"), (1.1, "2022-05-02"),
    (0.9, "2022-06-06"), (0.7, "2021-05-03"), (3.4, "2023-10-02"),
)  # fmt: skip
LATE_STORE = 27
CLOSED_STORE, CLOSED_AFTER = 26, date(2023, 3, 31)
SUNDAY_CLOSED = (12, 17, 22, 25)  # stores in office parks
HOME_VISIT_SHARE = 0.88  # of a customer's orders that go to the home store when it is open


@dataclass(frozen=True)
class Stores:
    """`ids` holds 28 hex ids; `edges` (days, 29) is the cumulative weight of the stores open on a day."""

    ids: list[str]
    edges: Floats
    opened: list[date]

    def pick(self, day: Ints, uniform: Floats) -> Ints:
        """Return a store open on each day, in proportion to the weights."""
        return np.asarray((self.edges[day, 1:] <= uniform[:, None]).sum(axis=1), dtype=np.int64)

    def visited(self, day: Ints, home: Ints, stays: Floats, elsewhere: Floats) -> Ints:
        """Return the store of each order: most often the home store, if it is open that day."""
        home_open = self.edges[day, home + 1] > self.edges[day, home]
        return np.where(home_open & (stays < HOME_VISIT_SHARE), home, self.pick(day, elsewhere))


def build_stores(calendar: Calendar) -> Stores:
    """The chain's stores; the same on every call."""
    weights = np.array([weight for weight, _ in STORES])
    opened = [date.fromisoformat(text) for _, text in STORES]
    is_open = np.arange(calendar.days)[:, None] >= np.array([day_index(day) for day in opened])[None, :]
    is_open[day_index(CLOSED_AFTER) + 1 :, CLOSED_STORE] = False
    sundays = (np.arange(calendar.days) + FIRST_DAY.weekday()) % 7 == 6
    is_open[np.ix_(sundays, SUNDAY_CLOSED)] = False
    shares = np.cumsum(is_open * weights, axis=1)
    edges = np.zeros((calendar.days, len(STORES) + 1))
    edges[:, 1:] = shares / shares[:, -1:]
    edges[:, -1] = np.where(edges[:, -1] > 0, 1.0, 0.0)
    ids = [hashlib.sha256(f"store {number}".encode()).hexdigest()[:24] for number in range(len(STORES))]
    assert opened[0] == FIRST_DAY and max(opened) < LAST_DAY
    return Stores(ids=ids, edges=edges, opened=opened)

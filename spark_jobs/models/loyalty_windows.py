"""What customers bought before and after an order at which they joined the loyalty programme, or could have.

Every active day of a customer not yet loyal is an anchor: *treated* when it holds the first loyalty order, else
*control*. Both sides are anchored at a day with an order, since a customer who ordered today is more active than one
looked at on any day. The anchor itself is in no window. Around it are three windows of the same length::

    earlier [-180, -91] | before [-90, -1] | anchor | after [+1, +90]

Who is compared:

- Nobody could join before the programme began: an anchor is on its first day or later.
- The customer must have been seen for the whole `before` window (tenure of 90 days or more): without it there is no
  difference to compute. The whole `after` window must have passed by the as-of date.
- A control may join later. Without these customers, the rest would be selected *because* they came less (joining
  takes an order). So they stay in, and their purchases after their own first loyalty order are counted separately
  (`member`).
- Customers are compared within a stratum: calendar quarter x tenure band x visits since the programme began. The
  visits are necessary. Somebody who joins at a visit did *not* join at an earlier one, so joiners have fewer visits in
  the past than customers with the same habits who never join. Their `before` window is low, their `after` window is
  not, and without visits in the stratum a programme without effect seems to add 20 % and more. With the same number of
  visits this is equal for both. Spending is never matched: that would select random highs and lows, which disappear in
  the next window.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

WINDOW_DAYS = 90
MEASURES = ("orders", "net_sales", "active_days")
WINDOWS = ("earlier", "before", "after", "member")
# One row of sums: how many anchors, then every measure in every window; `member` is the loyal part of `after`.
SUMS = ("anchors", *(f"{window}_{measure}" for window in WINDOWS for measure in MEASURES))

TENURE_BANDS = (WINDOW_DAYS, 2 * WINDOW_DAYS, 365, 730)  # days since the first order, from
VISIT_BANDS = (*range(11), 12, 15, 20, 30, 50, 100)  # active days since the programme began, from

_BAND_CODES = 100  # room for each band in a stratum's code


@dataclass(frozen=True)
class CustomerDays:
    """Active days in one currency, one per customer and date; equally long arrays in any order.

    Days count from 1970-01-01; `net_sales` is in currency units.
    """

    customer: Ints  # 64-bit hash of the customer key
    day: Ints
    orders: Floats
    net_sales: Floats
    is_loyal: Flags  # the day holds a loyalty order


@dataclass(frozen=True)
class Comparisons:
    """Sums over the anchors of a customer in a stratum, treated and control separately; `sums` is (rows, len(SUMS))."""

    customer: Ints
    stratum: Ints
    treated: Flags
    sums: Floats


def comparisons(
    days: CustomerDays, launch_day: int, as_of_day: int, window_days: int = WINDOW_DAYS
) -> Comparisons:  # fmt: skip
    """Return the comparisons of customers, of whom all days are given.

    `launch_day` is the day of the first loyalty order of all customers. There must be no days after `as_of_day`.
    """
    days = _sorted(days)
    rows = np.arange(len(days.day))
    first_row = _first_rows(days)
    unit = np.cumsum(first_row == rows)
    tenure = days.day - days.day[first_row]
    under_way = days.day >= launch_day
    visits_before = np.concatenate([[0], np.cumsum(under_way)])[:-1]
    visits = visits_before - visits_before[first_row]
    joined = _first_loyal_day(days, unit)

    # From the launch to the own first loyalty order, with room for the windows before and after.
    anchors = under_way & (joined >= days.day) & (tenure >= window_days) & (days.day <= as_of_day - window_days)
    treated = joined == days.day
    values = np.stack([days.orders, days.net_sales, np.ones(len(rows))], axis=1)
    around = _Around(unit, days.day, rows[anchors], window_days)
    after = around.sums(values, 1, window_days)
    # A treated customer is a member for the whole window after; a control from the day after the own joining.
    member = np.where(treated[anchors, None], after, around.sums(values * (days.day > joined)[:, None], 1, window_days))
    sums = np.hstack([
        np.ones((int(anchors.sum()), 1)),
        around.sums(values, -2 * window_days, -window_days - 1),
        around.sums(values, -window_days, -1),
        after,
        member,
    ])  # fmt: skip
    stratum = strata(days.day[anchors], tenure[anchors], visits[anchors])
    found = Comparisons(days.customer[anchors], stratum, treated[anchors], sums)
    return _summed(found, unit[anchors])


def strata(day: Ints, tenure: Ints, visits: Ints) -> Ints:
    """Codes of calendar quarter x tenure band x visit band; tenure in days, visits before the anchor."""
    quarter = day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) // 3
    tenure_band = np.searchsorted(TENURE_BANDS, tenure, side="right")
    visit_band = np.searchsorted(VISIT_BANDS, visits, side="right")
    return (quarter * _BAND_CODES + tenure_band) * _BAND_CODES + visit_band


class _Around:
    """Sums over the days of the same unit within some distance of each anchor, by cumulative sums."""

    def __init__(self, unit: Ints, day: Ints, anchors: Ints, window_days: int) -> None:
        # One ascending number for each row: the distance between units is larger than any window.
        earliest = day.min(initial=0)
        self.place = unit * (day.max(initial=0) - earliest + 4 * window_days) + day - earliest
        self.anchor = self.place[anchors]

    def sums(self, values: Floats, first: int, last: int) -> Floats:
        """(anchors, columns) sums of `values` over the days anchor + first … anchor + last."""
        reached = np.vstack([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
        begin = np.searchsorted(self.place, self.anchor + first, side="left")
        end = np.searchsorted(self.place, self.anchor + last, side="right")
        return np.asarray(reached[end] - reached[begin])


def _sorted(days: CustomerDays) -> CustomerDays:
    order = np.lexsort((days.day, days.customer))
    return CustomerDays(
        days.customer[order],
        days.day[order],
        days.orders[order],
        days.net_sales[order],
        days.is_loyal[order],
    )


def _first_rows(days: CustomerDays) -> Ints:
    """Row of the first day of each row's customer."""
    rows = np.arange(len(days.day))
    opens = np.ones(len(rows), dtype=bool)
    opens[1:] = days.customer[1:] != days.customer[:-1]
    return np.maximum.accumulate(np.where(opens, rows, 0)) if len(rows) else rows


def _first_loyal_day(days: CustomerDays, unit: Ints) -> Ints:
    """Day of the first loyalty order of each row's customer; beyond every day for who never joined."""
    first = np.full(int(unit.max(initial=0)) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, unit[days.is_loyal], days.day[days.is_loyal])
    return np.asarray(first[unit])


def _summed(found: Comparisons, unit: Ints) -> Comparisons:
    """Rows of the same unit, stratum and side added up."""
    if len(unit) == 0:
        return found
    order = np.lexsort((found.treated, found.stratum, unit))
    keys = np.stack([unit[order], found.stratum[order], found.treated[order]])
    opens = np.flatnonzero(np.concatenate([[True], (keys[:, 1:] != keys[:, :-1]).any(axis=0)]))
    kept = order[opens]
    return Comparisons(
        found.customer[kept],
        found.stratum[kept],
        found.treated[kept],
        np.add.reduceat(found.sums[order], opens, axis=0),
    )

"""Customers' active days in memory, and what was known about each customer on any past day. Pure numpy."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from spark_jobs.models.rates import Floats

Integers = npt.NDArray[np.int64]
EPOCH = date(1970, 1, 1)


def day_number(day: date) -> int:
    """Return the days since 1970-01-01, negative before."""
    return (day - EPOCH).days


@dataclass(frozen=True)
class Snapshot:
    """What was known on one day about each customer with an order by then. Days and currency units."""

    customer: Integers  # index into the histories
    currency: npt.NDArray[np.object_]
    n: Integers  # active days
    t_x: Integers
    t: Integers
    s: Floats  # net sales
    ss: Floats  # sum of squared daily net sales

    @property
    def x(self) -> Integers:
        """Active days after the first."""
        return self.n - 1

    @cached_property
    def currencies(self) -> list[str]:
        """The currencies that occur, sorted."""
        return sorted(set(self.currency))

    def where(self, chosen: npt.NDArray[np.bool_]) -> "Snapshot":
        """Return the entries for which `chosen` is true."""
        fields = ("customer", "currency", "n", "t_x", "t", "s", "ss")
        return Snapshot(*(getattr(self, name)[chosen] for name in fields))


class Histories:
    """Active days of customers: parallel arrays of (customer, day number, net sales), one row per customer and day.

    Refunds on other days are stored too: they count as money, not as days.
    """

    def __init__(
        self,
        key: Integers,
        currency: npt.ArrayLike,
        day: Integers,
        amount: Floats,
        is_active: npt.NDArray[np.bool_] | None = None,
    ) -> None:
        """Index the days by customer.

        Args:
            key: any integer that identifies a customer.
            currency: currency of the row, the same for all rows of a customer.
            day: day number.
            amount: net sales.
            is_active: false for days with refunds only; by default all days are active.
        """
        key, day = np.asarray(key, dtype=np.int64), np.asarray(day, dtype=np.int64)
        amount, currency = np.asarray(amount, dtype=np.float64), np.asarray(currency, dtype=object)
        bought = np.ones(len(key), dtype=bool) if is_active is None else np.asarray(is_active, dtype=bool)
        rows = np.flatnonzero(bought)
        order = rows[np.lexsort((day[rows], key[rows]))]
        code, first = np.unique(key[order], return_index=True)
        self.customers = len(code)
        self._start = first.astype(np.int64)
        self._customer = np.repeat(np.arange(len(code)), np.diff(np.append(first, len(order))))
        self._day, self._amount = day[order], amount[order]
        self._currency = currency[order][first]
        # Somebody who has refunds only is not a customer.
        refunds = np.flatnonzero(~bought & np.isin(key, code))
        self._refunded = np.searchsorted(code, key[refunds])
        self._refund_day, self._refund = day[refunds], amount[refunds]

    def at(self, day: int) -> Snapshot:
        """Return what was known about each customer at the end of a day; only customers with an order by then."""
        known = self._day <= day
        n = self._count(known)
        seen = np.flatnonzero(n)
        start = self._start[seen]
        first, last = self._day[start], self._day[start + n[seen] - 1]
        s, ss = self._money(known, self._refund_day <= day), self._sum(known, self._amount**2)
        return Snapshot(seen, self._currency[seen], n[seen], last - first, day - first, s[seen], ss[seen])

    def days_after(self, snapshot: Snapshot, day: int, horizon: int) -> Integers:
        """Return the active days of the snapshot's customers in (day, day + horizon]."""
        return self._count(_within(self._day, day, horizon))[snapshot.customer]

    def amount_after(self, snapshot: Snapshot, day: int, horizon: int) -> Floats:
        """Return the net sales of the snapshot's customers in (day, day + horizon]."""
        refunds = _within(self._refund_day, day, horizon)
        return self._money(_within(self._day, day, horizon), refunds)[snapshot.customer]

    def _money(self, chosen: npt.NDArray[np.bool_], refunds: npt.NDArray[np.bool_]) -> Floats:
        """Return each customer's net sales on the chosen active days, with the chosen refunds of other days."""
        found = self._sum(chosen, self._amount)
        refunded = np.bincount(self._refunded[refunds], self._refund[refunds], self.customers)
        return found + refunded if len(self._refunded) else found

    def _count(self, chosen: npt.NDArray[np.bool_]) -> Integers:
        return np.bincount(self._customer[chosen], minlength=self.customers).astype(np.int64)

    def _sum(self, chosen: npt.NDArray[np.bool_], amount: Floats) -> Floats:
        return np.bincount(self._customer[chosen], amount[chosen], self.customers).astype(np.float64)


def _within(days: Integers, day: int, horizon: int) -> npt.NDArray[np.bool_]:
    return (days > day) & (days <= day + horizon)


def grouped(*columns: npt.ArrayLike) -> list[Integers]:
    """Return the distinct rows of integer columns, sorted, and as last column how often each occurs."""
    frame = pd.DataFrame({f"column_{position}": np.asarray(column) for position, column in enumerate(columns)})
    counted = frame.groupby(list(frame.columns), sort=True).size().reset_index(name="rows")
    return [counted[name].to_numpy(dtype=np.int64) for name in counted.columns]

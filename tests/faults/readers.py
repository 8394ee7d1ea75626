"""A reader that polls the published tables while runs change them.

Each poll is one statement over many tables, as a person's or a dashboard's query is. Its answer must be the whole state
before a run or the whole state after it, never some tables of one and some of the other.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

POLL_SECONDS = 0.5
POLLED = {
    "silver_order_items": "sum(net_sales)",
    "gold_daily_sales_by_store": "sum(net_sales)",
    "gold_item_sales_by_day": "sum(net_sales)",
    "gold_customer_day": "sum(net_sales)",
    "gold_customer_facts": "sum(net_sales)",
    "mart_customer_lifetime_value": "sum(net_sales)",
    "mart_sales_trends": "sum(net_sales)",
    "mart_churn_indicators": "count(*)",
}
"""An aggregate of each table that changes whenever the table does."""


def state_query() -> str:
    """Return one statement with the number of rows and an aggregate of each polled table, and the release."""
    parts = ["(SELECT max(release) FROM current_release) AS release"]
    for table, aggregate in POLLED.items():
        parts.append(f"(SELECT concat(cast(count(*) AS varchar), '/', cast({aggregate} AS varchar)) FROM {table})")
    return "SELECT " + ", ".join(parts)


@dataclass
class Seen:
    """What a reader saw.

    Attributes:
        states: the answers in order, without repetition of the same one in a row.
        polls: number of answered polls.
        errors: messages of failed polls.
    """

    states: list[tuple[object, ...]] = field(default_factory=list)
    polls: int = 0
    errors: list[str] = field(default_factory=list)

    def inconsistent(self, allowed: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
        """Return the states that are not one release's: neither in `allowed` nor the same as their release was before.

        Args:
            allowed: states without the number of their release, as runs without faults published them.
        """
        by_release: dict[object, set[tuple[object, ...]]] = {}
        for state in self.states:
            by_release.setdefault(state[0], set()).add(state)
        mixed = [state for states in by_release.values() if len(states) > 1 for state in states]
        return mixed + [state for state in self.states if state[1:] not in allowed]


class Reader:
    """Polls until it is stopped, and remembers what it has seen.

    Args:
        query: runs a statement and returns its rows.
    """

    def __init__(self, query: Callable[[str], list[tuple[object, ...]]]) -> None:
        self.seen = Seen()
        self._query = query
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._poll, daemon=True)

    def __enter__(self) -> Reader:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _poll(self) -> None:
        while not self._stop.wait(POLL_SECONDS):
            try:
                (state,) = self._query(state_query())
            except Exception as error:
                self.seen.errors.append(" ".join(str(error).split()))
                continue
            self.seen.polls += 1
            if not self.seen.states or self.seen.states[-1] != state:
                self.seen.states.append(state)

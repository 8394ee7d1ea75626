"""What a gold table must build now: the partitions whose inputs or SQL changed since they were published.

The fingerprint of a gold partition is a digest of the fingerprints of the partitions it reads and of its own
SQL, macros included. So a first load, a late row, a corrected row, a deleted day and an edited definition are one
case: the fingerprint differs. Nothing differs, nothing is built.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from biz_insights.gold import GoldTable, date_list, date_literal, quarter_before, quarter_of
from biz_insights.identity import fingerprint
from biz_insights.lake.builds import UNPARTITIONED
from biz_insights.lake.catalog import batches

PARTITIONS_PER_STATEMENT = 100
"""Athena writes at most 100 partitions in one statement."""

ANY_DAY = "0001-01-01"
"""Stands for a partition's day where a definition is fingerprinted."""

Published = Callable[[str], Mapping[str, str]]
"""Fingerprint by partition value of a published table."""


@dataclass(frozen=True)
class GoldPlan:
    """SELECTs to run (one CTAS each) and what their partitions will be published as.

    Attributes:
        table: gold table.
        partition: its partition column.
        selects: rendered SELECTs, each of at most 100 partitions.
        fingerprints: by partition value, of every partition the SELECTs build (also those that stay empty).
        removed: published partition values that the inputs no longer have.
    """

    table: str
    partition: str
    selects: list[str]
    fingerprints: dict[str, str]
    removed: list[str]

    @property
    def is_empty(self) -> bool:
        return not self.selects and not self.removed

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types, as XCom wants them."""
        return asdict(self)


def plan_gold(
    table: GoldTable,
    *,
    process_date: str,
    partition_key_of: Callable[[str], str | None],
    published: Published,
    database: str,
    full_refresh: bool = False,
) -> GoldPlan:
    """Compare what a table would be made from with what it was made from.

    Args:
        table: the gold table (a fact or a mart).
        process_date: last complete day, ``YYYY-MM-DD``; later days do not reach gold.
        partition_key_of: partition column of a published table, None where it has none.
        published: fingerprints of any table's published partitions.
        database: published database, for the SQL.
        full_refresh: build every partition whether it changed or not.
    """
    # As rendered, so that an edited macro counts as an edited definition of every table that imports it.
    definition = fingerprint(_select(table, [ANY_DAY], database))
    inputs = {name: (partition_key_of(name), published(name)) for name in table.reads}
    if table.partition == "order_date":
        wanted = _by_day(inputs, definition, process_date)
    elif table.partition == "quarter":
        wanted = _by_quarter(inputs, definition, process_date)
    else:
        wanted = {process_date: _as_of(inputs, definition, process_date)}
    now = published(table.name)
    due = sorted(value for value, digest in wanted.items() if full_refresh or now.get(value) != digest)
    selects = [_select(table, chunk, database) for chunk in batches(due, PARTITIONS_PER_STATEMENT)]
    # A day after process_date is not this run's business; a day the source no longer has is.
    removed = [
        value
        for value in sorted(now)
        if table.partition != "as_of_date"
        and _is_complete(value, table.partition, process_date)
        and value not in wanted
    ]
    return GoldPlan(table.name, table.partition, selects, {value: wanted[value] for value in due}, removed)


def _select(table: GoldTable, values: list[str], database: str) -> str:
    if table.partition == "order_date":
        return table.select(database=database, order_dates=date_list(values))
    if table.partition == "quarter":
        return table.select(database=database, quarters=date_list(values))
    return table.select(database=database, as_of_date=date_literal(values[0]))


def _by_day(
    inputs: Mapping[str, tuple[str | None, Mapping[str, str]]], definition: str, process_date: str
) -> dict[str, str]:
    """Fingerprint a day should have, for every complete day that an input has."""
    whole = [f"{name}={digests.get(UNPARTITIONED, '')}" for name, (key, digests) in inputs.items() if key is None]
    daily = {name: digests for name, (key, digests) in inputs.items() if key == "order_date"}
    days = {day for digests in daily.values() for day in digests if day <= process_date}
    return {
        day: fingerprint(definition, *whole, *(f"{name}={daily[name].get(day, '')}" for name in daily)) for day in days
    }


def _by_quarter(
    inputs: Mapping[str, tuple[str | None, Mapping[str, str]]], definition: str, process_date: str
) -> dict[str, str]:
    """Fingerprint that each quarter before the process date's should have, of the days that the inputs have in it.

    The latest of them is there even without a day: a chain younger than that has a table to read, an empty one.
    """
    quarters: dict[str, list[str]] = {quarter_before(process_date): []}
    for name, (_, digests) in inputs.items():
        for day in sorted(digests):
            if _is_complete(quarter_of(day), "quarter", process_date):
                quarters.setdefault(quarter_of(day), []).append(f"{name}={day}={digests[day]}")
    return {quarter: fingerprint(definition, *seen) for quarter, seen in quarters.items()}


def _is_complete(value: str, key: str | None, process_date: str) -> bool:
    """Whether a partition holds nothing but days up to ``process_date``, and will not grow by the days after it."""
    return value < quarter_of(process_date) if key == "quarter" else value <= process_date


def _as_of(inputs: Mapping[str, tuple[str | None, Mapping[str, str]]], definition: str, process_date: str) -> str:
    """Fingerprint of everything up to ``process_date`` that an as-of table reads."""
    parts = [definition, process_date]
    for name, (key, digests) in inputs.items():
        if key in ("order_date", "quarter"):
            seen = [f"{value}={digests[value]}" for value in sorted(digests) if _is_complete(value, key, process_date)]
        elif key == "as_of_date":
            seen = [digests.get(process_date, "")]
        else:
            seen = [digests.get(UNPARTITIONED, "")]
        parts += [name, *seen]
    return fingerprint(*parts)

"""The plan of a gold table: the partitions whose inputs or SQL changed since they were published.

The fingerprint of a gold partition is a digest of the fingerprints of the partitions that it reads and of its own SQL,
macros included. So the first load, a late row, a corrected row, a deleted day and an edited SQL file are one case: the
fingerprint differs. Where no fingerprint differs, nothing is built.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from biz_insights.gold.definition import GoldTable, date_list, date_literal
from biz_insights.gold.periods import (
    cutoff_date,
    first_open_year,
    quarter_before,
    quarter_of,
    year_before_last,
    year_of,
)
from biz_insights.identity import fingerprint
from biz_insights.lake.builds import UNPARTITIONED
from biz_insights.lake.catalog import batches

PARTITIONS_PER_STATEMENT = 100
"""Athena writes at most 100 partitions in one statement."""

PLACEHOLDER_DATE = "1970-01-01"
"""The partition value with which the SQL is rendered for its fingerprint, so that it is the same on all days."""

Published = Callable[[str], Mapping[str, str]]
"""Function from the name of a published table to its fingerprints by partition value."""

Inputs = Mapping[str, tuple[str | None, Mapping[str, str]]]
"""By name of each table that is read: its partition column (None without one) and its published fingerprints."""


@dataclass(frozen=True)
class ClosedPeriod:
    """A kind of partition with one value for each closed period, made from the input partitions in that period.

    Attributes:
        of: returns the period of an input partition.
        latest: returns the latest closed period as of a process date.
        also_read_by: returns the other period that reads an input partition too, if there is one.
    """

    of: Callable[[str], str]
    latest: Callable[[str], str]
    also_read_by: Callable[[str], str] | None = None


CLOSED_PERIODS = {
    "quarter": ClosedPeriod(quarter_of, quarter_before),
    # The customers who returned after a year are known when the next year is over.
    "year": ClosedPeriod(year_of, year_before_last, also_read_by=lambda day: year_of(day, -1)),
}
AS_OF = ("as_of_date", "cutoff_date")
"""Kinds of partition that hold everything up to a date. A run for one date does not change those of other dates."""


@dataclass(frozen=True)
class GoldPlan:
    """The SELECTs to run, one CTAS for each, and the fingerprints with which their partitions will be published.

    Attributes:
        table: gold table.
        partition: its partition column.
        database: the database that the SELECTs read.
        selects: rendered SELECTs, each for at most 100 partitions.
        fingerprints: by partition value, for every partition that the SELECTs build, also an empty one.
        removed: published partition values that the inputs no longer have.
    """

    table: str
    partition: str
    database: str
    selects: list[str]
    fingerprints: dict[str, str]
    removed: list[str]

    @property
    def is_empty(self) -> bool:
        """Return whether there is nothing to build and nothing to remove."""
        return not self.selects and not self.removed

    def to_dict(self) -> dict[str, Any]:
        """Return the plan in JSON types, for XCom."""
        return asdict(self)


def plan_gold(
    table: GoldTable,
    *,
    process_date: str,
    partition_key_of: Callable[[str], str | None],
    published: Published,
    database: str,
    name_of_database: str,
    full_refresh: bool = False,
    held: Collection[str] = (),
) -> GoldPlan:
    """Return the plan of a table: compare the fingerprints that it should have with those that are published.

    Args:
        table: the gold table (a fact or a mart).
        process_date: last complete day, `YYYY-MM-DD`; later days do not reach gold.
        partition_key_of: returns the partition column of a published table, None without one.
        published: returns the fingerprints of a published table.
        database: the database that the SQL reads: a slot.
        name_of_database: the database that stands in the fingerprint of the SQL, the same for both slots.
        full_refresh: build every partition, changed or not.
        held: partitions that were rolled back and stay as they are.
    """
    wanted = wanted_fingerprints(
        table,
        process_date=process_date,
        partition_key_of=partition_key_of,
        published=published,
        name_of_database=name_of_database,
    )
    now = published(table.name)
    differing = (value for value, digest in wanted.items() if full_refresh or now.get(value) != digest)
    due = sorted(value for value in differing if value not in held)
    selects = [select(table, chunk, database) for chunk in batches(due, PARTITIONS_PER_STATEMENT)]
    # Remove days that the source no longer has, but never a day after the process date.
    removed = [
        value
        for value in sorted(now)
        if table.partition not in AS_OF
        and _is_complete(value, table.partition, process_date)
        and value not in wanted
        and value not in held
    ]
    return GoldPlan(table.name, table.partition, database, selects, {value: wanted[value] for value in due}, removed)


def wanted_fingerprints(
    table: GoldTable,
    *,
    process_date: str,
    partition_key_of: Callable[[str], str | None],
    published: Published,
    name_of_database: str,
) -> dict[str, str]:
    """Return the fingerprint that each partition of a table should have, by partition value. See `plan_gold`."""
    # Fingerprint the rendered SQL: then an edited macro changes every table that imports it.
    definition = fingerprint(select(table, [PLACEHOLDER_DATE], name_of_database))
    inputs: Inputs = {name: (partition_key_of(name), published(name)) for name in table.reads}
    return _wanted(table.partition, inputs, definition, process_date)


def select(table: GoldTable, values: Sequence[str], database: str) -> str:
    """Return the SELECT that builds the partitions with these values. An as-of table takes exactly one value."""
    if table.partition == "order_date":
        return table.select(database=database, order_dates=date_list(values))
    if table.partition in CLOSED_PERIODS:
        return table.select(database=database, **{f"{table.partition}s": date_list(values)})
    (value,) = values
    if table.partition == "cutoff_date":
        return table.select(database=database, cutoff_date=date_literal(value))
    return table.select(
        database=database,
        as_of_date=date_literal(value),
        cutoff_date=date_literal(cutoff_date(value)),
        first_open_year=date_literal(first_open_year(value)),
    )


def _wanted(partition: str, inputs: Inputs, definition: str, process_date: str) -> dict[str, str]:
    """Return the fingerprint that each partition of a table should have."""
    if partition == "order_date":
        return _by_day(inputs, definition, process_date)
    if partition in CLOSED_PERIODS:
        return _by_period(CLOSED_PERIODS[partition], inputs, definition, process_date)
    value = cutoff_date(process_date) if partition == "cutoff_date" else process_date
    return {value: _as_of(inputs, definition, value)}


def _by_day(inputs: Inputs, definition: str, process_date: str) -> dict[str, str]:
    """Return the fingerprint that each day should have, for every complete day of an input.

    Without any such day (no row was accepted, or all are in the future) the result has the process date. Its partition
    is empty, but the table exists, and tables that read it find no rows instead of no table.
    """
    whole = [f"{name}={digests.get(UNPARTITIONED, '')}" for name, (key, digests) in inputs.items() if key is None]
    daily = {name: digests for name, (key, digests) in inputs.items() if key == "order_date"}
    days = {day for digests in daily.values() for day in digests if day <= process_date} or {process_date}
    return {
        day: fingerprint(definition, *whole, *(f"{name}={daily[name].get(day, '')}" for name in daily)) for day in days
    }


def _by_period(period: ClosedPeriod, inputs: Inputs, definition: str, process_date: str) -> dict[str, str]:
    """Return the fingerprint that each closed period should have, from the input partitions in it.

    The result has the latest closed period even without any. So a chain that has sold for a shorter time has an empty
    table to read.
    """
    latest = period.latest(process_date)
    parts = [
        (value, f"{name}={value}={digests[value]}")
        for name, (_, digests) in inputs.items()
        for value in sorted(digests)
    ]
    own = {period.of(value) for value, _ in parts}
    seen: dict[str, list[str]] = {value: [] for value in {latest, *own} if value <= latest}
    for value, part in parts:
        readers = [period.of(value), *([period.also_read_by(value)] if period.also_read_by else [])]
        for reader in readers:
            if reader in seen:
                seen[reader].append(part)
    return {value: fingerprint(definition, *digests) for value, digests in seen.items()}


def _is_complete(value: str, key: str | None, process_date: str) -> bool:
    """Return whether a partition holds only days up to `process_date`, and gets no more days after it."""
    return value <= (CLOSED_PERIODS[key].latest(process_date) if key in CLOSED_PERIODS else process_date)


def _as_of(inputs: Inputs, definition: str, as_of: str) -> str:
    """Return the fingerprint of everything that an as-of table reads, up to its date."""
    parts = [definition, as_of]
    for name, (key, digests) in inputs.items():
        if key == "as_of_date":
            seen = [digests.get(as_of, "")]
        elif key == "cutoff_date":
            seen = [digests.get(cutoff_date(as_of), "")]
        elif key is None:
            seen = [digests.get(UNPARTITIONED, "")]
        else:
            seen = [f"{value}={digests[value]}" for value in sorted(digests) if _is_complete(value, key, as_of)]
        parts += [name, *seen]
    return fingerprint(*parts)

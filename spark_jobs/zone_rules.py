"""The business time zone's rules: Java's, which Spark uses to give each order its day, compared with the pipeline's.

Java and Airflow have their own copies of the IANA rules, and two releases may differ for a region (America/Vancouver
has no winter time from November 2026, which older copies do not know). The pipeline passes the rules that its schedule
and its dates follow. If Java would use another offset on a day with orders, the job fails before anything is published.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.errors import DateTimeException
from pyspark.sql import SparkSession

from spark_jobs.errors import JobError
from spark_jobs.pyspark_internals import java

Offsets = Mapping[int, int]
"""Seconds east of UTC by the moment (Unix seconds) from which they apply, in order."""


@dataclass(frozen=True)
class Difference:
    """A period, from `begin` to before `end` (Unix seconds), in which two sets of rules differ."""

    begin: int
    end: int
    expected: int
    found: int

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last local day of the period, by the offset that was found."""
        return _local_day(self.begin, self.found), _local_day(self.end - 1, self.found)


def java_rules(spark: SparkSession, zone: str) -> Any:
    """Return Java's ZoneRules of a zone. Raises JobError for a zone that Java lacks."""
    packages = java(spark).java
    try:
        return packages.time.ZoneId.of(zone).getRules()
    except (DateTimeException, Py4JJavaError) as error:
        raise JobError(
            f"time zone {zone!r} is unknown to this job's Java {packages.lang.System.getProperty('java.version')}; "
            "next: set business_timezone to a region that it knows, such as America/Chicago"
        ) from error


def java_offsets(spark: SparkSession, zone: str, first: int, last: int) -> Offsets:
    """Return Java's rules of a zone between two moments (Unix seconds). Raises JobError for a zone that Java lacks."""
    rules = java_rules(spark, zone)
    moment = java(spark).java.time.Instant.ofEpochSecond(first)
    found = {first: int(rules.getOffset(moment).getTotalSeconds())}
    while (change := rules.nextTransition(moment)) is not None and change.toEpochSecond() <= last:
        found[int(change.toEpochSecond())] = int(change.getOffsetAfter().getTotalSeconds())
        moment = change.getInstant()
    return found


def differences(expected: Offsets, found: Offsets, last: int) -> list[Difference]:
    """Return where two sets of rules differ, from the first moment of `found` to `last`, in order."""
    first = min(found)
    changes = sorted({*found, *(moment for moment in expected if first < moment <= last), last + 1})
    return [
        Difference(begin, end, _at(expected, begin), _at(found, begin))
        for begin, end in pairwise(changes)
        if _at(expected, begin) != _at(found, begin)
    ]


def require_same_rules(spark: SparkSession, zone: str, expected: Offsets, days: Iterable[str]) -> None:
    """Check that Java's rules and the pipeline's rules agree on the given local days (YYYY-MM-DD).

    Days before the first of these rules are not checked: an order of 1950 is a typing error, whatever its hour.

    Raises:
        JobError: names the zone, the first moment of a day with orders at which the rules differ, and both offsets.
    """
    start = min(expected)
    ordered = sorted(day for day in map(date.fromisoformat, days) if _midnight(day) >= start)
    if not ordered:
        return
    # A local day begins and ends within a day of the UTC day of its name.
    first, last = max(start, _midnight(ordered[0]) - 86_400), _midnight(ordered[-1]) + 2 * 86_400
    for difference in differences(expected, java_offsets(spark, zone, first, last), last):
        touched = _within(ordered, *difference.days)
        if touched:
            moment = max(difference.begin, _midnight(touched[0]) - difference.found)
            raise JobError(
                f"time zone {zone}: from {datetime.fromtimestamp(moment, UTC):%Y-%m-%dT%H:%M:%SZ} the pipeline's rules "
                f"say UTC{_text(difference.expected)}, this job's Java says UTC{_text(difference.found)}, and there "
                f"are orders on {touched[0]}; next: bring both to the same release of the IANA rules (Airflow's "
                "tzdata, the Glue version), or set business_timezone to a region with the same clock"
            )


def _within(ordered: Sequence[date], first: date, last: date) -> Sequence[date]:
    return ordered[bisect_left(ordered, first) : bisect_right(ordered, last)]


def _at(offsets: Offsets, moment: int) -> int:
    begins = list(offsets)
    return offsets[begins[max(0, bisect_right(begins, moment) - 1)]]


def _midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def _local_day(moment: int, offset: int) -> date:
    return (datetime.fromtimestamp(moment, UTC) + timedelta(seconds=offset)).date()


def _text(offset: int) -> str:
    sign, minutes = "-" if offset < 0 else "+", abs(offset) // 60
    return f"{sign}{minutes // 60:02d}:{minutes % 60:02d}"

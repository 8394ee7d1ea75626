"""The order in which days arrive does not change the marts, and a run builds only what changed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from biz_insights.gold.definition import gold_tables
from biz_insights.gold.periods import cutoff_date, quarter_of, year_of
from biz_insights.gold.plan import CLOSED_PERIODS
from tests.dags.gold.daily_runs import CALENDAR, SCORES, DailyRuns, Work, build_order, built_at_once
from tests.dags.gold.harness import DATABASE, Lake, Row, calendar_day
from tests.dags.gold.random_orders import random_lines

# Some days over three years, in closed periods; then twelve weeks around the end of a year.
LONG_AGO = [date(2020, 11, 30) + timedelta(days=43 * number) for number in range(25)]
LATELY = [date(2023, 11, 20) + timedelta(days=number) for number in range(84)]
DATES = [*LONG_AGO, *LATELY]
DAYS = [day.isoformat() for day in DATES]
TABLES = build_order()
# Few as-of dates, because each takes a translation of every mart: within a month, around new year, at the end.
AS_OF_DATES = [LATELY[number].isoformat() for number in (24, 41, 42, 70, 83)]
_, YEARS_END, NEW_YEAR, LATER, LAST = AS_OF_DATES
History = Mapping[str, frozenset[str]]


def content(row: Row) -> str:
    """Return the content of a line without its batch."""
    return repr({name: value for name, value in row.items() if name not in ("batch_id", "source_id")})


class Source:
    """The source database: the lines of each day that it has now, as silver accepts them."""

    def __init__(self, seed: int) -> None:
        self.whole: dict[str, list[Row]] = {day: [] for day in DAYS}
        for row in random_lines(seed, orders=220, dates=DATES):
            self.whole[row["order_date"].isoformat()].append(row)
        self.now: dict[str, list[Row]] = {}
        self.holidays: set[str] = set()

    def arrive(self, day: str) -> None:
        """Add the lines of a day that arrive in time: all except those of each third order."""
        self.now[day] = [row for row in self.whole[day] if not self._is_late(row)]

    def arrive_late(self, day: str) -> None:
        """Add the late lines of a day, whether the other lines have arrived or not."""
        there = {row["lineitem_id"] for row in self.now.get(day, [])}
        late = [row for row in self.whole[day] if self._is_late(row) and row["lineitem_id"] not in there]
        self.now[day] = [*self.now.get(day, []), *late]

    def has_late_lines(self, day: str) -> bool:
        """Return whether a day has lines of customers both in time and late."""
        late = [self._is_late(row) for row in self.whole[day] if row["user_id"] and not row["is_test"]]
        return any(late) and not all(late)

    def arrive_again(self, day: str) -> None:
        """Deliver the same lines in another order, in a new batch and with new row ids."""
        again = list(reversed(self.now.get(day, [])))
        self.now[day] = [row | {"batch_id": "again", "source_id": 9_000 + at} for at, row in enumerate(again)]

    def correct(self, day: str) -> None:
        """Make one line a dollar more expensive."""
        for row in self.now.get(day, [])[:1]:
            dearer = {name: row[name] + 1 for name in ("item_price", "item_amount", "gross_sales", "net_sales")}
            self.now[day] = [row | dearer, *self.now[day][1:]]

    def lose(self, day: str) -> None:
        """Delete a day; `arrive` adds it again."""
        self.now[day] = []

    def declare_holiday(self, day: str) -> None:
        """Correct the calendar; no line changes."""
        self.holidays.add(day)

    @property
    def lines(self) -> list[Row]:
        return [row for rows in self.now.values() for row in rows]

    @property
    def calendar(self) -> list[Row]:
        return [calendar_day(day, "Holiday" if day in self.holidays else None) for day in DAYS]

    def history(self) -> History:
        return {day: frozenset(map(content, rows)) for day, rows in self.now.items() if rows}

    @staticmethod
    def _is_late(row: Row) -> bool:
        return int(row["order_id"].removeprefix("order-")) % 3 == 0


EVENTS: dict[str, Callable[[Source, str], None]] = {
    "late lines": Source.arrive_late,
    "delivered again": Source.arrive_again,
    "corrected": Source.correct,
    "deleted": Source.lose,
    "delivered": Source.arrive,
    "holiday": Source.declare_holiday,
}


@dataclass(frozen=True)
class Step:
    """Events of the source before a run, the as-of date of the run, and the number of tables it builds."""

    events: Sequence[tuple[str, str]]  # (event, day)
    as_of: str
    tables: int = len(TABLES)


@dataclass
class Due:
    """The expected work of each table, computed from the rows: from the lines of each day or of all days so far."""

    made_from: dict[str, dict[str, Any]] = field(default_factory=dict)

    def work(self, name: str, as_of: str, history: History, holidays: frozenset[str]) -> Work:
        """Return the work of a run on one table, and record it as done."""
        complete = {day: lines for day, lines in history.items() if day <= as_of}
        made = self.made_from.setdefault(name, {})
        partition = "as_of_date" if name == SCORES else gold_tables()[name].partition
        reads_calendar = name != SCORES and CALENDAR in gold_tables()[name].reads
        wanted: dict[str, Any] = {as_of: (complete, holidays if reads_calendar else None)}
        within: set[str] = set()
        if partition == "order_date":
            # Without any day the table exists too, with an empty partition.
            wanted, within = {**complete} or {as_of: frozenset()}, {day for day in made if day <= as_of}
        if partition in CLOSED_PERIODS:
            wanted = {**closed(partition, complete, as_of)}
            within = {value for value in made if value <= CLOSED_PERIODS[partition].latest(as_of)}
        if partition == "cutoff_date":
            cutoff = cutoff_date(as_of)
            wanted = {cutoff: {day: lines for day, lines in complete.items() if day < cutoff}}
        built = frozenset(value for value in wanted if made.get(value) != wanted[value])
        removed = frozenset(within - wanted.keys())
        made.update(wanted)
        for value in removed:
            del made[value]
        return Work(built, removed)


def closed(period: str, history: History, as_of: str) -> Mapping[str, History]:
    """Return the lines by day from which each closed quarter or year is made; the latest one may have none.

    A year is also made from the lines of the next year, in which its customers return.
    """
    starts = {"quarter": quarter_of, "year": year_of}[period]
    latest = CLOSED_PERIODS[period].latest(as_of)
    found: dict[str, dict[str, frozenset[str]]] = {latest: {}}
    found |= {starts(day): {} for day in history if starts(day) <= latest}
    for start, made_from in found.items():
        read = (start, year_of(start, 1)) if period == "year" else (start,)
        made_from |= {day: lines for day, lines in history.items() if starts(day) in read}
    return found


def replay(source: Source, steps: Sequence[Step]) -> Lake:
    """Run the steps and compare the work of each run with the expected work."""
    runs, due = DailyRuns(), Due()
    for step in steps:
        for event, day in step.events:
            EVENTS[event](source, day)
        runs.deliver(source.lines, source.calendar)
        tables = TABLES[: step.tables]
        expected = {name: due.work(name, step.as_of, source.history(), frozenset(source.holidays)) for name in tables}
        assert runs.run(step.as_of, tables) == expected
    return runs.lake


def assert_equal_tables(replayed: Lake, at_once: Lake, as_of: str) -> None:
    """Compare every fact up to the as-of date and every mart of that date; doubles with a tolerance of 1e-12."""
    for table in gold_tables().values():
        if table.kind == "views":
            continue
        where = {
            "order_date": f"order_date <= DATE '{as_of}'",
            "quarter": f"quarter < DATE '{quarter_of(as_of)}'",
            "year": f"year <= DATE '{CLOSED_PERIODS['year'].latest(as_of)}'",
            "cutoff_date": f"cutoff_date = DATE '{cutoff_date(as_of)}'",
            "as_of_date": f"as_of_date = DATE '{as_of}'",
        }[table.partition]
        found, expected = (rows_by(table.grain.split(" x "), lake, table.name, where) for lake in (replayed, at_once))
        assert found.keys() == expected.keys(), table.name
        for grain, row in expected.items():
            assert all(map(agree, found[grain].values(), row.values())), (table.name, found[grain], row)


def rows_by(grain: list[str], lake: Lake, name: str, where: str) -> dict[tuple[Any, ...], Row]:
    rows = lake.query(f"SELECT * FROM {DATABASE}.{name} WHERE {where}")
    found = {tuple(row[column] for column in grain): row for row in rows}
    assert len(found) == len(rows), f"{name} has a {' x '.join(grain)} twice"
    return found


def agree(found: Any, expected: Any) -> bool:
    if isinstance(expected, float) and isinstance(found, float):
        return math.isclose(found, expected, rel_tol=1e-12)
    return type(found) is type(expected) and found == expected


@st.composite
def replays(draw: st.DrawFn) -> list[Step]:
    """Draw steps: all days in any order, with late lines, repeats, corrections, deletions and interrupted runs.

    In the last step deleted days are delivered again, and the run is complete.
    """
    first, *rest = DAYS
    days = [first, *draw(st.permutations(rest))]
    count = draw(st.integers(3, 5))
    steps = []
    for number in range(count):
        arriving = days[number * len(days) // count : (number + 1) * len(days) // count]
        # The first day is never deleted: a mart needs at least one complete day.
        events = draw(st.lists(st.tuples(st.sampled_from([*EVENTS]), st.sampled_from(rest)), max_size=4))
        tables_built = draw(st.integers(0, len(TABLES)) | st.just(len(TABLES)))
        steps.append(
            Step([("delivered", day) for day in arriving] + events, draw(st.sampled_from(AS_OF_DATES)), tables_built)
        )
    deleted = [("delivered", day) for step in steps for event, day in step.events if event == "deleted"]
    return [*steps, Step(deleted, draw(st.sampled_from(AS_OF_DATES[1:])))]


ALTERNATE_DAYS, OTHER_DAYS = DAYS[::2], DAYS[1::2]
EVERYTHING = [
    Step([("delivered", day) for day in reversed(ALTERNATE_DAYS)], LAST),
    Step(
        [("delivered", day) for day in OTHER_DAYS] + [("late lines", day) for day in OTHER_DAYS[:9]], NEW_YEAR, tables=5
    ),
    Step([("deleted", DAYS[6]), ("corrected", DAYS[8]), ("holiday", DAYS[9])], LAST, tables=9),
    Step([("delivered", DAYS[6]), ("late lines", DAYS[30])] + [("delivered again", day) for day in DAYS], YEARS_END),
    Step([("deleted", DAYS[50]), ("holiday", YEARS_END)], LATER),
]


@settings(
    max_examples=3,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # each try runs hundreds of statements: shrinking would take an hour
    suppress_health_check=[HealthCheck.too_slow],
)
@given(steps=replays(), seed=st.integers(0, 99))
@example(steps=EVERYTHING, seed=1)
def test_several_runs_give_the_same_tables_as_one(steps: list[Step], seed: int) -> None:
    source = Source(seed)
    replayed = replay(source, steps)
    as_of = steps[-1].as_of
    assert_equal_tables(replayed, built_at_once(source.lines, source.calendar, as_of), as_of)


def test_a_run_builds_what_changed_and_what_is_made_from_it() -> None:
    """The expected work of `Due`, written out for a few deliveries."""
    source, runs = Source(1), DailyRuns()

    def run_after(*events: tuple[str, str]) -> dict[str, Work]:
        for event, day in events:
            EVENTS[event](source, day)
        runs.deliver(source.lines, source.calendar)
        return runs.run(LAST, TABLES)

    partitions = {name: "as_of_date" if name == SCORES else gold_tables()[name].partition for name in TABLES}

    def each(of_date: Work, **of_partition: Work) -> dict[str, Work]:
        works = {"order_date": nothing, "quarter": nothing, "year": nothing, "cutoff_date": nothing} | of_partition
        return {name: (works | {"as_of_date": of_date})[partition] for name, partition in partitions.items()}

    def work(*values: str) -> Work:
        return Work(frozenset(values))

    nothing, today = Work(), work(LAST)
    late, deleted = [day for day in map(date.isoformat, LATELY) if source.has_late_lines(day)][:2]
    assert quarter_of(late) == quarter_of(deleted) < quarter_of(LAST)
    first = run_after(*(("delivered", day) for day in DAYS), ("deleted", late))
    assert {first[name] for name, partition in partitions.items() if partition == "as_of_date"} == {today}
    daily = [first[name] for name, partition in partitions.items() if partition == "order_date"]
    assert all(late not in work.built and deleted in work.built for work in daily)
    assert set(run_after(*(("delivered again", day) for day in DAYS)).values()) == {nothing}
    # Returning customers of 2022 are counted in 2023.
    closed = {"quarter": work(quarter_of(late)), "year": work("2022-01-01")}
    assert run_after(("late lines", late)) == each(today, order_date=work(late), **closed)
    removed = Work(removed=frozenset({deleted}))
    assert run_after(("deleted", deleted)) == each(today, order_date=removed, **closed)
    assert run_after(("holiday", late)) == {name: today if name == "mart_sales_trends" else nothing for name in TABLES}
    # A day before the cutoff date changes the totals too.
    long_ago = next(day for day in DAYS if day > "2021-01-01" and source.now[day])
    assert run_after(("corrected", long_ago)) == each(
        today,
        order_date=work(long_ago),
        quarter=work(quarter_of(long_ago)),
        year=work("2020-01-01", "2021-01-01"),  # returning customers of 2020 are counted in 2021
        cutoff_date=work(cutoff_date(LAST)),
    )

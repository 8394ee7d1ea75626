"""Which as-of dates, cutoff dates and batches stay published."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from biz_insights.lake.retention import days_before, expired_as_of_dates, expired_batches, expired_cutoff_dates


def days(first: str, count: int) -> list[str]:
    begin = date.fromisoformat(first)
    return [(begin + timedelta(days=step)).isoformat() for step in range(count)]


def test_every_recent_day_and_the_ends_of_older_months_stay() -> None:
    published = days("2024-01-01", 200)
    expired = expired_as_of_dates(published, days=90)
    kept = sorted(set(published) - set(expired))
    newest = published[-1]
    assert [day for day in kept if day < days_before(newest, 90)] == ["2024-01-31", "2024-02-29", "2024-03-31"]
    assert set(published[-91:]) <= set(kept)


def test_a_month_whose_last_day_was_never_published_keeps_its_last_published_day() -> None:
    assert expired_as_of_dates(["2023-01-03", "2023-01-17", "2024-06-01"], days=90) == ["2023-01-03"]


def test_a_pinned_date_stays() -> None:
    assert expired_as_of_dates(["2023-01-03", "2023-01-17", "2024-06-01"], days=90, held={"2023-01-03"}) == []


@settings(deadline=None, max_examples=60)
@given(
    st.sets(st.dates(date(2020, 1, 1), date(2026, 12, 31)).map(date.isoformat), max_size=60),
    st.integers(1, 400),
)
def test_the_newest_date_stays_and_a_second_run_removes_nothing(published: set[str], kept_days: int) -> None:
    expired = set(expired_as_of_dates(published, kept_days))
    left = published - expired
    assert not published or max(published) in left
    assert expired_as_of_dates(left, kept_days) == []
    assert {day[:7] for day in published} == {day[:7] for day in left}
    assert all(day < days_before(max(published), kept_days) for day in expired)


def test_a_cutoff_date_that_a_recent_day_reads_stays_and_so_does_the_newest() -> None:
    cutoffs = ["2021-10-01", "2022-01-01", "2022-04-01"]
    assert expired_cutoff_dates(cutoffs, "2022-01-01") == ["2021-10-01"]
    assert expired_cutoff_dates(cutoffs, "2030-01-01") == ["2021-10-01", "2022-01-01"]
    assert expired_cutoff_dates(cutoffs, "2022-01-01", held={"2021-10-01"}) == []
    assert expired_cutoff_dates([], "2022-01-01") == []


def test_a_batch_stays_while_it_was_current_at_some_time_of_the_retention() -> None:
    day = datetime(2024, 1, 1, tzinfo=UTC)
    published = {"a": day, "b": day + timedelta(days=1), "c": day + timedelta(days=40)}
    before = day + timedelta(days=20)
    # `b` was current until `c` came, within the retention.
    assert expired_batches(published, {"c"}, before) == ["a"]
    assert expired_batches(published, {"a"}, before) == []

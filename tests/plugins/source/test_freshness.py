"""Which days without orders pass, which stop the run, and what the log and the error say."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import date, timedelta

import pytest

from biz_insights.errors import PermanentError
from biz_insights.settings import Settings
from biz_insights.source.freshness import judge, require_orders
from biz_insights.source.order_days import HISTORY_DAYS, OrderDays

LAST = date(2024, 3, 8)
"""A Friday; no public holiday of the United States is near."""
SETTINGS = Settings()


def days_back(count: int = HISTORY_DAYS, last: date = LAST) -> list[date]:
    return [last - timedelta(days=n) for n in range(count)]


def source(days: Iterable[date], last: date = LAST, **more: object) -> OrderDays:
    found = frozenset(day for day in days if day <= last)
    return OrderDays(first=min(found), last=max(found), days=found, **more)  # type: ignore[arg-type]


def passes(found: OrderDays, day: date, settings: Settings = SETTINGS, **more: bool) -> bool:
    try:
        require_orders(found, day.isoformat(), settings, **more)
    except PermanentError:
        return False
    return True


def test_a_day_with_orders_passes() -> None:
    assert passes(source(days_back()), LAST)


def test_a_source_that_sells_every_day_is_stale_after_one_day() -> None:
    found = source(days_back())
    with pytest.raises(PermanentError) as error:
        require_orders(found, "2024-03-10", SETTINGS)
    assert str(error.value) == (
        "process_date 2024-03-10: the source has no orders on Saturday 2024-03-09, Sunday 2024-03-10; its last orders "
        "up to that day are of 2024-03-08. Load newer files with load_source_database, or, if the stores were closed, "
        "name the days in the setting closed_days, or trigger this run with accept_no_orders"
    )


def test_a_long_gap_is_summed_up() -> None:
    with pytest.raises(PermanentError, match=r"Monday 2024-03-18 and \d+ more; its last"):
        require_orders(source(days_back()), (LAST + timedelta(days=1000)).isoformat(), SETTINGS)


def test_the_parameter_lets_one_run_pass_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    assert passes(source(days_back()), LAST + timedelta(days=1), accept_no_orders=True)
    assert "no orders on Saturday 2024-03-09; the run goes on, because accept_no_orders is set" in caplog.text


@pytest.mark.parametrize(
    ("settings", "holidays", "reason"),
    [
        (Settings(closed_days="SATURDAY"), {}, "the setting closed_days names it"),
        (Settings(closed_days="2024-03-09"), {}, "the setting closed_days names it"),
        (Settings(), {date(2024, 3, 9): "Founders' Day"}, "the source's calendar says holiday (Founders' Day)"),
    ],
)
def test_a_closed_day_passes_and_the_log_says_why(
    settings: Settings, holidays: dict[date, str], reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    found = source(days_back(), holidays=holidays)
    with caplog.at_level(logging.INFO):
        assert passes(found, date(2024, 3, 9), settings)
    assert f"Saturday 2024-03-09 has no orders, and the run goes on: {reason}" in caplog.text
    assert not passes(found, date(2024, 3, 10), settings), "the day after is not closed"


def test_a_public_holiday_passes_in_its_country_only() -> None:
    eve = date(2024, 12, 24)
    found = source(days_back(last=eve), last=eve)
    assert judge(found, date(2024, 12, 25), SETTINGS).reasons == {
        date(2024, 12, 25): "a public holiday (Christmas Day)"
    }
    assert not passes(found, date(2024, 12, 26), SETTINGS)
    assert passes(found, date(2024, 12, 26), Settings(holiday_country="GB"))


def test_an_unknown_country_names_the_setting() -> None:
    with pytest.raises(PermanentError, match=r"holiday_country is 'ZZ' and holiday_subdivision ''.*ISO code"):
        require_orders(source(days_back()), "2024-03-09", Settings(holiday_country="ZZ"))


def test_a_weekday_on_which_the_chain_never_sells_passes() -> None:
    found = source(day for day in days_back() if day.weekday() != 5)
    assert passes(found, date(2024, 3, 9))
    assert not passes(found, date(2024, 3, 10)), "the Sunday after it has orders in other weeks"


def test_weekly_closing_days_do_not_excuse_another_day() -> None:
    """Closed on Sundays: a gap of one day is usual on Sundays and on no other day."""
    found = source(day for day in days_back(last=date(2024, 3, 11)) if day.weekday() != 6)
    assert not passes(source(found.days, date(2024, 3, 4)), date(2024, 3, 5))


@pytest.mark.parametrize(
    ("weeks", "reason"),
    [
        (8, "no orders on a Saturday in the 8 weeks before 2024-03-08"),
        (7, "a gap of 1 day(s) is usual: the longest in the 90 days before 2024-03-08"),
    ],
)
def test_a_habit_takes_eight_weeks(weeks: int, reason: str) -> None:
    found = source(day for day in days_back(weeks * 7 + 1) if day.weekday() != 5)
    assert judge(found, date(2024, 3, 9), SETTINGS).reasons == {date(2024, 3, 9): reason}


def test_a_dead_source_never_becomes_a_habit() -> None:
    """After eight weeks without a load no weekday has orders in the last eight weeks: those before the gap count."""
    found = source(days_back())
    assert not any(passes(found, LAST + timedelta(days=n)) for n in range(1, 120))


def test_a_shop_that_does_not_sell_every_day_may_pause_as_long_as_before() -> None:
    days = [LAST - timedelta(days=n) for n in (0, 3, 4, 9, 11, 15, 16, 20, 26, 30)]
    assert passes(source(days), LAST + timedelta(days=5))
    assert not passes(source(days), LAST + timedelta(days=6))
    reason = judge(source(days), LAST + timedelta(days=1), SETTINGS).reasons[LAST + timedelta(days=1)]
    assert reason == "a gap of 5 day(s) is usual: the longest in the 90 days before 2024-03-08"


def test_closed_days_and_open_days_of_one_gap_are_told_apart() -> None:
    found = source(days_back())
    with pytest.raises(PermanentError, match=r"no orders on Sunday 2024-03-10; its"):
        require_orders(found, "2024-03-10", Settings(closed_days="SATURDAY"))

"""The setting `closed_days`: what it may name, and the message about what it may not."""

from __future__ import annotations

from datetime import date

import pytest

from biz_insights.settings import SettingsError, resolve
from biz_insights.store_closings import store_closings


def test_weekdays_and_dates_are_closed() -> None:
    closed = store_closings("sunday, 2026-12-25,")
    assert date(2026, 11, 29) in closed and date(2026, 12, 25) in closed
    assert date(2026, 11, 30) not in closed and date(2025, 12, 25) not in closed


def test_without_the_setting_no_day_is_closed() -> None:
    assert date(2026, 11, 29) not in store_closings("")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Sun", "'Sun' is neither a weekday nor a date; write weekdays as SUNDAY and dates as 2026-12-25"),
        ("SUNDAY, 25.12.2026", "'25.12.2026' is neither"),
        ("2026-02-30", "'2026-02-30' is neither"),
        ("MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY", "names every weekday"),
    ],
)
def test_a_wrong_list_is_a_wrong_setting(text: str, said: str) -> None:
    with pytest.raises(SettingsError, match="setting closed_days: ") as error:
        resolve({"BIZ_INSIGHTS_CLOSED_DAYS": text})
    assert said in str(error.value)

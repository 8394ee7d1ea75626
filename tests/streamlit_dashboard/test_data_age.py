"""The data's age beside the clock, in the business time zone: what the pages say, and when it is a warning."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from streamlit_dashboard import alerts, data_age
from streamlit_dashboard.navigation import page_files
from tests.streamlit_dashboard.conftest import texts
from tests.streamlit_dashboard.lake import LAST_DAY

PAGES = [page.name for page in page_files()]


@pytest.mark.parametrize(
    ("at", "days", "is_late", "said"),
    [
        # Chicago is six hours behind UTC: there it is still the 18th, which is not over.
        ("2024-02-19T05:59", 1, False, "they count every day through yesterday, 17 Feb 2024."),
        ("2024-02-19T06:00", 2, False, "The run of this night adds yesterday, 18 Feb 2024."),
        ("2024-02-19T11:59", 2, False, "The run of this night adds yesterday, 18 Feb 2024."),
        ("2024-02-19T12:00", 2, True, "and are 2 days old: yesterday, 18 Feb 2024, is missing. The daily run has"),
        ("2024-02-25T12:00", 8, True, "the 7 days since then, up to yesterday, are missing. The daily run has failed"),
        ("2026-11-29T12:00", 1016, True, "The data end on 17 Feb 2024 and are 1,016 days old: the 1,015 days since"),
        ("2026-11-29T12:00", 1016, True, "That is right for a sample or an old copy; otherwise the daily run has"),
    ],
)
def test_the_newest_day_is_compared_with_the_clock(at: str, days: int, is_late: bool, said: str) -> None:
    age = data_age.of(date(2024, 2, 17), datetime.fromisoformat(at).replace(tzinfo=UTC))
    assert (age.days, age.is_late) == (days, is_late)
    assert said in age.sentence


def test_the_time_zone_of_the_business_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    from streamlit_dashboard.warehouse import athena

    monkeypatch.setenv("BIZ_INSIGHTS_BUSINESS_TIMEZONE", "Pacific/Auckland")
    athena.settings.cache_clear()
    assert data_age.of(date(2024, 2, 17), datetime(2024, 2, 18, 18, tzinfo=UTC)).is_late
    athena.settings.cache_clear()


@pytest.mark.parametrize("page", PAGES)
def test_every_page_says_how_old_its_data_are(page: str, published, open_page, monkeypatch) -> None:
    """Published a minute ago, and still old: the time of the publish says nothing about the data."""
    monkeypatch.setattr(data_age, "now", lambda: datetime(2026, 11, 29, 12, tzinfo=UTC))
    app = open_page(page)
    assert not app.exception and not app.error
    assert ":orange[:material/warning:] The data end on 18 Feb 2024 and are 1,015 days old" in texts(app)


def test_new_data_are_no_warning(published, open_page, monkeypatch) -> None:
    monkeypatch.setattr(data_age, "now", lambda: datetime(2024, 2, 19, 14, tzinfo=UTC))
    said = texts(open_page("overview"))
    assert "The data are up to date: they count every day through yesterday, 18 Feb 2024." in said
    assert "Complete days are missing" not in said


def test_missing_days_need_a_look(published, monkeypatch) -> None:
    late = alerts._publish(datetime(2024, 2, 21, 14, tzinfo=UTC))
    assert late[0].title == "Complete days are missing." and "see Data health" in late[0].text
    assert f"The data end on {LAST_DAY.day} Feb 2024" in late[0].text
    fresh = alerts._publish(datetime(2024, 2, 19, 14, tzinfo=UTC))
    assert "Complete days are missing." not in [alert.title for alert in fresh]

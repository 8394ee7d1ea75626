"""Public holidays of the years that the source's calendar does not cover."""

import sys
from datetime import date

import pytest

from spark_jobs.errors import JobError
from spark_jobs.transforms.holidays import public_holidays, with_source_names


def test_the_federal_holidays_of_a_year() -> None:
    found = public_holidays("US", "", [2022])
    assert len(found) == 11
    # 25 December 2022 was a Sunday; the Monday off in its place is not the holiday.
    assert found[date(2022, 12, 25)] == "Christmas Day" and date(2022, 12, 26) not in found
    assert found[date(2022, 11, 24)] == "Thanksgiving Day"
    assert date(2022, 6, 19) in found and date(2020, 6, 19) not in public_holidays("US", "", [2020])


def test_a_part_of_the_country_has_its_own() -> None:
    assert date(2023, 4, 17) in public_holidays("US", "MA", [2023])
    assert date(2023, 4, 17) not in public_holidays("US", "", [2023])


def test_years_out_of_the_librarys_reach_have_none() -> None:
    assert public_holidays("US", "", [2199]) == {}
    assert public_holidays("US", "", []) == {}


@pytest.mark.parametrize(("country", "subdivision"), [("XX", ""), ("US", "Chicago")])
def test_an_unknown_place_is_named(country: str, subdivision: str) -> None:
    with pytest.raises(JobError, match=f"'{country}' and --holiday_subdivision '{subdivision}': .*; next: set"):
        public_holidays(country, subdivision, [2023])


def test_a_missing_module_says_what_the_job_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "holidays", None)
    with pytest.raises(JobError, match=r"holidays is missing; next: .*--additional-python-modules"):
        public_holidays("US", "", [2023])


def test_a_holiday_has_the_sources_name_in_every_year() -> None:
    library = public_holidays("US", "", [2022, 2023])
    source = {date(2023, 2, 20): "Presidents' Day", date(2023, 5, 5): "Founders' Day", date(2023, 6, 19): ""}
    found = with_source_names(library, source)
    assert found[date(2022, 2, 21)] == "Presidents' Day"
    assert found[date(2022, 6, 19)] == "Juneteenth National Independence Day"
    assert found[date(2022, 12, 25)] == "Christmas Day"
    assert found.keys() == library.keys()

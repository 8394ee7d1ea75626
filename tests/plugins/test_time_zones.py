"""Names of time zones: regions are accepted; every other name is refused with the region to use."""

from zoneinfo import ZoneInfo

import pytest

from biz_insights.time_zones import REGIONS, TimeZoneError, require_region


@pytest.mark.parametrize(
    "name",
    ["UTC", "America/Chicago", "Pacific/Honolulu", "Asia/Kolkata", "America/Argentina/Buenos_Aires",
     "America/Port-au-Prince", "Etc/GMT+6", "US/Central"],
)  # fmt: skip
def test_utc_and_regions_are_accepted(name: str) -> None:
    require_region(name)


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("CET", "use Europe/Brussels"),
        ("EET", "use Europe/Athens"),
        ("MET", "use Europe/Brussels"),
        ("WET", "use Europe/Lisbon"),
        ("EST", "use America/Panama"),
        ("PST8PDT", "use America/Los_Angeles"),
        ("Japan", "use Asia/Tokyo"),
        ("GMT", "use UTC"),
        ("IST", "use a name such as America/Chicago"),
        ("Chicago", "use America/Chicago"),
        ("new york", "use America/New_York"),
        ("Asia/Honolulu", "use Pacific/Honolulu"),
        ("America/Chicargo", "use a name such as America/Chicago"),
        ("posix/America/Chicago", "use America/Chicago"),
        ("right/America/Chicago", "use America/Chicago"),
        ("localtime", "use a name such as America/Chicago"),
        ("+05:30", "use a name such as America/Chicago"),
        ("America/Chicago ", "use a name such as America/Chicago"),
        ("../Chicago", "use America/Chicago"),
        ("", "use a name such as America/Chicago"),
    ],
)
def test_other_names_are_refused_with_the_region_to_use(name: str, suggestion: str) -> None:
    with pytest.raises(TimeZoneError) as raised:
        require_region(name)
    assert repr(name) in str(raised.value)
    assert str(raised.value).endswith(suggestion)


def test_every_suggested_region_is_accepted() -> None:
    for name, region in REGIONS.items():
        require_region(region)
        assert ZoneInfo(region)
        with pytest.raises(TimeZoneError):
            require_region(name)

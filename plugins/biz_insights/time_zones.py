"""Time zones: the names that are accepted, and the rules of a zone as data.

Python, Java and PostgreSQL each have their own copy of the IANA rules. For names without a region the copies differ by
design: PostgreSQL reads CET as a fixed offset without summer time, and Python and Java differ for WET before 1996. For
regions they differ only when their releases differ. This project uses Python's rules. The Glue job compares the rules
of its Java with them (`spark_jobs/zone_rules.py`).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

REGION_PATTERN = r"[A-Z][A-Za-z_]*(/[A-Za-z0-9_+-]+)+"
EXAMPLE = "America/Chicago"

FROM = datetime(1970, 1, 1, tzinfo=UTC)
BEFORE = datetime(2200, 1, 1, tzinfo=UTC)
"""The times whose rules are compared: from the start of the maintained IANA rules to the end of what silver reads."""

REGIONS = {
    "CET": "Europe/Brussels", "CST6CDT": "America/Chicago", "Cuba": "America/Havana", "EET": "Europe/Athens",
    "EST": "America/Panama", "EST5EDT": "America/New_York", "Egypt": "Africa/Cairo", "Eire": "Europe/Dublin",
    "GB": "Europe/London", "GB-Eire": "Europe/London", "GMT": "UTC", "GMT+0": "UTC", "GMT-0": "UTC", "GMT0": "UTC",
    "Greenwich": "UTC", "HST": "Pacific/Honolulu", "Hongkong": "Asia/Hong_Kong", "Iceland": "Atlantic/Reykjavik",
    "Iran": "Asia/Tehran", "Israel": "Asia/Jerusalem", "Jamaica": "America/Jamaica", "Japan": "Asia/Tokyo",
    "Kwajalein": "Pacific/Kwajalein", "Libya": "Africa/Tripoli", "MET": "Europe/Brussels", "MST": "America/Phoenix",
    "MST7MDT": "America/Denver", "NZ": "Pacific/Auckland", "NZ-CHAT": "Pacific/Chatham", "Navajo": "America/Denver",
    "PRC": "Asia/Shanghai", "PST8PDT": "America/Los_Angeles", "Poland": "Europe/Warsaw", "Portugal": "Europe/Lisbon",
    "ROC": "Asia/Taipei", "ROK": "Asia/Seoul", "Singapore": "Asia/Singapore", "Turkey": "Europe/Istanbul",
    "UCT": "UTC", "Universal": "UTC", "W-SU": "Europe/Moscow", "WET": "Europe/Lisbon", "Zulu": "UTC",
}  # fmt: skip
"""The region that each old name without a region means, from the IANA file of old names."""


class TimeZoneError(ValueError):
    """A name is not accepted. The message says which name to use instead."""


def require_region(name: str) -> None:
    """Check that a name is `UTC` or a region of the IANA list, such as `America/Chicago`.

    Raises:
        TimeZoneError: the name is an abbreviation, an old name without a region, or unknown.
    """
    if name == "UTC":
        return
    if not re.fullmatch(REGION_PATTERN, name):
        raise TimeZoneError(f"{name!r} is not a region of the IANA time zone list; use {_suggestion(name)}")
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise TimeZoneError(f"{name!r} is not in the IANA time zone list; use {_suggestion(name)}") from error


def offset_changes(name: str) -> dict[int, int]:
    """Return the rules of a zone from 1970 to 2199, as Python knows them.

    Returns:
        The offset in seconds east of UTC, by the Unix time in seconds from which it applies, in order of time. The
        first entry is for the start of 1970.
    """
    zone = ZoneInfo(name)

    def offset_at(second: int) -> int:
        offset = datetime.fromtimestamp(second, zone).utcoffset()
        assert offset is not None, "an aware time has an offset"
        return int(offset.total_seconds())

    day = int(timedelta(days=1).total_seconds())
    begin, end = int(FROM.timestamp()), int(BEFORE.timestamp())
    changes = {begin: offset_at(begin)}
    current = changes[begin]
    for morning in range(begin, end, day):
        following = offset_at(morning + day)
        if following != current:
            before, after = morning, morning + day
            while after - before > 1:
                middle = (before + after) // 2
                before, after = (before, middle) if offset_at(middle) == following else (middle, after)
            changes[after] = current = following
    return changes


def _suggestion(name: str) -> str:
    """Return the region that was probably meant, or an example."""
    if name in REGIONS:
        return REGIONS[name]
    city = name.rpartition("/")[2].replace(" ", "_").casefold()
    same_city = sorted(
        region
        for region in available_timezones()
        if re.fullmatch(REGION_PATTERN, region) and region.rpartition("/")[2].casefold() == city
    )
    return same_city[0] if same_city else f"a name such as {EXAMPLE}"

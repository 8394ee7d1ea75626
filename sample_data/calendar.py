"""Business days of the sample: seasons, holidays, closures, local time to UTC, and the date dimension.

A day is an index from FIRST_DAY. `intensity` is how much customers buy on that day (1 = average): customers'
purchases, arrivals and guests are multiplied by it, so a closed day (0) has no order.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from sample_data.arrays import Flags, Floats, Ints

FIRST_DAY = date(2020, 4, 1)
LAST_DAY = date(2024, 2, 18)  # incomplete: the source was copied at CUTOFF_HOUR local time
CUTOFF_HOUR = 14
BUSINESS_TIMEZONE = "America/Chicago"
DATE_DIM_YEAR = 2023
PILOT_END = date(2020, 9, 27)  # until then weekdays only

WEEKDAY_FACTOR = (1.02, 1.06, 1.08, 1.08, 1.12, 0.92, 0.72)  # Monday first
SEASON_AMPLITUDE = 0.13  # yearly, highest in mid July
SEASON_PEAK_DAY = 196
HOLIDAY_FACTOR = {
    "New Year's Day": 0.0,
    "Easter Sunday": 0.0,
    "Thanksgiving Day": 0.0,
    "Christmas Day": 0.0,
    "Memorial Day": 0.62,
    "Independence Day": 0.45,
    "Labor Day": 0.65,
    "Juneteenth": 0.9,
    "Martin Luther King Jr. Day": 0.88,
    "Presidents' Day": 0.92,
    "Columbus Day": 0.93,
    "Veterans Day": 0.95,
    "Christmas Eve": 0.55,
    "New Year's Eve": 0.75,
    "Mother's Day": 1.25,
}
OUTAGES = (  # the ordering system was down for the whole day
    "2020-10-14", "2020-12-17", "2021-02-16", "2021-02-17", "2021-06-08", "2021-09-02", "2021-12-07",
    "2022-01-29", "2022-07-21", "2022-11-08", "2023-01-11", "2023-07-06", "2024-01-13",
)  # fmt: skip
# Orders by local hour 0..23; the minimum at 2 to 4 shows the stores' time zone.
WEEKDAY_HOURS = (3, 1.5, 0.6, 0.5, 3, 18, 55, 95, 100, 78, 62, 92, 118, 88, 55, 42, 40, 44, 38, 26, 18, 12, 8, 5)
WEEKEND_HOURS = (5, 2.5, 0.9, 0.6, 1.5, 7, 24, 55, 88, 108, 104, 100, 98, 82, 58, 46, 42, 42, 36, 26, 19, 13, 9, 6)


@dataclass(frozen=True)
class Calendar:
    """One value per business day (index from FIRST_DAY) in every array of length `days`."""

    days: int
    intensity: Floats
    clock: Floats  # (days + 1,) cumulative intensity: the time scale of purchases
    weekend: Flags
    month: Ints  # months since FIRST_DAY's
    midnight_utc: Ints  # epoch seconds of local midnight by the morning's UTC offset
    daytime_utc: Ints  # the same by the offset valid from 02:00 on, which differs on clock-change days
    hour_edges: Floats  # (2, 25) cumulative share of orders by local hour; row 1 is the weekend

    @property
    def months(self) -> int:
        """Number of calendar months touched."""
        return int(self.month[-1]) + 1

    def local_seconds(self, day: Ints, uniform: Floats) -> Ints:
        """Seconds since local midnight for orders of these days, in milliseconds; the last day stops early."""
        edges = self.hour_edges
        seconds = np.empty(len(day))
        last_share = edges[int(self.weekend[-1]), CUTOFF_HOUR]
        scaled = np.where(day == self.days - 1, uniform * last_share, uniform)
        for kind in (0, 1):
            chosen = self.weekend[day] == bool(kind)
            seconds[chosen] = np.interp(scaled[chosen], edges[kind], np.arange(25) * 3600.0)
        return np.minimum((seconds * 1000).astype(np.int64), 86_399_999)

    def to_utc(self, day: Ints, local_ms: Ints) -> Ints:
        """Epoch milliseconds of a local wall-clock time, summer time included."""
        base = np.where(local_ms < 7_200_000, self.midnight_utc[day], self.daytime_utc[day])
        return base * 1000 + local_ms


def day_date(day: int) -> date:
    """Return the calendar date of a day index."""
    return FIRST_DAY + timedelta(days=day)


def day_index(when: date) -> int:
    """Return the days since FIRST_DAY."""
    return (when - FIRST_DAY).days


def easter(year: int) -> date:
    """Return Western Easter Sunday (anonymous Gregorian computus)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e, g = b // 4, b % 4, (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    ell = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * ell) // 451
    month, day = divmod(h + ell - 7 * m + 114, 31)
    return date(year, month, day + 1)


def _nth_weekday(year: int, month: int, weekday: int, nth: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


def us_holidays(year: int) -> dict[date, str]:
    """Return the US federal holidays by date, as a date dimension has them."""
    days = {
        date(year, 1, 1): "New Year's Day",
        _nth_weekday(year, 1, 0, 3): "Martin Luther King Jr. Day",
        _nth_weekday(year, 2, 0, 3): "Presidents' Day",
        _nth_weekday(year, 6, 0, 1) - timedelta(days=7): "Memorial Day",
        date(year, 7, 4): "Independence Day",
        _nth_weekday(year, 9, 0, 1): "Labor Day",
        _nth_weekday(year, 10, 0, 2): "Columbus Day",
        date(year, 11, 11): "Veterans Day",
        _nth_weekday(year, 11, 3, 4): "Thanksgiving Day",
        date(year, 12, 25): "Christmas Day",
    }
    if year >= 2021:
        days[date(year, 6, 19)] = "Juneteenth"
    return dict(sorted(days.items()))


def special_days(year: int) -> dict[date, str]:
    """Return the holidays and the other days that change sales."""
    return us_holidays(year) | {
        easter(year): "Easter Sunday",
        _nth_weekday(year, 5, 6, 2): "Mother's Day",
        date(year, 12, 24): "Christmas Eve",
        date(year, 12, 31): "New Year's Eve",
    }


def _day_intensity(dates: list[date]) -> Floats:
    weekday = np.array([WEEKDAY_FACTOR[d.weekday()] for d in dates])
    yearday = np.array([d.timetuple().tm_yday for d in dates])
    intensity = weekday * (1 + SEASON_AMPLITUDE * np.cos(2 * np.pi * (yearday - SEASON_PEAK_DAY) / 365.25))
    for year in range(dates[0].year, dates[-1].year + 1):
        for when, name in special_days(year).items():
            if dates[0] <= when <= dates[-1]:
                intensity[day_index(when)] *= HOLIDAY_FACTOR[name]
    intensity[[day_index(date.fromisoformat(text)) for text in OUTAGES]] = 0
    pilot_weekend = [i for i, d in enumerate(dates) if d <= PILOT_END and d.weekday() >= 5]
    intensity[pilot_weekend] = 0
    whole_years = np.array([2021 <= d.year <= 2023 for d in dates])
    return np.asarray(intensity / intensity[whole_years].mean())


def _utc_offset(when: date, at: time, zone: ZoneInfo) -> int:
    offset = datetime.combine(when, at, tzinfo=zone).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())


def build_calendar() -> Calendar:
    """Return the calendar of the whole sample; it is the same on every call."""
    days = day_index(LAST_DAY) + 1
    dates = [day_date(day) for day in range(days)]
    weekend = np.array([d.weekday() >= 5 for d in dates])
    hours = np.array([WEEKDAY_HOURS, WEEKEND_HOURS], dtype=np.float64)
    hour_edges = np.zeros((2, 25))
    hour_edges[:, 1:] = np.cumsum(hours / hours.sum(axis=1, keepdims=True), axis=1)
    hour_edges[:, 24] = 1.0
    intensity = _day_intensity(dates)
    intensity[-1] *= hour_edges[int(weekend[-1]), CUTOFF_HOUR]
    zone = ZoneInfo(BUSINESS_TIMEZONE)
    epoch = np.array([int(datetime.combine(d, time(), tzinfo=UTC).timestamp()) for d in dates])
    return Calendar(
        days=days,
        intensity=intensity,
        clock=np.concatenate([[0.0], np.cumsum(intensity)]),
        weekend=weekend,
        month=np.array([(d.year - FIRST_DAY.year) * 12 + d.month - FIRST_DAY.month for d in dates]),
        midnight_utc=epoch - np.array([_utc_offset(d, time(0), zone) for d in dates]),
        daytime_utc=epoch - np.array([_utc_offset(d, time(12), zone) for d in dates]),
        hour_edges=hour_edges,
    )


def date_dim_text() -> str:
    """Return date_dim.csv as the source has it: one year only, ISO weeks, dates as DD-MM-YYYY text."""
    holidays = us_holidays(DATE_DIM_YEAR)
    lines = ["date_key,year,month,week,day_of_week,is_weekend,is_holiday,holiday_name"]
    when = date(DATE_DIM_YEAR, 1, 1)
    while when.year == DATE_DIM_YEAR:
        weekend, holiday = when.weekday() >= 5, when in holidays
        lines.append(
            f"{when:%d-%m-%Y},{when.year},{when:%B},{when.isocalendar().week},{when:%A},"
            f"{str(weekend).upper()},{str(holiday).upper()},{holidays.get(when, '')}"
        )
        when += timedelta(days=1)
    return "\n".join(lines) + "\n"

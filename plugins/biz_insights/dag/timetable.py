"""The schedule of the daily run: a time of day in the time zone of the setting `business_timezone`."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from airflow.timetables.trigger import CronTriggerTimetable
from pendulum import Timezone

from biz_insights.settings import load_settings


class BusinessTimetable(CronTriggerTimetable):
    """A cron schedule in the business time zone.

    Airflow's DAG processor reads the setting once, when it stores the DAG, and stores the zone with the DAG. The
    scheduler uses the stored zone. It must not read a Variable while it plans runs, because that would commit the
    transaction in which it holds its locks. Workers parse the DAG file too, but never need the zone. A changed setting
    takes effect when the DAG processor next parses the file.

    Args:
        cron: five cron fields, in local time.
        timezone: the stored zone; None in a DAG file.
    """

    def __init__(self, cron: str, *, timezone: Any = None, **options: Any) -> None:
        super().__init__(cron, timezone=timezone or "UTC", **options)
        self._stored_timezone = timezone
        if timezone is None:
            del self._timezone
        else:
            self.description = f"{self.description} in {self._timezone.name}"

    @cached_property
    def _timezone(self) -> Timezone:  # type: ignore[override]
        """Return the zone of the setting.

        Raises:
            SettingsError: the setting has a wrong value; Airflow shows this as the import error of the DAG.
        """
        return Timezone(load_settings().business_timezone)

    # Airflow compares and hashes the DAG with its schedule when it parses the file.
    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BusinessTimetable):
            return NotImplemented
        return (self._expression, self._stored_timezone) == (other._expression, other._stored_timezone)

    def __hash__(self) -> int:
        return hash((self._expression, self._stored_timezone))

"""When the daily run starts: a time of day on the clock of the setting ``business_timezone``."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from airflow.timetables.trigger import CronTriggerTimetable
from pendulum import Timezone

from biz_insights.settings import load_settings


class BusinessTimetable(CronTriggerTimetable):
    """A cron schedule in the business time zone: the last complete day of a run ends as the run begins.

    The setting is read once, when Airflow's DAG processor stores the DAG, and is stored with it. The scheduler takes
    the zone from there: it must not read a Variable while it plans runs, for that would commit the transaction in
    which it holds its locks. Workers parse the DAG file too and never need the zone. A changed setting takes effect
    when the DAG processor next parses the file.

    Args:
        cron: five cron fields, local time.
        timezone: the zone that was stored; None in a DAG file.
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
        """The setting's zone. Raises SettingsError, which Airflow shows as the DAG's import error."""
        return Timezone(load_settings().business_timezone)

    # Airflow compares and hashes a DAG, schedule included, where it parses the file.
    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BusinessTimetable):
            return NotImplemented
        return (self._expression, self._stored_timezone) == (other._expression, other._stored_timezone)

    def __hash__(self) -> int:
        return hash((self._expression, self._stored_timezone))

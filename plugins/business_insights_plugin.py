"""What Airflow must know by name to read a stored DAG; it is the only module that Airflow itself looks up here."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin

from biz_insights.dag.timetable import BusinessTimetable


class BusinessInsightsPlugin(AirflowPlugin):
    """Registers the timetable of the daily run."""

    name = "business_insights"
    timetables = [BusinessTimetable]  # noqa: RUF012

"""The Airflow plugin: registers the timetable, which Airflow needs by name to read a stored DAG."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin

from biz_insights.dag.timetable import BusinessTimetable


class BusinessInsightsPlugin(AirflowPlugin):
    """Register the timetable of the daily run."""

    name = "business_insights"
    timetables = [BusinessTimetable]  # noqa: RUF012

"""The tasks at the end of a run: the quality report, the daily report and the message."""

from __future__ import annotations

from typing import Any

from airflow.providers.amazon.aws.operators.sns import SnsPublishOperator
from airflow.sdk import TaskGroup, task

from biz_insights.dag.defaults import AWS, NONE_FAILED
from biz_insights.dag.templates import PROCESS_DATE


@task(trigger_rule="all_done")
def quality_report(process_date: str) -> str:
    """Write the quality report and the Data Docs, whether or not the run succeeded. Return the headline."""
    from biz_insights.steps import report_steps
    from biz_insights.steps.run_context import current

    return report_steps.write_reports(current(process_date))


@task(multiple_outputs=False, trigger_rule=NONE_FAILED)
def daily_report(process_date: str) -> dict[str, str]:
    """Write the report of the day after everything of the day is published. Return its headline and links.

    A run that published nothing new does not change the report of the day, and the message says so.
    """
    from biz_insights.steps import report_steps
    from biz_insights.steps.run_context import current

    return report_steps.write_daily_report(current(process_date))


def report(extract_layer: TaskGroup, switched: Any) -> list[Any]:
    """Write the quality report however the run ended; write the daily report and send the message if nothing failed.

    Returns:
        The tasks that read the lake.
    """
    quality = quality_report(PROCESS_DATE)
    daily = daily_report(PROCESS_DATE)
    announce = SnsPublishOperator(
        task_id="announce",
        target_arn="{{ settings.notification_topic_arn }}",
        subject="Business Insights: " + PROCESS_DATE + " is published",
        message="{{ ti.xcom_pull(task_ids='report.daily_report')['message'] }}\n\n"
        "Checks of this run: {{ ti.xcom_pull(task_ids='report.quality_report') }}",
        trigger_rule=NONE_FAILED,
        **AWS,
    )
    switched >> [quality, daily]
    # The release does not wait for the deletion of the snapshot. If that fails, the run must not report success.
    [extract_layer, switched, quality, daily] >> announce
    return [quality, daily]

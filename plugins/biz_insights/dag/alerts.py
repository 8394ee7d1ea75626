"""The messages that tell people: a task failed for good, a run failed, a run is late. They go to the SNS topic.

A task that will be retried sends nothing. The functions are callbacks, which Airflow calls in a worker, in the DAG
processor or in the triggerer; an error in them is logged there and changes no task.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from asgiref.sync import sync_to_async

LONGEST_SUBJECT = 100
"""Characters of a subject that SNS accepts."""

LONGEST_ERROR = 1500

LATE_AFTER = timedelta(hours=5)
"""After its start was due, a run of the daily DAG that has not ended is late. A first load on AWS takes less."""

NEXT = "docs/runbook.md says what each message means."


def tell_of_failed_task(context: Any) -> None:
    """Send a message that names the task, its error and the next step. Airflow calls it after the last try."""
    ti = context["ti"]
    # A worker that was killed leaves no exception.
    error = context.get("exception") or "its process ended without an error; read the log of the task"
    _send(
        f"Business Insights: {ti.task_id} failed",
        f"Task {ti.task_id} of {ti.dag_id} failed in run {ti.run_id}, try {ti.try_number}.\n"
        f"Error: {' '.join(str(error).split())[:LONGEST_ERROR]}\n"
        f"Next: do what the error says, then clear the task that it names, with its downstream tasks. {NEXT}\n"
        f"Log: {getattr(ti, 'log_url', None) or 'the task in the Airflow UI'}",
    )


def tell_of_failed_run(context: Any) -> None:
    """Send a message that a run failed, and why Airflow ended it."""
    run_id = context.get("run_id") or context["dag_run"].run_id
    dag = context["dag"]
    if context.get("reason") == "timed_out":
        cause = (
            f"It took longer than {dag.dagrun_timeout}, so Airflow ended it. Look for the task that did not end and "
            "for its job or query on AWS, then clear that task with its downstream tasks."
        )
    else:
        cause = f"A task failed, and has its own message ({context.get('reason') or 'no reason given'})."
    _send(
        f"Business Insights: the run of {dag.dag_id} failed",
        f"Run {run_id} of {dag.dag_id} failed. The tables that were published before are complete.\n{cause}\n{NEXT}",
    )


def is_late(run: dict[str, Any], now: datetime) -> bool:
    """Return whether a run has not ended in the time that it may take since it was queued.

    Airflow counts from the run's logical date. That of a backfill is long ago, and clearing a run queues it again.
    """
    queued = datetime.fromisoformat(run["queued_at"]) if run.get("queued_at") else None
    return run["state"] not in ("success", "failed") and (queued is None or now - queued >= LATE_AFTER)


async def tell_of_late_run(context: dict[str, Any]) -> None:
    """Send a message that a run should have ended by now. Airflow calls it in the triggerer."""
    run = context["dag_run"]
    if not is_late(run, datetime.now(UTC)):
        return
    await sync_to_async(_send)(
        f"Business Insights: the run of {run['dag_id']} is late",
        f"Run {run['dag_run_id']} of {run['dag_id']} has not ended by {context['deadline']['deadline_time']}. "
        f"Its state is {run['state']}.\n"
        f"Next: see in the Airflow UI which task is running or waits, and for what. {NEXT}",
    )


def _send(subject: str, message: str) -> None:
    from biz_insights.aws import session
    from biz_insights.settings import load_settings

    settings = load_settings()
    session.client("sns", settings).publish(
        TopicArn=settings.notification_topic_arn, Subject=subject[:LONGEST_SUBJECT], Message=message
    )

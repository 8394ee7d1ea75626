"""The tasks that forget a customer. The id is read from the parameters in each task, so no result contains it."""

from __future__ import annotations

from typing import Any

from airflow.providers.amazon.aws.operators.sns import SnsPublishOperator
from airflow.sdk import TaskGroup, task

from biz_insights.dag.bronze_group import publish_bronze
from biz_insights.dag.defaults import AWS, NONE_FAILED
from biz_insights.dag.glue_build import GlueBuildOperator
from biz_insights.dag.templates import FORGOTTEN_URI

_PLAN = "ti.xcom_pull(task_ids='prepare')"
BATCH_SNAPSHOT_TIME = "{{ " + _PLAN + "['snapshot_at'] }}"
BATCH_ROWS = "{{ " + _PLAN + "['database_rows'] }}"


@task(multiple_outputs=False)
def find(params: dict[str, Any]) -> dict[str, Any]:
    """Look through the whole lake, and count the customer's lines in the source database. Nothing changes."""
    from biz_insights.steps import forget_steps
    from biz_insights.steps.run_context import current

    return forget_steps.find(current(""), params["customer"], params["app_name"], params["confirm"])


@task.short_circuit(ignore_downstream_trigger_rules=True)
def is_confirmed(found: dict[str, Any]) -> bool:
    """Go on only when the id was repeated as `confirm`; otherwise the run ends here, as a dry run."""
    return bool(found["is_confirmed"])


@task(multiple_outputs=False)
def prepare(params: dict[str, Any]) -> dict[str, Any]:
    """Put the customer on the list of forgotten ones, and return which batch to write again."""
    from biz_insights.steps import forget_steps
    from biz_insights.steps.run_context import current

    return forget_steps.prepare(current(""), params["customer"], params["app_name"])


@task
def audit_rewritten(process_date: str, job_run_id: str, plan: dict[str, Any]) -> str:
    """Check that no row was lost, then run the checkpoint."""
    from biz_insights.steps import forget_steps
    from biz_insights.steps.run_context import current

    return forget_steps.audit_bronze(current(process_date), job_run_id, plan)


@task(multiple_outputs=False)
def rewrite_earlier_dates(process_date: str, params: dict[str, Any]) -> dict[str, int]:
    """Take the customer out of earlier as-of dates and batches, which no build makes again."""
    from biz_insights.steps import forget_steps
    from biz_insights.steps.run_context import current

    return forget_steps.rewrite_earlier_dates(current(process_date), params["customer"], params["app_name"])


@task(multiple_outputs=False, trigger_rule=NONE_FAILED)
def purge(params: dict[str, Any]) -> dict[str, int]:
    """Delete everything that still names the customer and that readers do not see."""
    from biz_insights.steps import purge_steps
    from biz_insights.steps.run_context import current

    return purge_steps.purge(current(""), params["customer"], params["app_name"])


@task(multiple_outputs=False)
def prove(removed: dict[str, int], params: dict[str, Any]) -> dict[str, Any]:
    """Read every object once more, and write the receipt."""
    from biz_insights.steps import purge_steps
    from biz_insights.steps.run_context import current

    return purge_steps.prove(current(""), params["customer"], params["app_name"], removed)


def rewritten_bronze(process_date: str, plan: Any) -> tuple[str, Any]:
    """Write the current batch of bronze again without forgotten customers. Return the JobRunId and the last task."""
    build = GlueBuildOperator(
        task_id="build",
        job_name="{{ settings.bronze_job }}",
        script_args={
            "--from_run": "{{ " + _PLAN + "['bronze_run'] }}",
            "--bronze_uri": "{{ settings.lake_uri('bronze/') }}",
            "--batch_id": "{{ " + _PLAN + "['batch_id'] }}",
            "--forgotten_uri": FORGOTTEN_URI,
        },
        **AWS,
    )
    audited = audit_rewritten.override(task_id="audit")(process_date, build.output, plan)
    published = publish_bronze.override(task_id="publish")(process_date, build.output, audited)
    earlier = rewrite_earlier_dates(process_date)
    published >> earlier
    return build.output, earlier


def removal(switched: Any) -> Any:
    """Delete what is left, prove it, and tell. Return the last task that needs the lease."""
    with TaskGroup("erase", tooltip="Delete what still names the customer, and prove that nothing does"):
        removed = purge()
        proven = prove(removed)
        announce = SnsPublishOperator(
            task_id="announce",
            target_arn="{{ settings.notification_topic_arn }}",
            subject="Business Insights: a customer was forgotten",
            message="{{ ti.xcom_pull(task_ids='erase.prove')['message'] }}",
            **AWS,
        )
        switched >> removed
        proven >> announce
    return proven

"""
### What it does
Takes a chain's orders from the source database to seven published marts, once a day:
snapshot export → bronze → silver → facts → scores → marts → views → report, each table after those it reads. Every
table is built where nobody reads, audited by a checkpoint, and only then published.

### A task failed: what now
The message says what is wrong and what to do. Clear the task it names (with its downstream tasks): a cleared
task builds under a new prefix, and what is published stays as it was until its checkpoint passes.
`docs/runbook.md` goes through the failures one by one.

### Parameters
- `process_date`: the last complete day to publish; empty means yesterday in the business time zone.
- `full_refresh`: build every day and mart again, whether it changed or not.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pendulum
from airflow.providers.amazon.aws.notifications.sns import SnsNotifier
from airflow.providers.amazon.aws.operators.athena import AthenaOperator
from airflow.providers.amazon.aws.operators.rds import (
    RdsCreateDbSnapshotOperator,
    RdsDeleteDbSnapshotOperator,
    RdsStartExportTaskOperator,
)
from airflow.providers.amazon.aws.operators.sns import SnsPublishOperator
from airflow.sdk import Param, TaskGroup, dag, task
from airflow.sdk.exceptions import AirflowSkipException
from airflow.timetables.trigger import CronTriggerTimetable

from biz_insights.gold import GoldTable, tables_of
from biz_insights.identity import attempt_name
from biz_insights.operators import AthenaBuildOperator, AwaitRdsExport, GlueBuildOperator
from biz_insights.settings import TemplateSettings
from biz_insights.tasks.scores import INPUTS as SCORE_INPUTS
from biz_insights.tasks.scores import SCORE_TABLES
from biz_insights.templates import ATTEMPT, EXPORT_ID, PROCESS_DATE, SNAPSHOT_ARN, SNAPSHOT_ID

AWS: dict[str, Any] = {"aws_conn_id": None, "region_name": "{{ settings.region }}"}
PASS_SKIPPED = "none_failed"
# multiple_outputs=False: of a mapping that a task returns, Airflow would store each value a second time.


@task
def resolve_process_date(params: dict[str, Any], dag_run: Any) -> str:
    """The day this run is for."""
    from biz_insights.extract import resolve_process_date as resolve
    from biz_insights.settings import load_settings

    return resolve(params["process_date"], dag_run.run_after, load_settings().business_timezone)


@task(multiple_outputs=False)
def count_source(process_date: str) -> dict[str, int]:
    """Rows of each source table now; fails when the source does not reach the day."""
    from biz_insights import source_db
    from biz_insights.settings import load_settings

    settings = load_settings()
    with source_db.connect(settings) as connection:
        count = source_db.count_source(connection, settings.business_timezone)
    source_db.require_day(count, process_date)
    return count.rows


@task
def check_export(export_id: str) -> str:
    """Address of the export, once every table is in it."""
    from biz_insights import aws, extract
    from biz_insights.settings import load_settings

    settings = load_settings()
    return extract.check_export(aws.session(settings), settings, export_id)


@task(multiple_outputs=False)
def row_span(before: dict[str, int], after: dict[str, int]) -> dict[str, list[int]]:
    """Least and most rows each table had around the snapshot."""
    from biz_insights.extract import row_span as span

    return {table: list(rows) for table, rows in span(before, after).items()}


def extract() -> dict[str, Any]:
    """Export a snapshot of the source; returns what bronze needs."""
    process_date = resolve_process_date()
    before = count_source.override(task_id="count_before")(process_date)
    after = count_source.override(task_id="count_after")(process_date)
    snapshot = RdsCreateDbSnapshotOperator(
        task_id="create_snapshot",
        db_type="instance",
        db_identifier="{{ settings.rds_instance }}",
        db_snapshot_identifier=ATTEMPT,
        **AWS,
    )
    export = RdsStartExportTaskOperator(
        task_id="start_export",
        export_task_identifier=ATTEMPT,
        source_arn=SNAPSHOT_ARN,
        s3_bucket_name="{{ settings.lake_bucket }}",
        s3_prefix="landing",
        iam_role_arn="{{ settings.export_role_arn }}",
        kms_key_id="{{ settings.kms_key_id }}",
        wait_for_completion=False,
        **AWS,
    )
    exported = AwaitRdsExport(
        task_id="await_export",
        export_task_identifier=EXPORT_ID,
        timeout=timedelta(hours=6).total_seconds(),
        **AWS,
    )
    landing = check_export(EXPORT_ID)
    # The export holds the data; the snapshot would be billed for nothing.
    forget = RdsDeleteDbSnapshotOperator(
        task_id="delete_snapshot",
        db_type="instance",
        db_snapshot_identifier=SNAPSHOT_ID,
        wait_for_completion=False,
        **AWS,
    )
    before >> snapshot >> after
    snapshot >> export >> exported >> landing >> forget
    return {"process_date": process_date, "landing": landing, "database_rows": row_span(before, after)}


@task(multiple_outputs=False, trigger_rule=PASS_SKIPPED)
def audit_bronze(process_date: str, job_run_id: str, database_rows: dict[str, Any], export_id: str) -> dict[str, str]:
    """Row counts against the database, then the checkpoint; skipped when the batch is the published one."""
    from biz_insights.tasks import bronze
    from biz_insights.tasks.context import current

    run = current(process_date)
    bronze.require_exported_rows(run, job_run_id, database_rows, export_id)
    if bronze.is_published(run, job_run_id):
        raise AirflowSkipException("the source has not changed: this batch equals the published one")
    return bronze.audit_bronze(run, job_run_id)


@task
def publish_bronze(process_date: str, job_run_id: str, staged: dict[str, str]) -> list[str]:
    """Point the bronze tables to the batch."""
    from biz_insights.tasks import bronze
    from biz_insights.tasks.context import current

    return bronze.publish_bronze(current(process_date), job_run_id, staged)


def bronze(extracted: dict[str, Any]) -> str:
    """Build, audit and publish the export as text; returns the JobRunId."""
    build = GlueBuildOperator(
        task_id="build",
        job_name="{{ settings.bronze_job }}",
        script_args={
            "--landing_uri": "{{ ti.xcom_pull(task_ids='extract.check_export') }}",
            "--bronze_uri": "{{ settings.lake_uri('bronze/') }}",
            "--batch_id": EXPORT_ID,
        },
        **AWS,
    )
    day = extracted["process_date"]
    staged = audit_bronze.override(task_id="audit")(day, build.output, extracted["database_rows"], EXPORT_ID)
    publish_bronze.override(task_id="publish")(day, build.output, staged)
    extracted["landing"] >> build
    return build.output


@task(multiple_outputs=False, trigger_rule=PASS_SKIPPED)
def plan_silver(process_date: str, bronze_run: str, params: dict[str, Any]) -> dict[str, Any]:
    """What the job must compare with; skipped when batch, code and settings are those of the published silver."""
    from biz_insights.tasks import silver
    from biz_insights.tasks.context import current

    plan = silver.plan_silver(current(process_date), bronze_run, params["full_refresh"])
    if plan is None:
        raise AirflowSkipException("silver is up to date: batch, code and settings are those it was built from")
    return plan


@task(multiple_outputs=False)
def audit_silver(process_date: str, job_run_id: str) -> dict[str, str]:
    """Checkpoint over the changed days, the quarantine and the row ledger."""
    from biz_insights.tasks import silver
    from biz_insights.tasks.context import current

    return silver.audit_silver(current(process_date), job_run_id)


@task
def publish_silver(process_date: str, job_run_id: str, plan: dict[str, Any], staged: dict[str, str]) -> list[str]:
    """Point the changed days to what was built."""
    from biz_insights.tasks import silver
    from biz_insights.tasks.context import current

    return silver.publish_silver(current(process_date), job_run_id, plan["input_fingerprint"], staged)


def silver(extracted: dict[str, Any], bronze_run: str) -> None:
    """Build, audit and publish the days that changed."""
    day = extracted["process_date"]
    plan = plan_silver.override(task_id="plan")(day, bronze_run)
    build = GlueBuildOperator(
        task_id="build",
        job_name="{{ settings.silver_job }}",
        script_args={
            "--bronze_uri": "{{ settings.lake_uri('bronze/') }}",
            "--bronze_run": "{{ ti.xcom_pull(task_ids='bronze.build') }}",
            "--batch_id": EXPORT_ID,
            "--silver_uri": "{{ settings.lake_uri('silver/') }}",
            "--known_uri": "{{ ti.xcom_pull(task_ids='silver.plan')['known_uri'] }}",
            "--business_timezone": "{{ settings.business_timezone }}",
            "--price_basis": "{{ settings.price_basis }}",
            "--test_app_names": "{{ settings.test_app_names }}",
            "--holiday_country": "{{ settings.holiday_country }}",
            "--holiday_subdivision": "{{ settings.holiday_subdivision }}",
            "--database_rows": "{{ ti.xcom_pull(task_ids='extract.row_span') | tojson }}",
        },
        **AWS,
    )
    staged = audit_silver.override(task_id="audit")(day, build.output)
    publish_silver.override(task_id="publish")(day, build.output, plan, staged)
    plan >> build


@task(multiple_outputs=False, trigger_rule=PASS_SKIPPED)
def plan_scores(process_date: str, params: dict[str, Any]) -> dict[str, Any]:
    """What the job must read; skipped when customer days, code and settings are those of the published scores."""
    from biz_insights.tasks import scores
    from biz_insights.tasks.context import current

    plan = scores.plan_scores(current(process_date), params["full_refresh"])
    if plan is None:
        raise AirflowSkipException("scores are up to date: customer days, code and settings are those they are of")
    return plan


@task(multiple_outputs=False)
def audit_scores(process_date: str, job_run_id: str) -> dict[str, str]:
    """Checkpoint over the predictions, the model registry and the back-tests."""
    from biz_insights.tasks import scores
    from biz_insights.tasks.context import current

    return scores.audit_scores(current(process_date), job_run_id)


@task
def publish_scores(process_date: str, job_run_id: str, staged: dict[str, str]) -> list[str]:
    """Point the day's scores to what was built."""
    from biz_insights.tasks import scores
    from biz_insights.tasks.context import current

    return scores.publish_scores(current(process_date), job_run_id, staged)


def scores() -> None:
    """Build, audit and publish what is expected of each customer."""
    plan = plan_scores.override(task_id="plan")(PROCESS_DATE)
    build = GlueBuildOperator(
        task_id="build",
        job_name="{{ settings.scores_job }}",
        # The longest task of the layer: where slots are few, what it waits for and itself come first.
        priority_weight=20,
        script_args={
            "--as_of_date": PROCESS_DATE,
            "--inputs_uri": "{{ ti.xcom_pull(task_ids='scores.plan')['inputs_uri'] }}",
            "--input_fingerprint": "{{ ti.xcom_pull(task_ids='scores.plan')['input_fingerprint'] }}",
            "--scores_uri": "{{ settings.lake_uri('scores/') }}",
            "--annual_discount_rate": "{{ settings.annual_discount_rate }}",
            "--margin_rate": "{{ '' if settings.margin_rate is none else settings.margin_rate }}",
        },
        **AWS,
    )
    staged = audit_scores.override(task_id="audit")(PROCESS_DATE, build.output)
    publish_scores.override(task_id="publish")(PROCESS_DATE, build.output, staged)
    plan >> build


@task(multiple_outputs=False, trigger_rule=PASS_SKIPPED)
def plan_gold(process_date: str, table: str, params: dict[str, Any]) -> dict[str, Any]:
    """Partitions of a gold table to build; skipped when its inputs and its SQL are unchanged."""
    from biz_insights.tasks import gold
    from biz_insights.tasks.context import current

    plan = gold.plan_table(current(process_date), table, params["full_refresh"])
    if plan.is_empty:
        raise AirflowSkipException(f"{table} is up to date")
    return plan.to_dict()


@task(multiple_outputs=False)
def audit_gold(process_date: str, plan: dict[str, Any], parts: list[str]) -> dict[str, str]:
    """Checkpoint over a gold table's new partitions."""
    from biz_insights.tasks import gold
    from biz_insights.tasks.context import current

    return gold.audit_table(current(process_date), plan, parts)


@task
def publish_gold(process_date: str, plan: dict[str, Any], parts: list[str], staged: dict[str, str]) -> list[str]:
    """Point a gold table's partitions to what was built."""
    from biz_insights.tasks import gold
    from biz_insights.tasks.context import current

    return gold.publish_table(current(process_date), plan, parts, staged)


def gold_table(table: GoldTable) -> TaskGroup:
    """The task group of one gold table: plan → build (a CTAS per 100 partitions) → audit → publish."""
    with TaskGroup(table.name, tooltip=table.about) as group:
        plan = plan_gold.override(task_id="plan")(PROCESS_DATE, table.name)
        build = AthenaBuildOperator(
            task_id="build",
            table=table.name,
            partition=table.partition,
            plan=plan,
            database="{{ settings.build_database }}",
            workgroup="{{ settings.build_workgroup }}",
            **AWS,
        )
        staged = audit_gold.override(task_id="audit")(PROCESS_DATE, plan, build.output)
        publish_gold.override(task_id="publish")(PROCESS_DATE, plan, build.output, staged)
    return group


def gold_layer(tables: list[GoldTable], built: dict[str, TaskGroup]) -> dict[str, TaskGroup]:
    """Task groups of one layer by table, each after those of ``built`` and of its own layer that it reads."""
    groups: dict[str, TaskGroup] = {}
    for table in tables:
        groups[table.name] = gold_table(table)
        for upstream in table.reads:
            if group := {**built, **groups}.get(upstream):
                group >> groups[table.name]
    return groups


def views() -> None:
    """Views are definitions, not data: each run states them again, in the order in which they read each other."""
    previous = None
    for view in tables_of("views"):
        replace = AthenaOperator(
            task_id=view.name,
            query=f"CREATE OR REPLACE VIEW {view.name} AS\n"
            + view.select(database="{{ settings.published_database }}"),
            database="{{ settings.published_database }}",
            workgroup="{{ settings.read_workgroup }}",
            sleep_time=2,
            trigger_rule=PASS_SKIPPED,
            **AWS,
        )
        if previous:
            previous >> replace
        previous = replace


@task(trigger_rule="all_done")
def quality_report(process_date: str) -> str:
    """The run's quality report and Data Docs, whether or not the run succeeded; returns the headline."""
    from biz_insights.tasks import report
    from biz_insights.tasks.context import current

    return report.write_reports(current(process_date))


@task(multiple_outputs=False, trigger_rule=PASS_SKIPPED)
def daily_report(process_date: str) -> dict[str, str]:
    """The day's report for a person, once everything of the day is published; returns its headline and links.

    A run that published nothing new leaves the day's report as it is, and the message says so.
    """
    from biz_insights.tasks import report
    from biz_insights.tasks.context import current

    return report.write_daily_report(current(process_date))


def report(extract_layer: TaskGroup, views_layer: TaskGroup) -> None:
    """Write the quality report however the run ended, the daily report and the message when nothing failed."""
    quality = quality_report(PROCESS_DATE)
    daily = daily_report(PROCESS_DATE)
    announce = SnsPublishOperator(
        task_id="announce",
        target_arn="{{ settings.notification_topic_arn }}",
        subject="Business Insights: " + PROCESS_DATE + " is published",
        message="{{ ti.xcom_pull(task_ids='report.daily_report')['message'] }}\n\n"
        "Checks of this run: {{ ti.xcom_pull(task_ids='report.quality_report') }}",
        trigger_rule=PASS_SKIPPED,
        **AWS,
    )
    views_layer >> quality
    # No layer waits for the snapshot's deletion: one that failed must show here.
    [extract_layer, views_layer] >> daily
    [extract_layer, views_layer, quality, daily] >> announce


@dag(
    schedule=CronTriggerTimetable("0 3 * * *", timezone="America/Chicago"),
    start_date=pendulum.datetime(2026, 11, 1, tz="America/Chicago"),
    catchup=False,
    max_active_runs=1,
    default_args={
        "owner": "data-platform",
        "retries": 2,
        "retry_delay": timedelta(minutes=2),
        "retry_exponential_backoff": True,
        "execution_timeout": timedelta(hours=3),
    },
    params={
        "process_date": Param(
            None, type=["null", "string"], format="date", description="Last complete day; empty: yesterday."
        ),
        "full_refresh": Param(False, type="boolean", description="Build everything again, changed or not."),
    },
    user_defined_macros={"settings": TemplateSettings(), "attempt_name": attempt_name},
    user_defined_filters={"fromjson": json.loads},
    on_failure_callback=SnsNotifier(
        aws_conn_id=None,
        region_name="{{ settings.region }}",
        target_arn="{{ settings.notification_topic_arn }}",
        subject="Business Insights: the daily run failed",
        message="Run {{ run_id }} failed; what is published is unchanged or complete. See docs/runbook.md.",
    ),
    doc_md=__doc__,
    tags=["business-insights", "daily"],
)
def business_insights_daily() -> None:
    """Source database to seven marts."""
    with TaskGroup("extract", tooltip="Snapshot export of the source database to S3") as extract_layer:
        extracted = extract()
    with TaskGroup("bronze", tooltip="The export as text, one partition a batch") as bronze_layer:
        bronze_run = bronze(extracted)
    with TaskGroup("silver", tooltip="Typed rows by day, quarantine and ledger") as silver_layer:
        silver(extracted, bronze_run)
    with TaskGroup("facts", tooltip="Aggregates by day that every mart reads") as facts_layer:
        facts = gold_layer(tables_of("facts"), {})
    with TaskGroup("scores", tooltip="What each customer is expected to do, with back-tests") as scores_layer:
        scores()
    with TaskGroup("marts", tooltip="The seven marts, as of the day") as marts_layer:
        gold_layer(tables_of("marts"), {**facts, **dict.fromkeys(SCORE_TABLES, scores_layer)})
    with TaskGroup("views", tooltip="Views over facts and marts") as views_layer:
        views()
    bronze_layer >> silver_layer >> facts_layer
    # The scores need two facts and few marts need the scores: the slowest job does not hold up the others.
    [facts[table] for table in SCORE_INPUTS] >> scores_layer
    [facts_layer, marts_layer] >> views_layer
    with TaskGroup("report", tooltip="Quality report, daily report, and the message that links to them"):
        report(extract_layer, views_layer)


business_insights_daily()

"""
### What it does
Loads the orders of the source database into the published marts, every day at 03:00 in the business time zone:
snapshot export → bronze → silver → facts → scores → marts → views → report. Each table is built after the tables that
it reads. It is built below a new prefix, audited by a checkpoint, and then published.

### A task failed: what now
The message says what is wrong and what to do next. Clear the task that it names, with its downstream tasks. A cleared
task builds below a new prefix. The published tables do not change until the checkpoint passes.
`docs/runbook.md` describes every failure.

### Parameters
- `process_date`: the last complete day to publish; empty means yesterday in the business time zone.
- `accept_no_orders`: go on although the source has no orders of the day, and nothing says that the stores were closed.
- `full_refresh`: build every day and mart again, changed or not.
"""

from __future__ import annotations

import json
from datetime import timedelta

import pendulum
from airflow.sdk import Param, TaskGroup, dag
from airflow.sdk.definitions.callback import AsyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference

from biz_insights.dag.alerts import LATE_AFTER, tell_of_failed_run, tell_of_failed_task, tell_of_late_run
from biz_insights.dag.bronze_group import bronze
from biz_insights.dag.defaults import ALLOWED_RUN_TYPES
from biz_insights.dag.extract_group import extract
from biz_insights.dag.gold_flow import gold_flow
from biz_insights.dag.lake_group import TakeLease, check_files, end_lease
from biz_insights.dag.report_group import report
from biz_insights.dag.silver_group import silver
from biz_insights.dag.templates import PROCESS_DATE, SNAPSHOT_TIME
from biz_insights.dag.timetable import BusinessTimetable
from biz_insights.identity import attempt_name
from biz_insights.settings import TemplateSettings


@dag(
    schedule=BusinessTimetable("0 3 * * *"),
    start_date=pendulum.datetime(2026, 11, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    allowed_run_types=ALLOWED_RUN_TYPES,
    # Longer than the waits of its tasks in a first load. The next run is due after a day.
    dagrun_timeout=timedelta(hours=20),
    # Not from the time when the run was queued: Airflow 3.3.1 answers 500 to every clear of such a run
    # (apache/airflow issue 70368). `tell_of_late_run` looks at that time itself.
    deadline=DeadlineAlert(
        reference=DeadlineReference.DAGRUN_LOGICAL_DATE, interval=LATE_AFTER, callback=AsyncCallback(tell_of_late_run)
    ),
    default_args={
        "owner": "data-platform",
        "retries": 2,
        "retry_delay": timedelta(minutes=2),
        "retry_exponential_backoff": True,
        "execution_timeout": timedelta(hours=3),
        "on_failure_callback": tell_of_failed_task,
    },
    params={
        "process_date": Param(
            None, type=["null", "string"], format="date", description="Last complete day; empty: yesterday."
        ),
        "accept_no_orders": Param(
            False, type="boolean", description="Go on although the source has no orders of the day."
        ),
        "full_refresh": Param(False, type="boolean", description="Build everything again, changed or not."),
        "accept_changes": Param(
            False, type="boolean", description="Publish although the volume guard found large changes or odd values."
        ),
        "go_back": Param(
            False,
            type="boolean",
            description="Publish this day and snapshot although newer ones are published, and remove the later days.",
        ),
    },
    user_defined_macros={"settings": TemplateSettings(), "attempt_name": attempt_name},
    user_defined_filters={"fromjson": json.loads},
    on_failure_callback=tell_of_failed_run,
    doc_md=__doc__,
    tags=["business-insights", "daily"],
)
def business_insights_daily() -> None:
    """Build the marts from the source database."""
    with TaskGroup("lake", tooltip="One run at a time changes the lake"):
        lease = TakeLease(task_id="take_lease").as_setup()
        checked = check_files(PROCESS_DATE, builds_bronze=True)
        lease_ended = end_lease().as_teardown(setups=lease)
    with TaskGroup("extract", tooltip="Snapshot export of the source database to S3") as extract_layer:
        extracted = extract()
    with TaskGroup("bronze", tooltip="The export as text, one partition for each batch") as bronze_layer:
        bronze_run = bronze(extracted)
    with TaskGroup("silver", tooltip="Typed rows by day, quarantine and ledger") as silver_layer:
        silver(extracted, bronze_run)
    lease >> extract_layer
    extracted["process_date"] >> checked >> bronze_layer
    bronze_layer >> silver_layer
    switched = gold_flow(silver_layer, checked, SNAPSHOT_TIME)
    with TaskGroup("report", tooltip="Quality report, daily report, and the message that links to them"):
        reports = report(extract_layer, switched)
    [switched, *reports] >> lease_ended


business_insights_daily()

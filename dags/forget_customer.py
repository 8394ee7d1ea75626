"""
### What it does
Removes one customer from the lake: from what is published, from bronze and the quarantine, from everything that stays
for a rollback, and from exports, results and reports. The orders stay, as those of a guest, so sales do not change and
the ledger stays balanced. At the end every object of the lake is read, and a receipt says that none names the customer.
The receipt does not contain the id.

**Without `confirm` it only reports.** Repeat the id as `confirm` to forget the customer. There is no way back.

### A task failed: what now
Clear it with its downstream tasks; from `prepare` on that begins again from what readers see. The released state
changes only in `release.switch_release`. `docs/runbook.md` describes every failure, and what the owner of the source
database must do.

### Parameters
- `customer`: the user id, as the source has it.
- `app_name`: the ordering channel, when the id stands for different people in different channels; empty: all channels.
- `confirm`: the user id once more.
"""

from __future__ import annotations

import json
from datetime import timedelta

import pendulum
from airflow.sdk import Param, TaskGroup, dag

from biz_insights.dag.alerts import tell_of_failed_run, tell_of_failed_task
from biz_insights.dag.defaults import ALLOWED_RUN_TYPES
from biz_insights.dag.forget_group import (
    BATCH_ROWS,
    BATCH_SNAPSHOT_TIME,
    find,
    is_confirmed,
    prepare,
    removal,
    rewritten_bronze,
)
from biz_insights.dag.gold_flow import gold_flow
from biz_insights.dag.lake_group import TakeLease, check_files, end_lease
from biz_insights.dag.operator_group import resolve_published_day
from biz_insights.dag.silver_group import silver
from biz_insights.dag.templates import PROCESS_DATE
from biz_insights.identity import attempt_name
from biz_insights.settings import TemplateSettings


@dag(
    schedule=None,
    start_date=pendulum.datetime(2026, 11, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    allowed_run_types=ALLOWED_RUN_TYPES,
    dagrun_timeout=timedelta(hours=32),
    default_args={
        "owner": "data-platform",
        "retries": 2,
        "retry_delay": timedelta(minutes=2),
        "execution_timeout": timedelta(hours=6),
        "on_failure_callback": tell_of_failed_task,
    },
    params={
        "customer": Param("", type="string", description="User id of the customer, as the source has it."),
        "app_name": Param("", type="string", description="Ordering channel; empty: the id in every channel."),
        "confirm": Param("", type="string", description="The user id once more; empty: only report."),
        # The tasks of the layers read these.
        "full_refresh": Param(False, const=False),
        "accept_changes": Param(False, const=False),
    },
    user_defined_macros={"settings": TemplateSettings(), "attempt_name": attempt_name},
    user_defined_filters={"fromjson": json.loads},
    on_failure_callback=tell_of_failed_run,
    doc_md=__doc__,
    tags=["business-insights", "erasure"],
)
def forget_customer() -> None:
    """Remove one customer from the lake, and prove it."""
    with TaskGroup("lake", tooltip="One run at a time changes the lake"):
        lease = TakeLease(task_id="take_lease").as_setup()
        checked = check_files(PROCESS_DATE, builds_bronze=True)
        lease_ended = end_lease().as_teardown(setups=lease)
    found = find()
    plan = prepare()
    day = resolve_published_day()
    with TaskGroup("bronze", tooltip="The current batch without the customer, and earlier dates and batches") as bronze:
        bronze_run, rewritten = rewritten_bronze(day, plan)
    with TaskGroup("silver", tooltip="The days of the customer's orders, now of a guest") as silver_layer:
        silver({"process_date": day}, bronze_run, BATCH_SNAPSHOT_TIME, BATCH_ROWS)
    lease >> found
    is_confirmed(found) >> plan >> day
    day >> checked >> bronze
    bronze >> silver_layer
    switched = gold_flow(silver_layer, checked)
    proven = removal(switched)
    rewritten >> switched
    [found, proven] >> lease_ended


forget_customer()

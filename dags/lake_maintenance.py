"""
### What it does
Removes from the lake what nothing needs any more, every Sunday at 12:00 in the business time zone: as-of dates and
batches past their retention (through a release), exports in landing, results of queries, tables of failed tries, and
files that no catalog, no publish history of the retention and no pinned partition names. Old months of
`publish_history` become one file each.

**It only reports, unless the parameter `apply` is true.** The report is in `ops/maintenance/` and in the message.

### A task failed: what now
Clear it with its downstream tasks. Each task looks again at what the lake needs before it removes anything. An
interrupted run has deleted nothing that was needed. `docs/runbook.md` describes every failure.

### Parameters
- `apply`: remove what the report lists. The retention is in the settings `retention_days`, `landing_days`,
  `as_of_days` and `quality_days`.
"""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.sdk import Param, TaskGroup, dag

from biz_insights.dag.alerts import tell_of_failed_run, tell_of_failed_task
from biz_insights.dag.defaults import ALLOWED_RUN_TYPES
from biz_insights.dag.lake_group import TakeLease, end_lease
from biz_insights.dag.maintenance_group import maintenance
from biz_insights.dag.timetable import BusinessTimetable
from biz_insights.settings import TemplateSettings


@dag(
    # Far from the daily run at 03:00, which waits while this one has the lease.
    schedule=BusinessTimetable("0 12 * * 0"),
    start_date=pendulum.datetime(2026, 11, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    allowed_run_types=ALLOWED_RUN_TYPES,
    dagrun_timeout=timedelta(hours=14),
    default_args={
        "owner": "data-platform",
        "retries": 2,
        "retry_delay": timedelta(minutes=2),
        "execution_timeout": timedelta(hours=3),
        "on_failure_callback": tell_of_failed_task,
    },
    params={
        "apply": Param(False, type="boolean", description="Remove what the report lists; false: only report."),
    },
    user_defined_macros={"settings": TemplateSettings()},
    on_failure_callback=tell_of_failed_run,
    doc_md=__doc__,
    tags=["business-insights", "maintenance"],
)
def lake_maintenance() -> None:
    """Remove what nothing needs any more."""
    with TaskGroup("lake", tooltip="One run at a time changes the lake"):
        lease = TakeLease(task_id="take_lease").as_setup()
        lease_ended = end_lease().as_teardown(setups=lease)
    first, last = maintenance()
    lease >> first
    last >> lease_ended


lake_maintenance()

"""
### What it does
Takes a table back to its state in an earlier release: the partitions are pointed to the files that they had, audited by
the table's checkpoint, and held. Everything downstream is built again from that state and released in one step. Held
partitions stay as they are in later runs, until the hold is lifted.

`make history TABLE=…`, or the table `publish_history`, lists the releases that changed a table.

### A task failed: what now
The message says what is wrong and what to do next. Readers still see what they saw before, and nothing is held. A
rollback that is refused says why. `docs/runbook.md` describes every failure.

### Parameters
- `table`: the table.
- `release`: number of the release to go back to.
- `partition`: one partition value; empty takes back every partition that differs.
- `reason`: why, for those who find the table held later.
- `lift`: lift the hold of the table instead, and build what differs.
"""

from __future__ import annotations

from airflow.sdk import Param, TaskGroup, dag

from biz_insights.dag.defaults import NONE_FAILED
from biz_insights.dag.gold_flow import gold_flow
from biz_insights.dag.lake_group import TakeLease, check_files, end_lease
from biz_insights.dag.operator_group import OPERATOR_DAG, resolve_published_day
from biz_insights.dag.report_group import daily_report, quality_report
from biz_insights.dag.rollback_group import report_rollback, rollback
from biz_insights.dag.templates import PROCESS_DATE


@dag(
    **OPERATOR_DAG,
    params={
        "table": Param("", type="string", minLength=1, description="The table, such as mart_sales_trends."),
        "release": Param(0, type="integer", minimum=0, description="Number of the release to go back to."),
        "partition": Param("", type="string", description="One partition value; empty: all that differ."),
        "reason": Param("", type="string", description="Why, for those who find the table held later."),
        "lift": Param(False, type="boolean", description="Lift the hold of the table instead."),
    },
    doc_md=__doc__,
)
def rollback_table() -> None:
    """Take a table back to an earlier release, or lift such a hold."""
    with TaskGroup("lake", tooltip="One run at a time changes the lake"):
        lease = TakeLease(task_id="take_lease").as_setup()
        checked = check_files.override(trigger_rule=NONE_FAILED)(PROCESS_DATE)
        lease_ended = end_lease().as_teardown(setups=lease)
    day = resolve_published_day()
    rolled_back, published, lifted = rollback(day)
    lease >> day
    rolled_back >> checked
    switched = gold_flow(checked, checked)
    with TaskGroup("report", tooltip="What was done, quality report, daily report"):
        quality, daily = quality_report(PROCESS_DATE), daily_report(PROCESS_DATE)
        reported = report_rollback(PROCESS_DATE, published, lifted, switched)
    switched >> [quality, daily] >> reported >> lease_ended


rollback_table()

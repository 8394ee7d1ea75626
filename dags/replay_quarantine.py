"""
### What it does
Builds silver again from the bronze batch that is published, with the present code and settings. Every day is compared,
and what differs is published with everything downstream, as one release. Nothing is exported. Use it after a rule in
`spark_jobs/` or a setting was changed. A row that was corrected at the source needs a run of `business_insights_daily`.

The last task reports the ledger before and after (source = accepted + quarantined both times), and how many rows left
or entered the quarantine, by reason.

### A task failed: what now
The message says what is wrong and what to do next. Readers still see what they saw before. Clear the task that the
message names, with its downstream tasks. `docs/runbook.md` describes every failure.

### Parameters
- `reason`: report only this reason of the quarantine; empty reports all.
- `accept_changes`: publish although the volume guard found large changes or odd values.
"""

from __future__ import annotations

from airflow.sdk import Param, TaskGroup, dag

from biz_insights.dag.gold_flow import gold_flow
from biz_insights.dag.lake_group import TakeLease, check_files, end_lease
from biz_insights.dag.operator_group import OPERATOR_DAG, resolve_published_day
from biz_insights.dag.replay_group import compare_quarantine, report_replay, silver_again
from biz_insights.dag.report_group import daily_report, quality_report
from biz_insights.dag.templates import PROCESS_DATE


@dag(
    **OPERATOR_DAG,
    params={
        "reason": Param("", type="string", description="Report this reason only; empty: all."),
        "accept_changes": Param(
            False, type="boolean", description="Publish although the volume guard found large changes or odd values."
        ),
    },
    doc_md=__doc__,
)
def replay_quarantine() -> None:
    """Build silver again from the published batch."""
    with TaskGroup("lake", tooltip="One run at a time changes the lake"):
        lease = TakeLease(task_id="take_lease").as_setup()
        checked = check_files(PROCESS_DATE)
        lease_ended = end_lease().as_teardown(setups=lease)
    day = resolve_published_day()
    silver_layer = silver_again(day)
    lease >> day >> checked >> silver_layer
    with TaskGroup("report", tooltip="The quarantine before and after, quality report, daily report"):
        compared = compare_quarantine(PROCESS_DATE)
        quality, daily = quality_report(PROCESS_DATE), daily_report(PROCESS_DATE)
        reported = report_replay(PROCESS_DATE, compared)
    silver_layer >> compared
    switched = gold_flow(silver_layer, checked)
    # Until the switch the two slots hold the state before and after.
    compared >> switched >> [quality, daily] >> reported >> lease_ended


replay_quarantine()

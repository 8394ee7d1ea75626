"""The volume guard as a step: what the silver job built of the order lines, compared with what is published."""

from __future__ import annotations

from biz_insights.lake.holds import held_partitions, without_held
from biz_insights.lake.manifest import Manifest
from biz_insights.lake.volume_guard import volume_report
from biz_insights.steps.run_context import RunContext
from biz_schema.silver_tables import SILVER_ORDER_ITEMS


def guard_order_lines(run: RunContext, manifest: Manifest, accept_changes: bool) -> list[str]:
    """Compare the days of order lines that the silver job built with the published ones.

    Args:
        run: context of the task.
        manifest: manifest of the silver job.
        accept_changes: the DAG parameter: an operator accepts the changes.

    Returns:
        A line that says what was accepted; none when there was nothing to accept.

    Raises:
        VolumeError: the changes are beyond a limit and not accepted.
    """
    table = SILVER_ORDER_ITEMS.name
    # What is held after a rollback is not published, whatever the job built.
    held = held_partitions(run.working, table)
    report = volume_report(
        {value: found for value, found in run.released.partitions(table).items() if value not in held},
        {value: found for value, found in manifest.volumes(table).items() if value not in held},
        without_held(run.working, manifest.build(table)).removed,
        run.process_date,
        run.settings,
    )
    return report.raise_if_blocked(accept_changes)

"""The tasks around a run's work: take the lease on the lake at the start, give it back at the end.

They are a set-up and a tear-down in Airflow's sense. Whoever clears one task of a finished run clears them too, so that
the task has the lease again while it runs, and the lease is given back after it and after a failed or stopped run.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import BaseSensorOperator, task

LOST_AT_MOST = 10
"""How often the wait for the lease may fail, as a task that the scheduler takes for lost does, and begin again."""


class TakeLease(BaseSensorOperator):
    """Wait until no other run changes the lake, and take the lease."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            mode="reschedule",
            timeout=timedelta(hours=12).total_seconds(),
            # A busy scheduler may lose sight of a task that it reschedules so often. Asking again costs nothing.
            retries=LOST_AT_MOST,
            retry_exponential_backoff=False,
            **kwargs,
        )

    def execute(self, context: Any) -> Any:
        """Ask every `reschedule_seconds` (a setting), and hold no worker meanwhile."""
        from biz_insights.settings import load_settings

        self.poke_interval = load_settings().reschedule_seconds
        return super().execute(context)

    def poke(self, context: Any) -> bool:
        """Return whether the run has the lease."""
        from biz_insights.steps.lake_access import take_lease
        from biz_insights.steps.run_context import current

        return take_lease(current(""))


@task(multiple_outputs=False)
def check_files(process_date: str, builds_bronze: bool = False) -> dict[str, list[str]]:
    """Compare the published files with the catalog. What is lost or cut off is built again by this run.

    A run that builds bronze needs the list of forgotten customers, too.
    """
    from biz_insights.steps import forgotten_guard, integrity_steps
    from biz_insights.steps.run_context import current

    run = current(process_date)
    if builds_bronze:
        forgotten_guard.require_list(run, "lake.check_files with its downstream tasks")
    return integrity_steps.check_published(run)


@task
def end_lease() -> bool:
    """Give the lease back, however the run ended."""
    from biz_insights.steps import release_steps
    from biz_insights.steps.run_context import current

    return release_steps.end_lease(current(""))

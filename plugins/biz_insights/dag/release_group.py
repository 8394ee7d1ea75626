"""The tasks of the release: readers see everything that the run has published, from one moment to the next."""

from __future__ import annotations

from airflow.sdk import task
from airflow.sdk.exceptions import AirflowSkipException

from biz_insights.dag.defaults import NONE_FAILED


@task(trigger_rule=NONE_FAILED)
def create_reader_views(process_date: str) -> list[str]:
    """Create the views of readers whose tables are new or have new columns."""
    from biz_insights.steps import release_steps
    from biz_insights.steps.run_context import current

    return release_steps.create_reader_views(current(process_date))


@task(trigger_rule=NONE_FAILED)
def switch_release(process_date: str, broken: dict[str, list[str]], snapshot_at: str | None = None) -> str:
    """Check that every table was built from what is published with it, then move all readers to the new release."""
    from biz_insights.steps import release_steps
    from biz_insights.steps.run_context import current

    line = release_steps.switch_release(current(process_date), broken, snapshot_at)
    if line is None:
        raise AirflowSkipException("nothing is new: readers already see the newest state")
    return line

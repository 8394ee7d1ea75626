"""What operators do while a run works, and afterwards: clear, mark, trigger. Then the published tables are the same.

Each test publishes the last day again in full, so that all jobs and builds run, and changes nothing that readers see.
"""

from __future__ import annotations

from typing import Any

from tests.scheduler.conftest import Contents, Shop
from tests.scheduler.rest_api import wait_for
from tests.scheduler.sources import DAYS

SILVER_JOB = "business-insights-silver"


def start(shop: Shop) -> str:
    """Trigger a run that builds everything of the last day again; returns its id."""
    return shop.api.trigger(process_date=DAYS[-1], full_refresh=True)


def job_run_of(shop: Shop, run: str) -> dict[str, Any]:
    """Wait until the silver build of a run is deferred and its job works; return the job run."""
    shop.api.await_task(run, "silver.build", "deferred")

    def own() -> list[dict[str, Any]]:
        key = f"business_insights_daily/silver.build/{run}"
        return [job for job in shop.lake.job_runs(SILVER_JOB) if job["Arguments"].get("--run_key") == key]

    wait_for(lambda: bool(own()), "the silver job has no run")
    return own()[-1]


def state_of(shop: Shop, job_run: dict[str, Any]) -> str:
    glue = shop.lake.laptop.client("glue")
    return str(glue.get_job_run(JobName=SILVER_JOB, RunId=job_run["Id"])["JobRun"]["JobRunState"])


def test_a_deferred_build_that_is_cleared_leaves_no_running_job(shop: Shop, before: Contents) -> None:
    run = start(shop)
    first = job_run_of(shop, run)
    shop.api.clear(run, "silver.build")
    shop.api.await_run(run)
    second = shop.api.result(run, "silver.build")
    assert second != first["Id"]
    assert state_of(shop, first) in ("STOPPED", "SUCCEEDED")
    assert shop.lake.contents() == before
    assert shop.lake.leftovers() == []


def test_after_a_task_and_a_run_are_marked_failed_the_next_run_works(shop: Shop, before: Contents) -> None:
    release = shop.lake.release()
    run = start(shop)
    job_run = job_run_of(shop, run)
    shop.api.mark_task(run, "silver.build", "failed")
    shop.api.await_run(run, "failed")
    wait_for(lambda: state_of(shop, job_run) in ("STOPPED", "SUCCEEDED"), "the job of a failed task runs on", 60)
    assert shop.lake.leftovers() == []

    run = start(shop)
    shop.api.await_task(run, "facts.gold_daily_sales_by_store.plan", "running", "success")
    shop.api.mark_run(run, "failed")
    next_run = start(shop)
    assert (shop.lake.contents(), shop.lake.release()) == (before, release)
    shop.api.await_run(next_run)
    assert shop.api.run_state(run) == "failed"
    assert shop.lake.contents() == before
    assert shop.lake.leftovers() == []


def test_two_dates_that_are_triggered_at_once_work_one_after_the_other(shop: Shop, before: Contents) -> None:
    runs = [shop.api.trigger(process_date=day) for day in (DAYS[2], DAYS[1])]
    for run in runs:
        shop.api.await_run(run)
    spans = sorted(shop.api.work_span(run) for run in runs)
    assert spans[0][1] <= spans[1][0]
    assert shop.lake.contents() == before
    assert shop.lake.leftovers() == []


def test_a_cleared_publish_changes_nothing_and_refuses_an_unaudited_build(shop: Shop, before: Contents) -> None:
    run = start(shop)
    shop.api.await_run(run)
    publish, build = (f"marts.mart_sales_trends.{task}" for task in ("publish", "build"))
    shop.api.clear(run, publish)
    shop.api.await_run(run)
    assert shop.lake.contents() == before

    shop.api.clear(run, build)
    shop.api.await_run(run)
    shop.api.clear(run, publish)
    # The tasks after it were not cleared, so the run may end green: the task tells people by itself (`dag.alerts`).
    shop.api.await_end(run)
    assert shop.api.task_state(run, publish) == "failed"
    assert "no checkpoint has passed" in shop.api.task_log(run, publish)
    assert shop.lake.contents() == before

    shop.api.clear(run, "marts.mart_sales_trends.audit", downstream=True)
    shop.api.await_run(run)
    assert shop.lake.contents() == before
    assert shop.lake.leftovers() == []

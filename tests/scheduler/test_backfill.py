"""A backfill, and a clear of what has succeeded, by the real scheduler: the part that `make test` runs."""

from __future__ import annotations

from itertools import pairwise

from tests.scheduler.conftest import Contents, Shop

BRONZE_JOB = "business-insights-bronze"


def test_the_days_of_a_backfill_are_published_one_after_the_other(
    shop: Shop, backfilled: list[str], published: Contents
) -> None:
    spans = [shop.api.work_span(run) for run in backfilled]
    assert all(earlier[1] <= later[0] for earlier, later in pairwise(spans)), spans
    assert shop.lake.contents() == published
    assert shop.lake.leftovers() == []


def test_a_cleared_glue_task_that_succeeded_runs_again_and_publishes_the_same(
    shop: Shop, backfilled: list[str], before: Contents
) -> None:
    run = backfilled[-1]
    first = shop.api.result(run, "bronze.build")
    shop.api.clear(run, "bronze.build", downstream=True)
    shop.api.await_run(run)
    second = shop.api.result(run, "bronze.build")
    assert second != first
    assert shop.lake.job_runs(BRONZE_JOB)[-1]["Id"] == second
    assert shop.lake.contents() == before
    assert shop.lake.leftovers() == []

"""The build of a gold table: the tables of its statements are put together, and none may be missing."""

from __future__ import annotations

import pytest

from biz_insights.errors import PermanentError
from biz_insights.lake.builds import Column, PartitionBuild, TableBuild
from biz_insights.lake.candidates import drop_candidates
from biz_insights.steps.gold_steps import gather_build
from tests.protocol.dag_runs import InMemoryRun, Scheduler
from tests.protocol.small_chain import SmallChain

TABLE, FIRST, SECOND = "gold_days", "gold_days__0123abcd_t1_p0", "gold_days__0123abcd_t1_p1"
COLUMNS, KEY = (Column("net_sales", "double"),), Column("order_date", "date")
DAYS = {FIRST: "2026-02-27", SECOND: "2026-02-28"}
PLAN = {
    "table": TABLE,
    "partition": "order_date",
    "fingerprints": {"2026-02-27": "a", "2026-02-28": "b", "2026-03-01": "no row"},
    "removed": [],
}


@pytest.fixture
def run(chain: SmallChain, scheduler: Scheduler) -> InMemoryRun:
    """A run whose statements have made a table of a day each."""
    context = scheduler.context(scheduler.add("2026-03-01"), "audit")
    for name, day in DAYS.items():
        part = PartitionBuild(day, f"s3://lake/{name}/{day}/", "f")
        context.candidates.create_table(TableBuild(name, COLUMNS, KEY, ()), name, f"s3://lake/{name}/")
        context.candidates.add_partitions(name, COLUMNS, [part])
    return context


def test_the_parts_make_one_table_and_a_day_without_rows_has_no_files(run: InMemoryRun) -> None:
    build = gather_build(run, PLAN, [FIRST, SECOND])
    places = {part.value: part.location for part in build.partitions}
    assert build.columns == COLUMNS
    assert {places[day] for day in DAYS.values()} == {f"s3://lake/{name}/{day}/" for name, day in DAYS.items()}
    assert places["2026-03-01"] not in (places["2026-02-27"], places["2026-02-28"])


@pytest.mark.parametrize("gone", [FIRST, SECOND])
def test_a_part_that_is_gone_is_not_taken_for_days_without_rows(run: InMemoryRun, gone: str) -> None:
    """A publish or a release that died while it dropped the parts leaves some of them."""
    run.candidates.drop_table(gone)
    with pytest.raises(PermanentError, match=rf"{gone} is not in the Glue catalog; clear the build task"):
        gather_build(run, PLAN, [FIRST, SECOND])


def test_an_audit_that_is_cleared_after_another_release_says_what_to_clear(run: InMemoryRun) -> None:
    drop_candidates(run.candidates.glue, run.candidates.database)
    with pytest.raises(PermanentError, match="clear the build task of this table"):
        gather_build(run, PLAN, [FIRST, SECOND])

"""What operators do to a run, on purpose or by mistake: readers see the same, or what was lost is built again."""

from __future__ import annotations

import pytest

from tests.faults.lab import Lab
from tests.faults.record import ALL, Record
from tests.faults.sources import DAY_A, DAY_B, half_of

pytestmark = [pytest.mark.timeout(5400), pytest.mark.skipif(not ALL, reason="make test-faults")]

OLDER, NEWEST = 0, -1
MART = "marts.mart_sales_trends"


def clear(task: str, run: int, downstream: bool = False) -> dict[str, object]:
    return {"clear": [task], "run": run, "downstream": downstream}


@pytest.fixture
def after_b(lab: Lab) -> Lab:
    """The lab, with the state after the run without faults ready to be copied."""
    assert lab.reference
    return lab


def test_clearing_a_publish_of_an_older_run(after_b: Lab, record: Record, state_name: str) -> None:
    played = after_b.play(
        state_name, [clear("silver.publish", OLDER, downstream=True)], on=after_b.folder / "reference"
    )
    record.survived("operator", "silver.publish of an older run cleared, with downstream", played, 1, ignored=QUALITY)


QUALITY = ("data_quality_results",)


def test_clearing_publishes_and_builds_of_the_newest_run(after_b: Lab, record: Record, state_name: str) -> None:
    """A succeeded publish alone; then its build alone and the publish alone, which must refuse what nobody audited."""
    script = [
        clear(f"{MART}.publish", NEWEST),
        clear(f"{MART}.build", NEWEST),
        clear(f"{MART}.publish", NEWEST),
        {**clear(f"{MART}.audit", NEWEST, downstream=True), "operator": True},
    ]
    played = after_b.play(state_name, script, on=after_b.folder / "reference")
    alone, build, unaudited, repaired = played.steps
    assert alone["outcome"] == build["outcome"] == "success", played.steps
    # The tasks after it were not cleared, so the run ends green. The task tells people by itself (`dag.alerts`).
    assert unaudited["failed_tasks"] == [f"{MART}.publish"], played.steps
    assert "no checkpoint has passed" in str(unaudited["failures"])
    assert repaired["outcome"] == "success", played.steps
    record.survived("operator", "a gold publish, a build, an unaudited build cleared", played, 4)


def test_lost_and_truncated_files(after_b: Lab, record: Record, state_name: str) -> None:
    broken: list[str] = []
    reference = after_b.folder / "reference"
    state = after_b.copy(reference, f"{state_name}-broken")
    files = sorted((state / "s3" / "business-insights-lake" / "silver" / "order_items").rglob("*.parquet"))
    gold = sorted((state / "s3" / "business-insights-lake" / "gold").rglob("*"))
    # The marts of an earlier day are built again by a run for that day, which the message asks for.
    marts = [path for path in gold if f"={DAY_A}" not in str(path)]
    for number, path in enumerate(path for path in [*files[::9], *(m for m in marts[::40] if m.is_file())]):
        if number % 2:
            path.unlink()
        else:
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        broken.append(path.name)
    played = after_b.play(state_name, [{**after_b.run_b, "operator": True}], on=state)
    assert played.steps[-1]["outcome"] == "success", (played.steps, played.log)
    record.survived(
        "operator", "published files deleted and cut off", played, len(broken), ignored=QUALITY, reader_errors=True
    )


def test_half_a_source(after_b: Lab, record: Record, state_name: str) -> None:
    half = half_of(after_b.sources[1], after_b.folder / "half")
    # Its newest days are missing too, which the freshness guard says first. An operator who believes it goes on.
    step = {"source": str(half), "date": DAY_B, "conf": {"accept_no_orders": True}}
    played = after_b.play(state_name, [step], on=after_b.folder / "reference")
    assert played.steps[-1]["outcome"] == "failed"
    assert "accept_changes" in str(played.steps[-1]["failures"])
    record.survived("operator", "a source cut off in its middle", played, 1, ignored=QUALITY)

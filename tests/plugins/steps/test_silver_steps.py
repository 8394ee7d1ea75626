"""When silver must be built, from which batch, and that an older snapshot does not replace a newer one."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from biz_insights.errors import PermanentError
from biz_insights.settings import Settings
from biz_insights.steps import silver_steps
from biz_insights.steps.bronze_steps import utc_text
from biz_insights.steps.run_context import RunContext
from tests.protocol.dag_runs import ORDER, Scheduler
from tests.protocol.observers import Observer
from tests.protocol.small_chain import SmallChain

CHANGES = {
    "business_timezone": "America/Denver",
    "price_basis": "unit_price",
    "test_app_names": "STAGING",
    "negative_lines": "quarantine",
    "missing_marks": "unknown",
    "holiday_country": "CA",
    "holiday_subdivision": "QC",
}


class Code:
    """A stand-in for S3 that returns the ETag of the job's files."""

    def client(self, _service: str) -> Any:
        return self

    def head_object(self, **_where: str) -> dict[str, str]:
        return {"ETag": "e1"}


def digest(settings: Settings) -> str:
    run = RunContext(settings, "scheduled__1", "2024-02-17")
    run.__dict__.update(session=Code())
    return silver_steps.input_fingerprint(run, "jr-1")


@pytest.fixture
def one_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silver_steps, "bronze_manifest", lambda *_: SimpleNamespace())
    monkeypatch.setattr(silver_steps, "batch_fingerprint", lambda _: "batch")


@pytest.mark.usefixtures("one_batch")
@pytest.mark.parametrize("name", CHANGES)
def test_a_setting_that_decides_figures_makes_silver_due(name: str) -> None:
    assert digest(Settings()) == digest(Settings())
    assert digest(replace(Settings(), **{name: CHANGES[name]})) != digest(Settings())


@pytest.mark.usefixtures("one_batch")
def test_another_setting_does_not_make_silver_due() -> None:
    assert digest(Settings(quality_gate=50)) == digest(Settings())


def silver_text(observer: Observer) -> dict[str, str | None]:
    assert observer.latest is not None
    return {value: text for value, (_, text) in observer.latest.tables["silver_order_items"].items()}


def test_an_older_snapshot_does_not_replace_a_newer_one_unless_the_operator_says_so(
    chain: SmallChain, scheduler: Scheduler, observer: Observer
) -> None:
    older = scheduler.finish(scheduler.add("2026-02-28"))
    before = dict(chain.days)
    chain.days["2026-02-26"] = "corrected 2"
    scheduler.finish(scheduler.add("2026-02-28"))
    newer = silver_text(observer)
    # It is refused before the job has built anything, and again at the publish.
    for step, refused in (("bronze.audit", "silver.plan"), ("silver.plan",) * 2, ("silver.publish",) * 2):
        scheduler.clear(older, 0)
        older.position = ORDER.index(step)
        scheduler.finish(older)
        assert (older.state, older.step) == ("failed", refused)
        assert "it would replace newer rows by older ones" in str(older.memo["error"])
        assert "set go_back_run to" in str(older.memo["error"])
        assert silver_text(observer) == newer
    older.go_back = True
    scheduler.clear(older, 0)
    older.position = ORDER.index("bronze.audit")
    scheduler.finish(older)
    assert older.state == "success", older.memo.get("error")
    assert silver_text(observer) == {day: f"items {text}" for day, text in before.items()}


def test_an_unchanged_source_confirms_what_is_published_for_the_moment_of_the_new_snapshot(
    chain: SmallChain, scheduler: Scheduler, observer: Observer
) -> None:
    """A snapshot from in between can then not replace these rows."""
    scheduler.finish(scheduler.add("2026-02-28"))
    original = dict(chain.days)
    between = scheduler.add("2026-02-28")
    chain.days["2026-02-26"] = "wrong 2"
    scheduler.advance(between)
    scheduler.advance(between)
    scheduler.kill(between)
    chain.days = original
    scheduler.finish(scheduler.add("2026-02-28"))
    scheduler.clear(between, ORDER.index("bronze.build"))
    scheduler.finish(between)
    assert between.state == "failed" and "it would replace newer rows by older ones" in str(between.memo["error"])


def test_silver_is_built_from_a_published_batch_when_the_source_is_unchanged(
    chain: SmallChain, scheduler: Scheduler, observer: Observer
) -> None:
    first = scheduler.finish(scheduler.add("2026-02-28"))
    chain.session.s3.objects[Settings().artefacts_bucket, "spark_jobs/silver.py"] = b"code 2"
    second = scheduler.finish(scheduler.add("2026-02-28"))
    assert second.state == "success" and second.memo["bronze.audit"] is None
    plan = second.memo["silver.plan"]
    assert (plan["batch_id"], plan["bronze_run"]) == (first.memo["extract"][0], first.memo["bronze.build"])
    assert observer.latest is not None
    assert set(observer.latest.tables["bronze_order_items"]) == {plan["batch_id"]}
    assert observer.latest.release.snapshot_at == utc_text(second.memo["extract"][1])


@pytest.mark.parametrize("step", ["silver.audit", "silver.publish"])
def test_days_that_another_run_has_published_since_the_plan_are_refused(
    chain: SmallChain, scheduler: Scheduler, observer: Observer, step: str
) -> None:
    """Also when the run goes back, and may replace a newer snapshot."""
    run = scheduler.add("2026-02-28", go_back=True)
    while run.position < ORDER.index(step):
        scheduler.advance(run)
    scheduler.kill(run)
    other = scheduler.add("2026-02-28")
    chain.days["2026-02-26"] = "corrected 2"
    while other.position <= ORDER.index("silver.publish"):
        scheduler.advance(other)
    scheduler.kill(other)
    with pytest.raises(PermanentError, match=r"was compared with days that have changed since, first .*; clear silver"):
        scheduler.perform(run, step)


def test_a_silver_that_is_up_to_date_is_confirmed_at_the_snapshot_of_the_run(
    chain: SmallChain, scheduler: Scheduler, observer: Observer
) -> None:
    """A failed run has published another batch in bronze, and the source went back: silver itself is still right."""
    scheduler.finish(scheduler.add("2026-02-28"))
    original = dict(chain.days)
    failed = scheduler.add("2026-02-28")
    chain.days["2026-02-26"] = "wrong 2"
    while failed.position <= ORDER.index("bronze.publish"):
        scheduler.advance(failed)
    scheduler.kill(failed)
    chain.days = original
    run = scheduler.finish(scheduler.add("2026-02-28"))
    assert run.state == "success", run.memo.get("error")
    assert run.memo["bronze.publish"] and run.memo["silver.plan"] is None

"""When scores must be built, which arguments the job gets, and which tables are published."""

from dataclasses import replace
from typing import Any

import pytest

from biz_insights.errors import PermanentError
from biz_insights.lake.builds import Column
from biz_insights.lake.catalog import PublishedPartition
from biz_insights.lake.table_parameters import HELD
from biz_insights.settings import Settings
from biz_insights.steps import score_steps
from biz_insights.steps.gold_steps import NO_FILES
from biz_insights.steps.run_context import RunContext
from biz_schema.score_inputs import (
    DAYS_OF_CLOSED_QUARTERS,
    DAYS_OF_CURRENT_QUARTER,
    SAMPLE_BEFORE_CUTOFF,
    SCORE_INPUTS,
    TOTALS_BEFORE_CUTOFF,
)
from biz_schema.score_tables import SCORE_PUBLISH_ORDER, SCORE_TABLES

DAY = "2024-02-17"
DAYS = {"2023-12-31": "closed", "2024-02-16": "f1", DAY: "f2", "2024-02-18": "later"}
QUARTERS = {"2023-10-01": "q4", "2024-01-01": "of a run for a later quarter"}
CUTOFFS = {"2022-07-01": "of a run for an earlier quarter", "2022-10-01": "o1"}


class Published:
    """The slot that the run builds on: partitions by table."""

    def __init__(self) -> None:
        self.held: dict[str, str] = {}
        self.tables = {
            table: {value: PublishedPartition(value, f"s3://lake/{value}/", f) for value, f in digests.items()}
            for table, digests in (
                (DAYS_OF_CLOSED_QUARTERS, QUARTERS),
                (DAYS_OF_CURRENT_QUARTER, DAYS),
                (TOTALS_BEFORE_CUTOFF, CUTOFFS),
                (SAMPLE_BEFORE_CUTOFF, CUTOFFS),
            )
        }

    def partitions(self, table: str) -> dict[str, PublishedPartition]:
        return self.tables.get(table, {})

    def fingerprints(self, table: str) -> dict[str, str]:
        return {value: partition.fingerprint for value, partition in self.partitions(table).items()}

    def parameter(self, table: str, key: str) -> str | None:
        return self.held.get(table) if key == HELD else None


class Code:
    """S3 as the plan sees it: ETags of the job's files."""

    def __init__(self) -> None:
        self.etags = dict.fromkeys(score_steps.JOB_FILES, "e1")

    def client(self, _service: str) -> Any:
        return self

    def head_object(self, Bucket: str, Key: str) -> dict[str, str]:
        return {"ETag": self.etags[Key]}


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    documents: dict[str, Any] = {}
    monkeypatch.setattr(score_steps.s3, "put_json", lambda _, uri, document: documents.update({uri: document}))
    return documents


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> RunContext:
    monkeypatch.setattr(score_steps, "open_lake", lambda _: None)
    context = RunContext(Settings(), "manual__1", DAY)
    context.__dict__.update(session=Code(), working=Published())
    return context


def publish(run: RunContext, digest: str) -> None:
    for table in SCORE_TABLES:
        run.working.tables[table] = {DAY: PublishedPartition(DAY, "s3://lake/scores/", digest)}


def test_the_job_gets_the_locations_of_quarters_and_days_up_to_the_process_date(
    run: RunContext, written: dict[str, Any]
) -> None:
    plan = score_steps.plan_scores(run, full_refresh=False)
    assert plan is not None
    found = written[plan["inputs_uri"]]
    assert found == {
        "gold_customer_day_by_quarter": {"2023-10-01": "s3://lake/2023-10-01/"},
        "gold_customer_day": {day: f"s3://lake/{day}/" for day in ("2024-02-16", DAY)},
        "gold_customer_totals_before_cutoff": {"2022-10-01": "s3://lake/2022-10-01/"},
        "gold_customer_day_sample_before_cutoff": {"2022-10-01": "s3://lake/2022-10-01/"},
    }
    assert plan["inputs_uri"].endswith("scores/_plan/manual-1/try=1/inputs.json")


def test_published_scores_are_built_again_only_under_full_refresh(run: RunContext, written: dict[str, Any]) -> None:
    plan = score_steps.plan_scores(run, full_refresh=False)
    assert plan is not None
    publish(run, plan["input_fingerprint"])
    run.working.tables[DAYS_OF_CURRENT_QUARTER]["2024-02-18"] = PublishedPartition(
        "2024-02-18", "s3://lake/x/", "moved"
    )
    assert score_steps.plan_scores(run, full_refresh=False) is None
    assert score_steps.plan_scores(run, full_refresh=True) == plan


@pytest.mark.parametrize(
    "change",
    [
        "a day",
        "a removed day",
        "a closed quarter",
        TOTALS_BEFORE_CUTOFF,
        SAMPLE_BEFORE_CUTOFF,
        "the code",
        "a rate",
        "a margin",
        "a table",
        "the date",
    ],
)
def test_a_changed_input_makes_the_scores_due(run: RunContext, written: dict[str, Any], change: str) -> None:
    plan = score_steps.plan_scores(run, full_refresh=False)
    assert plan is not None
    publish(run, plan["input_fingerprint"])
    if change == "a day":
        run.working.tables[DAYS_OF_CURRENT_QUARTER][DAY] = PublishedPartition(DAY, "s3://lake/late/", "f3")
    if change == "a removed day":
        del run.working.tables[DAYS_OF_CURRENT_QUARTER]["2024-02-16"]
    if change == "a closed quarter":
        run.working.tables[DAYS_OF_CLOSED_QUARTERS]["2023-10-01"] = PublishedPartition(
            "2023-10-01", "s3://lake/late/", "q5"
        )
    if change in (TOTALS_BEFORE_CUTOFF, SAMPLE_BEFORE_CUTOFF):
        run.working.tables[change]["2022-10-01"] = PublishedPartition("2022-10-01", "s3://lake/late/", "o2")
    if change == "the code":
        run.session.etags["spark_jobs.zip"] = "e2"
    if change == "a rate":
        run.settings = replace(run.settings, annual_discount_rate=0.08)
    if change == "a margin":
        run.settings = replace(run.settings, margin_rate=0.3)
    if change == "a table":
        del run.working.tables["churn_backtests"]
    if change == "the date":
        run.process_date = "2024-02-16"
    assert score_steps.plan_scores(run, full_refresh=False) is not None


def test_scores_whose_inputs_have_changed_since_their_plan_are_neither_audited_nor_published(
    run: RunContext, written: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, done = score_steps.plan_scores(run, full_refresh=False), []
    assert plan is not None
    monkeypatch.setattr(score_steps, "score_builds", lambda *_: [])
    monkeypatch.setattr(score_steps, "audit_builds", lambda *_: done.append("audited"))
    monkeypatch.setattr(score_steps, "require_audit", lambda *_: None)
    monkeypatch.setattr(score_steps, "is_released", lambda *_: False)
    monkeypatch.setattr(score_steps, "publish_audited", lambda *_: done.append("published"))

    def audit_and_publish() -> None:
        for task in (score_steps.audit_scores, lambda *given: score_steps.publish_scores(*given, "s3://lake/audit")):
            try:
                task(run, "jr-1", plan)
            except PermanentError as error:
                assert "customer days, code or settings that have changed since their plan" in str(error)
                assert "clear scores.plan" in str(error)

    run.working.tables[DAYS_OF_CURRENT_QUARTER][DAY] = PublishedPartition(DAY, "s3://lake/late/", "f3")
    audit_and_publish()
    assert done == []
    run.working.tables[DAYS_OF_CURRENT_QUARTER][DAY] = PublishedPartition(DAY, "s3://lake/again/", "f2")
    audit_and_publish()
    assert done == ["audited", "published"]


def test_a_day_without_files_and_a_chain_without_customers_are_accepted(
    run: RunContext, written: dict[str, Any]
) -> None:
    empty = run.settings.lake_uri(NO_FILES)
    run.working.tables[DAYS_OF_CURRENT_QUARTER][DAY] = PublishedPartition(DAY, empty, "none")
    plan = score_steps.plan_scores(run, full_refresh=False)
    assert plan is not None and list(written[plan["inputs_uri"]][DAYS_OF_CURRENT_QUARTER]) == ["2024-02-16"]
    run.working.tables.clear()
    plan = score_steps.plan_scores(run, full_refresh=False)
    assert plan is not None and written[plan["inputs_uri"]] == {table: {} for table in SCORE_INPUTS}


def test_every_table_of_the_job_is_published(run: RunContext, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sorted(SCORE_PUBLISH_ORDER) == sorted(SCORE_TABLES)
    entry = {
        "columns": [["p", "double"]], "partition_keys": [["as_of_date", "date"]], "location": "s3://lake/t/run=jr/",
        "partitions": {DAY: {"rows": 1, "fingerprint": "d", "change": "new"}},
    }  # fmt: skip
    manifest = score_steps.read_manifest.__globals__["Manifest"]("jr", DAY, dict.fromkeys(SCORE_TABLES, entry))
    monkeypatch.setattr(score_steps, "read_manifest", lambda *_: manifest)
    builds = score_steps.score_builds(run, "jr")
    assert [build.table for build in builds] == list(SCORE_PUBLISH_ORDER)
    assert builds[0].partition_key == Column("as_of_date", "date")
    assert builds[0].partitions[0].location == f"s3://lake/t/run=jr/as_of_date={DAY}/"

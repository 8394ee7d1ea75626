"""Audits through PyAthena on the laptop endpoint: every suite of the repository, green and red."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pyarrow as pa
import pytest

from biz_insights.quality.audit_settings import QualitySettings
from biz_insights.quality.checkpoint import audit
from biz_insights.quality.outcome import QualityGateError
from biz_insights.quality.suites import suite_paths
from tests.dags.gold.harness import Lake
from tests.plugins.quality.athena_lake import all_tables, register
from tests.plugins.quality.samples import AS_OF

LAKE = "s3://business-insights-lake/"
SETTINGS = QualitySettings(
    region="us-east-1",
    build_database="biz_insights_build",
    published_database="biz_insights_a",
    operations_database="biz_insights",
    workgroup="business-insights-read",
    results_uri=f"{LAKE}athena-results/",
    quality_uri=f"{LAKE}quality/",
    ops_uri=f"{LAKE}ops/",
    poll_seconds=0.02,
)


@pytest.fixture(scope="module")
def lake(endpoint: dict[str, str], gold: Lake) -> Iterator[Any]:
    """A session on an endpoint where every table is published, and is its own candidate `<table>__c1`."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in endpoint.items():
            patch.setenv(name, value)
        session = boto3.session.Session(region_name="us-east-1")
        for name, rows in all_tables(gold).items():
            register(session, SETTINGS.published_database, name, rows, f"{LAKE}published/")
            register(session, SETTINGS.build_database, f"{name}__c1", rows, f"{LAKE}candidates/")
        yield session


def check(session: Any, *tables: str, candidate: str = "c1", checkpoint: str = "test") -> Any:
    return audit(
        {name: f"{name}__{candidate}" for name in tables},
        checkpoint=checkpoint,
        run="run-1",
        process_date=AS_OF,
        settings=SETTINGS,
        session=session,
    )


def query(sql: str) -> list[tuple[Any, ...]]:
    """Rows of a query as a reader of the published tables gets them."""
    from pyathena import connect

    with connect(
        region_name=SETTINGS.region,
        work_group=SETTINGS.workgroup,
        s3_staging_dir=SETTINGS.results_uri,
        schema_name=SETTINGS.published_database,
        poll_interval=0.02,
    ) as connection:
        return connection.cursor().execute(sql).fetchall()


@pytest.mark.parametrize("layer", ["bronze", "silver", "gold"])
def test_sound_candidates_pass_every_suite_of_a_layer(lake: Any, layer: str):
    tables = [name for name, path in suite_paths().items() if path.parent.name == layer]
    report = check(lake, *tables, checkpoint=layer)
    report.raise_if_blocked()
    errors = [result.sentence() for result in report.results if result.error]
    assert errors == [] and report.blocking == []
    assert {result.suite for result in report.results} == set(tables)


def test_a_wrong_line_blocks_with_its_key_and_leaves_the_published_table(lake: Any, gold: Lake):
    rows = all_tables(gold)["silver_order_items"]
    hours = rows["order_hour"].to_pylist()
    broken = rows.set_column(
        rows.column_names.index("order_hour"), "order_hour", pa.array([24, *hours[1:]], pa.int32())
    )
    register(lake, SETTINGS.build_database, "silver_order_items__c2", broken, f"{LAKE}candidates/")
    before = query("SELECT count(*), sum(order_hour) FROM silver_order_items")
    report = check(lake, "silver_order_items", candidate="c2", checkpoint="silver")
    with pytest.raises(QualityGateError) as raised:
        report.raise_if_blocked()
    assert "silver_order_items: expect_column_values_to_be_between(order_hour): 1 unexpected" in str(raised.value)
    assert '"source_id": 1, "order_id": "o1", "lineitem_id": "o1-1", "order_hour": 24' in str(raised.value)
    assert query("SELECT count(*), sum(order_hour) FROM silver_order_items") == before
    assert query(
        "SELECT rule_name, unexpected_count, checkpoint_blocked, element_at(samples, 1) "
        "FROM biz_insights.data_quality_results WHERE run = 'run-1' AND checkpoint = 'silver' AND NOT success "
        "AND severity = 'critical'"
    ) == [
        (
            "expect_column_values_to_be_between(order_hour)",
            1,
            True,
            '{"source_id": 1, "order_id": "o1", "lineitem_id": "o1-1", "order_hour": 24}',
        )
    ]


def test_the_settings_are_questioned_and_the_evidence_is_kept(lake: Any):
    check(lake, "silver_order_items", checkpoint="settings")
    found = query(
        "SELECT rule_name, success, json_extract_scalar(observed, '$[0].contradicts_setting'), observed "
        "FROM biz_insights.data_quality_results WHERE checkpoint = 'settings' AND observed LIKE '%contradicts%' "
        "ORDER BY 1"
    )
    assert [row[:3] for row in found] == [
        ("orders_keep_the_hours_of_the_time_zone", True, "false"),
        ("prices_fit_the_price_basis", True, "false"),
    ]
    assert '"business_timezone": "America/Chicago", "orders": 17' in found[0][3]
    assert '"supported_basis": "insufficient_data", "items": 0' in found[1][3]


def test_a_repeated_line_blocks(lake: Any, gold: Lake):
    rows = all_tables(gold)["silver_order_items"]
    twice = pa.concat_tables([rows, rows.slice(0, 1)])
    register(lake, SETTINGS.build_database, "silver_order_items__c3", twice, f"{LAKE}candidates/")
    found = check(lake, "silver_order_items", candidate="c3").blocking
    assert {result.name: result.unexpected_count for result in found} == {
        "expect_column_values_to_be_unique(source_id)": 2,
        "grain_is_unique": 1,
    }
    assert all(result.samples for result in found)


def test_a_ledger_that_does_not_add_up_blocks(lake: Any, gold: Lake):
    rows = all_tables(gold)["row_ledger"].to_pylist()
    rows[0]["accepted_rows"] = 6
    register(lake, SETTINGS.build_database, "row_ledger__c2", pa.Table.from_pylist(rows), f"{LAKE}candidates/")
    with pytest.raises(QualityGateError, match=r"every_row_is_accepted_or_quarantined.*1 unexpected.*order_items"):
        check(lake, "row_ledger", candidate="c2").raise_if_blocked()


def test_a_candidate_that_is_not_in_the_catalog_blocks(lake: Any):
    report = check(lake, "silver_date_dim", candidate="absent")
    assert report.score == 0.0
    with pytest.raises(QualityGateError, match="silver_date_dim__absent"):
        report.raise_if_blocked()

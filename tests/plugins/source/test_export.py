"""Extract: the day of a run, the source's span, and an export that says COMPLETE and is not."""

from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest

from biz_insights.errors import PermanentError
from biz_insights.settings import Settings
from biz_insights.source import export
from biz_insights.source.database import SourceCount, require_day
from biz_insights.source.export import check_rows, resolve_process_date, row_span

CHICAGO = "America/Chicago"


def test_the_default_day_is_yesterday_in_the_business_s_time_zone():
    # 02:00 UTC is still the evening before in Chicago.
    assert resolve_process_date(None, datetime(2024, 2, 18, 2, tzinfo=UTC), CHICAGO) == "2024-02-16"
    assert resolve_process_date("", datetime(2024, 2, 18, 9, tzinfo=UTC), CHICAGO) == "2024-02-17"


@pytest.mark.parametrize("wanted", ["17-02-2024", "yesterday", "2024-02-30"])
def test_text_that_is_no_date_is_refused(wanted):
    with pytest.raises(PermanentError, match=f"{wanted}.*YYYY-MM-DD"):
        resolve_process_date(wanted, datetime(2024, 2, 18, 9, tzinfo=UTC), CHICAGO)


def test_a_day_that_is_not_over_is_refused():
    with pytest.raises(PermanentError, match=r"2024-02-18 is not over.*2024-02-17"):
        resolve_process_date("2024-02-18", datetime(2024, 2, 18, 9, tzinfo=UTC), CHICAGO)


def test_a_past_day_is_taken_as_given():
    assert resolve_process_date("2023-07-04", datetime(2024, 2, 18, 9, tzinfo=UTC), CHICAGO) == "2023-07-04"


def test_a_day_before_the_source_is_refused_with_the_span():
    count = SourceCount({}, date(2020, 4, 1), date(2024, 2, 18))
    with pytest.raises(PermanentError, match=r"2020-03-31.*2020-04-01 to 2024-02-18"):
        require_day(count, "2020-03-31")


def test_an_empty_source_is_refused():
    with pytest.raises(PermanentError, match="no orders"):
        require_day(SourceCount({"order_items": 0}, None, None), "2024-02-18")


def test_rows_of_a_source_at_rest_must_agree_exactly():
    span = row_span({"order_items": 10}, {"order_items": 10})
    check_rows({"order_items": 10}, span, "e1")
    for rows in (9, 11):
        with pytest.raises(PermanentError, match=rf"e1 carries {rows} rows of public.order_items.*counted 10;"):
            check_rows({"order_items": rows}, span, "e1")


def test_rows_of_a_source_that_is_written_to_lie_between_the_counts():
    span = row_span({"order_items": 10}, {"order_items": 14})
    for rows in (10, 12, 14):
        check_rows({"order_items": rows}, span, "e1")
    with pytest.raises(PermanentError, match="10 to 14"):
        check_rows({"order_items": 15}, span, "e1")


OURS = ("order_items", "order_item_options", "date_dim")
FILES = (
    "order_items/1/part-0.gz.parquet",
    "order_item_options/1/_success",
    "date_dim/1/_success",
)


def listed(**statuses: str) -> dict:
    """A tables-info file: the source tables are COMPLETE unless said otherwise, in place of which None lists none."""
    said = {**dict.fromkeys(OURS, "COMPLETE"), **statuses}
    return {
        "perTableStatus": [
            {"target": f"restaurant.public.{table}", "status": status} for table, status in said.items() if status
        ]
    }


@pytest.fixture
def exported(monkeypatch):
    """Check an export: `exported(*files below the database's folder, warning=…, info=…)`."""

    def check(*files: str, warning: str | None = None, info: dict | None = None) -> str:
        folder = "s3://business-insights-lake/landing/e1/"
        uris = [f"{folder}restaurant/public.{file}" for file in files]
        if info is not None:
            uris.append(f"{folder}export_tables_info_e1_from_1_to_3.json")
        task = {"Status": "COMPLETE", **({"WarningMessage": warning} if warning else {})}
        rds = SimpleNamespace(describe_export_tasks=lambda ExportTaskIdentifier: {"ExportTasks": [task]})
        monkeypatch.setattr(export.s3, "list_uris", lambda session, prefix: uris)
        monkeypatch.setattr(export.s3, "get_json", lambda session, uri: info)
        return export.check_export(SimpleNamespace(client=lambda service: rds), Settings(), "e1")

    return check


def test_a_table_that_may_be_empty_needs_no_parquet_file_in_the_export(exported):
    items, options, dates = FILES
    assert exported(items, options, dates).endswith("/landing/e1/restaurant/")
    with pytest.raises(PermanentError, match="lacks date_dim"):
        exported(items, options)
    with pytest.raises(PermanentError, match="lacks order_items"):
        exported("order_items/1/_success", options, dates)


def test_a_warning_about_other_tables_does_not_block(exported):
    warning = "The following tables were skipped: public.audit_log, public.order_items_archive"
    assert exported(*FILES, warning=warning, info=listed(audit_log="SKIPPED"))


@pytest.mark.parametrize("table", ["order_items", "ORDER_ITEM_OPTIONS", "public.date_dim"])
def test_a_warning_about_a_source_table_blocks(exported, table):
    warning = f"The following tables were skipped: public.audit_log, {table}"
    with pytest.raises(PermanentError, match=r"lacks part of the data \(RDS: The following.*clear extract"):
        exported(*FILES, warning=warning, info=listed())


def test_a_source_table_that_is_not_complete_blocks_without_a_warning(exported):
    with pytest.raises(PermanentError, match=r"table restaurant\.public\.date_dim is SKIPPED"):
        exported(*FILES, info=listed(date_dim="SKIPPED"))


@pytest.mark.parametrize("info", [None, listed(order_items=None)], ids=["no file", "not listed"])
def test_a_warning_blocks_unless_rds_says_that_each_source_table_is_complete(exported, info):
    with pytest.raises(PermanentError, match=r"does not say so of .*restaurant\.public\.order_items"):
        exported(*FILES, warning="Some tables could not be exported.", info=info)


def test_the_tables_to_export_are_those_of_the_source():
    assert export.tables_to_export("restaurant") == [f"restaurant.public.{table}" for table in OURS]

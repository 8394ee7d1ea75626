"""The views of readers: all tables of a query come from one slot, and one UpdateTable moves them to the other."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyathena import connect

from biz_insights.aws import s3
from biz_insights.lake.builds import Column, PartitionBuild, TableBuild
from biz_insights.lake.catalog import Catalog
from biz_insights.lake.current_release import SLOTS, slot_database
from biz_insights.lake.publish import publish
from biz_insights.lake.reader_views import reader_view, table_columns, trino_type
from biz_insights.lake.releases import Releases, release_after

OLD = {"orders": "bigint", "order_date": "date"}
NEW = {"orders": "bigint", "reasons": "array<string>", "order_date": "date"}


def test_a_view_takes_the_slot_from_the_row_of_current_release() -> None:
    assert reader_view("gold_x", "lake", {"a": OLD, "b": OLD}, "a") == (
        "CREATE OR REPLACE VIEW lake.gold_x AS\n"
        'SELECT "orders", "order_date"\nFROM lake_a.gold_x\nWHERE (SELECT slot FROM lake.current_release) = \'a\'\n'
        "UNION ALL\n"
        'SELECT "orders", "order_date"\nFROM lake_b.gold_x\nWHERE (SELECT slot FROM lake.current_release) = \'b\''
    )


def test_a_new_column_is_null_in_the_older_slot_and_a_dropped_one_is_gone() -> None:
    statement = reader_view("gold_x", "lake", {"a": OLD, "b": NEW}, "b")
    assert 'SELECT "orders", CAST(NULL AS array(varchar)) AS "reasons", "order_date"\nFROM lake_a' in statement
    assert '"reasons"' not in reader_view("gold_x", "lake", {"a": OLD, "b": NEW}, "a")


def test_a_new_table_is_in_one_slot_only() -> None:
    assert "UNION" not in reader_view("gold_x", "lake", {"b": NEW}, "b")


@pytest.mark.parametrize(
    ("glue", "expected"),
    [("string", "varchar"), ("int", "integer"), ("timestamp", "timestamp(3)"), ("decimal(18,4)", "decimal(18,4)"),
     ("array<string>", "array(varchar)"), ("array<array<int>>", "array(array(integer))"), ("date", "date")],
)  # fmt: skip
def test_types_are_those_of_queries(glue: str, expected: str) -> None:
    assert trino_type(glue) == expected


class Readers:
    """Two tables in two slots on the endpoint, and a reader who selects from their views."""

    def __init__(self, session: Any, bucket: str, published: str) -> None:
        self.session, self.lake, self.published = session, f"s3://{bucket}/", published
        self.glue = session.client("glue")
        for slot in SLOTS:
            self.glue.create_database(DatabaseInput={"Name": slot_database(published, slot)})
        self.releases = Releases(session, published, self.lake)
        self.releases.prepare()
        self.switches: list[str] = []
        self.current = None

    def slot(self, slot: str) -> Catalog:
        return Catalog(self.glue, slot_database(self.published, slot))

    def fill(self, slot: str, table: str, columns: Mapping[str, str], rows: pa.Table) -> None:
        location = f"{self.lake}{slot}/{table}/"
        buffer = io.BytesIO()
        pq.write_table(rows, buffer)
        s3.put_bytes(self.session, f"{location}rows.parquet", buffer.getvalue())
        described = tuple(Column(name, kind) for name, kind in columns.items())
        publish(self.slot(slot), TableBuild(table, described, None, (PartitionBuild("", location, slot),)), location)

    def view(self, table: str, newest: str) -> None:
        found = {slot: self.slot(slot).table(table) for slot in SLOTS}
        copies = {slot: table_columns(entry) for slot, entry in found.items() if entry}
        self.rows(reader_view(table, self.published, copies, newest))

    def switch(self, slot: str) -> None:
        self.current = release_after(
            self.current, slot=slot, run="run-1", try_number=1, process_date="2024-01-31", batch_id="", snapshot_at=""
        )
        self.releases.switch(self.current, [], [])

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        connection = connect(
            region_name="us-east-1", schema_name=self.published, poll_interval=0.02,
            work_group="business-insights-read",
        )  # fmt: skip
        with connection:
            return list(connection.cursor().execute(sql).fetchall())


@pytest.fixture
def readers(session: Any, lake_bucket: str, published: str) -> Readers:
    return Readers(session, lake_bucket, published)


def test_readers_see_one_slot_or_the_other_in_all_tables_of_a_query(readers: Readers) -> None:
    for slot, orders in (("a", [1, 2]), ("b", [3, 4, 5])):
        readers.fill(slot, "facts", {"orders": "bigint"}, pa.table({"orders": orders}))
        total = {"total": [sum(orders)]}
        if slot == "a":
            readers.fill(slot, "marts", {"total": "bigint"}, pa.table(total))
        else:
            wider = pa.table({**total, "reason": ["late row"]})
            readers.fill(slot, "marts", {"total": "bigint", "reason": "string"}, wider)
    readers.view("facts", "b")
    readers.view("marts", "b")
    both = "SELECT sum(orders), max(total), max(reason) FROM facts CROSS JOIN marts"
    assert readers.rows("SELECT count(*) FROM facts") == [(0,)]  # nothing is released yet
    readers.switch("a")
    assert readers.rows(both) == [(3, 3, None)]
    before = readers.glue.get_tables(DatabaseName=readers.published)["TableList"]
    readers.switch("b")
    after = readers.glue.get_tables(DatabaseName=readers.published)["TableList"]
    moved = [new["Name"] for new, old in zip(after, before, strict=True) if new != old]
    assert readers.rows(both) == [(12, 12, "late row")]
    assert moved == ["current_release"]


def test_a_view_of_a_view_moves_with_it(readers: Readers) -> None:
    for slot, orders in (("a", [1]), ("b", [2])):
        readers.fill(slot, "facts", {"orders": "bigint"}, pa.table({"orders": orders}))
    readers.view("facts", "a")
    readers.rows(f"CREATE OR REPLACE VIEW v_facts AS SELECT orders * 10 AS tens FROM {readers.published}.facts")
    for slot, expected in (("a", 10), ("b", 20), ("a", 10)):
        readers.switch(slot)
        assert readers.rows("SELECT tens FROM v_facts") == [(expected,)]

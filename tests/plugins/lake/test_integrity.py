"""Integrity of published files: what is deleted, cut off, added or replaced is named; the rest is not."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from biz_insights.aws import s3
from biz_insights.lake.builds import Column, PartitionBuild, TableBuild
from biz_insights.lake.catalog import Catalog, PublishedPartition
from biz_insights.lake.file_sizes import measured
from biz_insights.lake.integrity import check_files, check_footers, layer_folders
from biz_insights.lake.publish import publish
from biz_insights.steps.gold_steps import NO_FILES

DAYS = ("2024-01-01", "2024-01-02", "2024-01-03")
EMPTY_DAY = "2024-01-04"
COLUMNS = (Column("net_sales", "double"),)


def parquet(rows: int) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table({"net_sales": [1.0] * rows}), buffer)
    return buffer.getvalue()


class Lake:
    """A lake with a table by day, one of them without files, and a table without partitions."""

    def __init__(self, session: Any, bucket: str, database: str) -> None:
        self.session, self.uri = session, f"s3://{bucket}/"
        self.catalog = Catalog(session.client("glue"), database)
        folder = f"{self.uri}build/tables/q1/"
        days = [PartitionBuild(day, f"{folder}order_date={day}/", "f", 3) for day in DAYS]
        empty = PartitionBuild(EMPTY_DAY, f"{self.uri}{NO_FILES}", "f")
        whole = PartitionBuild("", f"{self.uri}silver/date_dim/run=jr-1/", "f", 3)
        for location in (*(day.location for day in days), whole.location):
            self.put(f"{location}part-0.parquet", parquet(3))
        self.put(f"{folder}order_date={DAYS[0]}/part-1.parquet", parquet(2))
        days[0] = replace(days[0], rows=5)
        self.publish(TableBuild("gold_x", COLUMNS, Column("order_date", "date"), (*days, empty)))
        self.publish(TableBuild("silver_date_dim", COLUMNS, None, (whole,)))

    def publish(self, build: TableBuild) -> None:
        publish(self.catalog, measured(self.session, build), f"{self.uri}published/{build.table}/")

    def put(self, uri: str, body: bytes) -> None:
        s3.put_bytes(self.session, uri, body)

    def delete(self, uri: str) -> None:
        bucket, key = s3.split_uri(uri)
        self.session.client("s3").delete_object(Bucket=bucket, Key=key)

    def file(self, day: str) -> str:
        return f"{self.uri}build/tables/q1/order_date={day}/part-0.parquet"

    @property
    def published(self) -> list[tuple[str, PublishedPartition]]:
        tables = ("gold_x", "silver_date_dim")
        return [(table, part) for table in tables for part in self.catalog.partitions(table).values()]

    def found(self) -> dict[str, dict[str, str]]:
        return dict(check_files(self.session, self.published).broken)

    def opened(self) -> dict[str, dict[str, str]]:
        return dict(check_footers(self.session, self.published).broken)


@pytest.fixture
def lake(session: Any, lake_bucket: str, published: str) -> Lake:
    return Lake(session, lake_bucket, published)


def test_an_intact_lake_has_nothing_broken_and_nothing_unmeasured(lake: Lake) -> None:
    for check in (check_files, check_footers):
        found = check(lake.session, lake.published)
        assert (dict(found.broken), dict(found.unmeasured)) == ({}, {})


def test_a_deleted_file_breaks_its_partition_alone(lake: Lake) -> None:
    lake.delete(lake.file(DAYS[0]))
    lake.delete(lake.file(DAYS[1]))
    found = lake.found()
    assert set(found) == {"gold_x"} and set(found["gold_x"]) == set(DAYS[:2])
    assert found["gold_x"][DAYS[0]].startswith("missing files: 1 file(s) of")
    assert found["gold_x"][DAYS[1]].startswith("missing files: 0 file(s) of 0 bytes; published were 1 of")


def test_a_truncated_file_is_broken(lake: Lake) -> None:
    lake.put(lake.file(DAYS[1]), parquet(3)[:-20])
    assert lake.found()["gold_x"][DAYS[1]].startswith("truncated: 1 file(s) of")
    lake.put(lake.file(DAYS[1]), b"")
    assert lake.found()["gold_x"][DAYS[1]].startswith("truncated: 1 file(s) of 0 bytes")


def test_an_extra_file_is_broken_also_where_no_file_was_published(lake: Lake) -> None:
    lake.put(f"{lake.uri}build/tables/q1/order_date={DAYS[2]}/part-9.parquet", parquet(1))
    lake.put(f"{lake.uri}{NO_FILES}stray.parquet", parquet(1))
    found = lake.found()["gold_x"]
    assert set(found) == {DAYS[2], EMPTY_DAY}
    assert found[DAYS[2]].startswith("extra files: 2 file(s)") and found[EMPTY_DAY].startswith("extra files: 1 file(s)")


def test_a_table_without_partitions_is_checked(lake: Lake) -> None:
    lake.delete(f"{lake.uri}silver/date_dim/run=jr-1/part-0.parquet")
    found = lake.found()
    assert set(found) == {"silver_date_dim"} and found["silver_date_dim"][""].startswith("missing files: 0 file(s)")


def test_files_of_other_builds_beside_the_published_ones_do_not_matter(lake: Lake) -> None:
    lake.put(f"{lake.uri}build/tables/q10/order_date={DAYS[0]}/part-0.parquet", parquet(9))
    lake.put(f"{lake.uri}silver/date_dim/run=jr-10/part-0.parquet", parquet(9))
    assert lake.found() == {}


def test_partitions_of_an_old_lake_are_unmeasured_and_not_broken(lake: Lake) -> None:
    old = [(table, replace(part, files=None, size=None)) for table, part in lake.published]
    lake.delete(lake.file(DAYS[1]))
    found = check_files(lake.session, old)
    assert dict(found.broken) == {}
    assert dict(found.unmeasured) == {"gold_x": [*DAYS, EMPTY_DAY], "silver_date_dim": [""]}
    # The thorough check opens them, and knows their rows.
    assert set(check_footers(lake.session, old).broken["gold_x"]) == {DAYS[1]}


def test_only_the_thorough_check_finds_a_file_of_the_same_size_with_another_content(lake: Lake) -> None:
    whole = parquet(3)
    lake.put(lake.file(DAYS[1]), whole[:-8] + b"x" * 8)
    lake.put(lake.file(DAYS[2]), whole[:-40] + b"x" * 32 + whole[-8:])
    assert lake.found() == {}
    found = lake.opened()["gold_x"]
    assert set(found) == set(DAYS[1:])
    assert "does not end like a Parquet file" in found[DAYS[1]] and lake.file(DAYS[1]) in found[DAYS[1]]
    assert "has a footer that cannot be read" in found[DAYS[2]]


def test_the_thorough_check_compares_rows(lake: Lake) -> None:
    fewer = [(table, replace(part, rows=part.rows and part.rows + 1)) for table, part in lake.published]
    found = check_footers(lake.session, fewer).broken
    assert found["gold_x"][DAYS[0]] == "rows: the files hold 5; published were 6"
    assert EMPTY_DAY not in found["gold_x"] and set(found["silver_date_dim"]) == {""}


def test_a_footer_longer_than_the_first_read_is_read_whole(lake: Lake) -> None:
    buffer = io.BytesIO()
    pq.write_table(pa.table({f"column_{number}": [1.0] for number in range(2000)}), buffer)
    lake.put(lake.file(DAYS[1]), buffer.getvalue())
    unmeasured = [(table, replace(part, files=None, rows=1)) for table, part in lake.published if part.value == DAYS[1]]
    assert dict(check_footers(lake.session, unmeasured).broken) == {}


def test_whole_layers_are_listed(lake: Lake) -> None:
    locations = [
        "s3://lake/silver/order_items/run=1/order_date=2024-01-01/",
        "s3://lake/silver/order_items/run=2/order_date=2024-01-02/",
        "s3://lake/build/tables/q1/order_date=2024-01-01",
        "s3://lake/published/_no_files/",
    ]
    assert layer_folders(locations) == {
        "s3://lake/silver/order_items/", "s3://lake/build/tables/", "s3://lake/published/_no_files/",
    }  # fmt: skip

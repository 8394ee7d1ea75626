"""Files of a build: counted and added up by one listing for each folder that a run or a query wrote to."""

from __future__ import annotations

from typing import Any

import pytest

from biz_insights.aws import s3
from biz_insights.lake.builds import Column, PartitionBuild, TableBuild
from biz_insights.lake.file_sizes import LISTINGS_AT_ONCE, listed, measured, outermost

DAY = Column("order_date", "date")


class CountedSession:
    """A session whose S3 client counts the pages of listings."""

    def __init__(self, session: Any) -> None:
        self.s3 = session.client("s3")
        self.prefixes: list[str] = []
        self.s3.meta.events.register(
            "provide-client-params.s3.ListObjectsV2", lambda params, **_: self.prefixes.append(params["Prefix"])
        )

    def client(self, _service: str) -> Any:
        return self.s3


@pytest.fixture
def counted(session: Any) -> CountedSession:
    return CountedSession(session)


def build(*locations: str, key: Column | None = DAY) -> TableBuild:
    partitions = tuple(PartitionBuild(str(number), location, "f") for number, location in enumerate(locations))
    return TableBuild("sales", (Column("net_sales", "double"),), key, partitions)


def test_partitions_of_one_run_are_measured_with_one_listing(counted: CountedSession, lake_bucket: str) -> None:
    folder = f"s3://{lake_bucket}/silver/sales/run=jr-1/"
    days = [f"{folder}order_date=2024-01-0{day}/" for day in (1, 2, 3)]
    for name, size in ((f"{days[0]}a.parquet", 3), (f"{days[0]}deeper/b.parquet", 4), (f"{days[1]}c.parquet", 5)):
        s3.put_bytes(counted, name, b"x" * size)
    s3.put_bytes(counted, f"{days[1]}_SUCCESS", b"")
    s3.put_bytes(counted, f"{folder.replace('jr-1', 'jr-10')}order_date=2024-01-01/other.parquet", b"xx")
    found = measured(counted, build(*days))
    assert [(p.files, p.size) for p in found.partitions] == [(2, 7), (1, 5), (0, 0)]
    assert counted.prefixes == ["silver/sales/run=jr-1/"]


def test_each_query_has_its_own_prefix_and_a_table_without_partitions_is_its_location(
    counted: CountedSession, lake_bucket: str
) -> None:
    queries = [f"s3://{lake_bucket}/build/tables/q{number}/order_date=2024-01-0{number}/" for number in (1, 2)]
    empty = f"s3://{lake_bucket}/published/_no_files/"
    for location in queries:
        s3.put_bytes(counted, f"{location}a.parquet", b"xx")
    found = measured(counted, build(*queries, empty))
    assert [(p.files, p.size) for p in found.partitions] == [(1, 2), (1, 2), (0, 0)]
    assert sorted(counted.prefixes) == ["build/tables/q1/", "build/tables/q2/", "published/_no_files/"]
    counted.prefixes.clear()
    whole = f"s3://{lake_bucket}/silver/date_dim/run=jr-1/"
    s3.put_bytes(counted, f"{whole}a.parquet", b"xxx")
    (part,) = measured(counted, build(whole, key=None)).partitions
    assert (part.files, part.size, counted.prefixes) == (1, 3, ["silver/date_dim/run=jr-1/"])


def test_listings_go_on_after_a_page_and_run_side_by_side(counted: CountedSession, lake_bucket: str) -> None:
    for number in range(1001):
        counted.s3.put_object(Bucket=lake_bucket, Key=f"silver/many/{number:04}.parquet", Body=b"x")
    prefixes = [f"s3://{lake_bucket}/silver/many/", f"s3://{lake_bucket}/silver/many/00"]
    assert outermost(prefixes) == prefixes[:1]
    assert len(list(listed(counted, prefixes))) == 1001 and len(counted.prefixes) == 2
    assert LISTINGS_AT_ONCE > 1

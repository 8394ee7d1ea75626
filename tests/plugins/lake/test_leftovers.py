"""What maintenance may delete: by kind and age, and never anything that is needed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from biz_insights.lake.leftovers import Ages, by_folder, by_kind, leftovers, unit_of
from biz_insights.lake.objects import StoredObject
from biz_insights.lake.references import References, history_locations, references

NOW = datetime(2026, 11, 29, tzinfo=UTC)
AGES = Ages(retention_days=35, landing_days=7, quality_days=365)
NOTHING = references([])


def stored(key: str, days: float = 100, size: int = 10) -> StoredObject:
    return StoredObject(f"s3://lake/{key}", size, NOW - timedelta(days=days))


def deleted(objects: list[StoredObject], needed: References = NOTHING, exports: tuple[str, ...] = ()) -> list[str]:
    found = leftovers(objects, needed, AGES, NOW, exports)
    return [each.uri.removeprefix("s3://lake/") for leftover in found for each in leftover.objects]


@pytest.mark.parametrize(
    ("key", "days"),
    [
        ("silver/order_items/run=jr-1/order_date=2024-01-01/part-0.parquet", 35),
        ("gold/tables/q-1/order_date=2024-01-01/part-0.parquet", 35),
        ("build/tables/q-1/part-0.parquet", 35),
        ("scores/model_registry/run=jr-1/as_of_date=2024-01-01/part-0.parquet", 35),
        ("bronze/order_items/run=jr-1/batch_id=b/part-0.parquet", 35),
        ("bronze/_manifest/run=jr-1/manifest.json", 35),
        ("silver/_plan/run-1/try=1/known.json", 35),
        ("ops/audits/run-1/silver/try=1.json", 35),
        ("releases/000001-run-1-t1-20260101t0/intent.json", 35),
        ("landing/bi-1/restaurant/public.order_items/1/part-0.gz.parquet", 7),
        ("athena-results/q-1.csv", 7),
        ("gold/q-1-manifest.csv", 7),
        ("gold/tables/q-1-manifest.csv", 7),
        ("ops/data_quality_results/run=r/checkpoint=c/abc/rows.parquet", 7),
        ("quality/run=r/quality_report.json", 365),
        ("ops/maintenance/run-1/report.json", 365),
    ],
)
def test_each_kind_goes_after_its_days(key: str, days: int) -> None:
    assert deleted([stored(key, days + 1)]) == [key]
    assert deleted([stored(key, days - 1)]) == []


@pytest.mark.parametrize(
    "key",
    [
        "releases/lease.json",
        "releases/slots/a.json",
        "releases/reader_views.json",
        "releases/none/x.parquet",
        "erasure/forgotten.json",
        "erasure/receipts/run-1.json",
        "reports/daily/as_of_date=2024-01-01/report.html",
        "quality/data_docs/index.html",
        "published/gold_item_sales_by_day/x.parquet",
        "something-else/x.parquet",
        "landing/loose-file",
    ],
)
def test_other_objects_are_never_deleted(key: str) -> None:
    assert deleted([stored(key, 10_000)]) == []


def test_the_export_that_rds_is_writing_stays() -> None:
    objects = [stored("landing/bi-1/restaurant/a.parquet"), stored("landing/bi-2/restaurant/a.parquet")]
    assert deleted(objects, exports=("bi-1",)) == ["landing/bi-2/restaurant/a.parquet"]


def test_a_folder_with_one_young_file_stays_as_a_whole() -> None:
    folder = "landing/bi-1/restaurant/"
    assert deleted([stored(f"{folder}a.parquet", 100), stored(f"{folder}b.parquet", 1)]) == []


def test_a_needed_partition_stays_with_the_manifest_of_its_run() -> None:
    run = "silver/order_items/run=jr-1/"
    needed = references([f"s3://lake/{run}order_date=2024-01-01/"])
    objects = [
        stored(f"{run}order_date=2024-01-01/part-0.parquet"),
        stored(f"{run}order_date=2024-01-02/part-0.parquet"),
        stored("silver/_manifest/run=jr-1/manifest.json"),
        stored("silver/_manifest/run=jr-2/manifest.json"),
    ]
    assert deleted(objects, needed) == [
        "silver/_manifest/run=jr-2/manifest.json",
        f"{run}order_date=2024-01-02/part-0.parquet",
    ]


def test_the_records_of_the_current_release_stay() -> None:
    folder = "releases/000007-run-t1-20260101t0/"
    needed = references([f"s3://lake/{folder}row/"])
    assert deleted([stored(f"{folder}intent.json"), stored(f"{folder}row/release.parquet")], needed) == []


def test_history_is_needed_within_the_retention_and_without_end_for_a_pinned_partition() -> None:
    since = datetime(2026, 10, 25)
    rows = [
        {"table_name": "t", "partition": "1", "published_at": since - timedelta(days=1), "old_location": "s3://l/a/",
         "new_location": "s3://l/b/"},
        {"table_name": "t", "partition": "1", "published_at": since, "old_location": "s3://l/b/",
         "new_location": "s3://l/c/"},
    ]  # fmt: skip
    assert history_locations(rows, since, set()) == {"s3://l/b/", "s3://l/c/"}
    assert history_locations(rows, since, {("t", "1")}) == {"s3://l/a/", "s3://l/b/", "s3://l/c/"}


SEGMENT = st.sampled_from(["order_items", "run=1", "run=2", "tables", "q1", "order_date=1", "order_date=2", "_plan"])
KEYS = st.builds(
    lambda top, parts, name: "/".join([top, *parts, name]),
    st.sampled_from(["silver", "gold", "bronze", "scores", "landing", "releases", "ops", "athena-results", "quality"]),
    st.lists(SEGMENT, max_size=4),
    st.sampled_from(["part-0.parquet", "part-1.parquet", "manifest.json"]),
)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(KEYS, st.integers(0, 400)), max_size=30), st.data())
def test_nothing_that_a_location_names_is_ever_deleted(entries: list[tuple[str, int]], data: st.DataObject) -> None:
    objects = [stored(key, days) for key, days in dict(entries).items()]
    folders = sorted({each.folder for each in objects}) or ["s3://lake/none/"]
    locations = data.draw(st.sets(st.sampled_from(folders)))
    found = leftovers(objects, references(locations), AGES, NOW)
    gone = [each for leftover in found for each in leftover.objects]
    for each in gone:
        assert not [location for location in locations if each.uri.startswith(location)]
        assert each.modified < NOW - timedelta(days=7)
    # What is named is needed, whichever way the location is written.
    bare = references([location.rstrip("/") for location in locations])
    assert leftovers(objects, bare, AGES, NOW) == found


@settings(deadline=None, max_examples=60)
@given(st.lists(KEYS, max_size=30, unique=True))
def test_what_a_report_counts_are_the_objects(keys: list[str]) -> None:
    objects = [stored(key) for key in keys]
    found = leftovers(objects, NOTHING, AGES, NOW)
    assert sum(total["objects"] for total in by_kind(found).values()) == sum(len(each.objects) for each in found)
    assert by_folder(objects).get("all", {"objects": 0})["objects"] == len(objects)
    assert all(unit_of(each.uri, AGES) == leftover.unit for leftover in found for each in leftover.objects)

"""Publish: readers see the old partition or the new one; a repeated publish changes nothing."""

import uuid
from dataclasses import replace
from types import SimpleNamespace

import pytest

from biz_insights.aws.short_partition_responses import glue_client
from biz_insights.lake.builds import Column, PartitionBuild, TableBuild
from biz_insights.lake.catalog import Catalog, PublishedPartition
from biz_insights.lake.publish import new_columns, publish, removal_of, stage
from biz_insights.lake.table_parameters import CURRENT_BATCH, CURRENT_RUN, HELD, INPUT_FINGERPRINT, SNAPSHOT_AT
from mwaa.local_aws.server.provisioning import client_factory

ROOT = "s3://lake/published/gold_x/"
COLUMNS = (Column("restaurant_id", "string"), Column("net_sales", "decimal(18,4)"))


@pytest.fixture(scope="module")
def glue(endpoint):
    """A Glue client for this module only: it returns fewer fields of a partition than other clients."""
    return glue_client(SimpleNamespace(client=client_factory(endpoint.environment)))


@pytest.fixture
def catalog(glue) -> Catalog:
    """An empty database of the laptop endpoint."""
    name = f"publish_{uuid.uuid4().hex}"
    glue.create_database(DatabaseInput={"Name": name})
    return Catalog(glue, name)


def build(days: dict[str, str], removed: tuple[str, ...] = (), run: str = "q1", columns=COLUMNS) -> TableBuild:
    return TableBuild(
        "gold_x",
        columns,
        Column("order_date", "date"),
        tuple(PartitionBuild(d, f"s3://lake/build/{run}/order_date={d}/", f) for d, f in days.items()),
        removed,
    )


def kinds(changes) -> dict[str, str]:
    return {change.partition: change.change for change in changes}


def test_the_first_publish_creates_the_table_and_its_partitions(catalog):
    changes = publish(catalog, build({"2024-01-01": "f1", "2024-01-02": "f2"}), ROOT)
    assert kinds(changes) == {"2024-01-01": "added", "2024-01-02": "added"}
    assert catalog.fingerprints("gold_x") == {"2024-01-01": "f1", "2024-01-02": "f2"}
    assert catalog.columns("gold_x") == COLUMNS
    assert catalog.partition_key("gold_x") == "order_date"


def test_the_catalog_says_how_much_a_partition_holds(catalog):
    whole = PartitionBuild("2024-01-01", "s3://lake/build/q1/", "f1", 7, "123.4500", "99.0000", 1, 2048)
    old = PartitionBuild("2024-01-02", "s3://lake/build/q2/", "f2")
    publish(catalog, replace(build({}), partitions=(whole, old)), ROOT)
    assert catalog.partitions("gold_x") == {
        "2024-01-01": PublishedPartition("2024-01-01", "s3://lake/build/q1/", "f1", 7, "123.4500", "99.0000", 1, 2048),
        "2024-01-02": PublishedPartition("2024-01-02", "s3://lake/build/q2/", "f2"),
    }


def test_a_table_without_partitions_says_how_much_it_holds(catalog):
    for rows in (None, 7):
        part = PartitionBuild("", f"s3://lake/{rows}/", "f", rows, files=rows, size=rows)
        publish(catalog, TableBuild("silver_date_dim", COLUMNS, None, (part,)), ROOT)
        published = catalog.partitions("silver_date_dim")[""]
        assert (published.rows, published.files, published.size, published.amount) == (rows, rows, rows, None)


def test_the_client_of_a_catalog_returns_only_the_fields_that_a_catalog_reads(catalog, aws):
    publish(catalog, build({"2024-01-01": "f1"}), ROOT)
    (whole,) = aws("glue").get_partitions(DatabaseName=catalog.database, TableName="gold_x")["Partitions"]
    (read,) = catalog.glue.get_partitions(DatabaseName=catalog.database, TableName="gold_x")["Partitions"]
    location = {"Location": whole["StorageDescriptor"]["Location"]}
    assert read == {"Values": ["2024-01-01"], "Parameters": whole["Parameters"], "StorageDescriptor": location}
    with pytest.raises(catalog.glue.exceptions.EntityNotFoundException):
        catalog.glue.get_partitions(DatabaseName=catalog.database, TableName="no_such_table")


def test_the_first_publish_creates_the_table_even_without_a_partition(catalog):
    """A clean source has no quarantined rows, and `quarantine` must exist for readers anyway."""
    assert publish(catalog, build({}), ROOT) == []
    assert (catalog.columns("gold_x"), catalog.partition_key("gold_x")) == (COLUMNS, "order_date")
    assert catalog.partitions("gold_x") == {}
    assert kinds(publish(catalog, build({"2024-01-01": "f1"}), ROOT)) == {"2024-01-01": "added"}


def test_a_build_that_changes_nothing_leaves_the_table_as_it_is(catalog):
    publish(catalog, build({"2024-01-01": "f1"}), ROOT)
    assert publish(catalog, build({}), ROOT) == []
    whole = TableBuild("silver_date_dim", COLUMNS, None, ())
    assert publish(catalog, whole, ROOT) == [] and catalog.table("silver_date_dim") is None
    assert catalog.fingerprints("gold_x") == {"2024-01-01": "f1"}


def test_only_the_built_days_get_a_new_location(catalog):
    publish(catalog, build({"2024-01-01": "f1", "2024-01-02": "f2"}), ROOT)
    changes = publish(catalog, build({"2024-01-02": "g2"}, run="q2"), ROOT)
    assert kinds(changes) == {"2024-01-02": "replaced"}
    locations = {value: p.location for value, p in catalog.partitions("gold_x").items()}
    assert "/q1/" in locations["2024-01-01"]
    assert "/q2/" in locations["2024-01-02"]


def test_a_replaced_partition_stores_its_previous_location(catalog):
    publish(catalog, build({"2024-01-01": "f1"}), ROOT)
    publish(catalog, build({"2024-01-01": "g1"}, run="q2"), ROOT)
    (partition,) = catalog.glue.get_partitions(DatabaseName=catalog.database, TableName="gold_x")["Partitions"]
    assert partition["Parameters"]["previous_location"] == "s3://lake/build/q1/order_date=2024-01-01/"
    assert partition["Parameters"]["previous_fingerprint"] == "f1"


def test_publishing_twice_changes_nothing_the_second_time(catalog):
    both = build({"2024-01-01": "f1"})
    publish(catalog, both, ROOT)
    assert publish(catalog, both, ROOT) == []


def test_an_interrupted_publish_is_completed_by_the_next(catalog):
    publish(catalog, build({"2024-01-01": "f1"}), ROOT)
    assert kinds(publish(catalog, build({"2024-01-01": "f1", "2024-01-02": "f2"}), ROOT)) == {"2024-01-02": "added"}


def test_a_removed_day_leaves_the_catalog_and_an_unknown_day_is_ignored(catalog):
    publish(catalog, build({"2024-01-01": "f1", "2024-01-02": "f2"}), ROOT)
    changes = publish(catalog, build({}, removed=("2024-01-01", "1999-01-01")), ROOT)
    assert kinds(changes) == {"2024-01-01": "removed"}
    assert list(catalog.partitions("gold_x")) == ["2024-01-02"]


def test_more_partitions_than_one_call_accepts(catalog):
    days = {f"2023-{m:02d}-{d:02d}": f"{m}{d}" for m in range(1, 12) for d in range(1, 28)}
    publish(catalog, build(days), ROOT)
    publish(catalog, build(dict.fromkeys(days, "new"), run="q2"), ROOT)
    assert catalog.fingerprints("gold_x") == dict.fromkeys(days, "new")
    publish(catalog, build({}, removed=tuple(days)), ROOT)
    assert catalog.partitions("gold_x") == {}


def test_a_new_column_is_added_to_the_table(catalog):
    publish(catalog, build({"2024-01-01": "f1"}), ROOT)
    wider = (*COLUMNS, Column("orders", "bigint"))
    assert new_columns(catalog, build({"2024-01-02": "f2"}, columns=wider)) == ("orders",)
    publish(catalog, build({"2024-01-02": "f2"}, columns=wider), ROOT)
    assert catalog.columns("gold_x") == wider


def test_a_new_column_leaves_the_parameters_of_the_table(catalog):
    """They say what the table was built from, and what is held of it."""
    publish(catalog, build({"2024-01-01": "f1"}), ROOT)
    stored = {CURRENT_BATCH: "b1", CURRENT_RUN: "jr-1", SNAPSHOT_AT: "2024-02-01", INPUT_FINGERPRINT: "x", HELD: "{}"}
    for name, value in stored.items():
        catalog.set_parameter("gold_x", name, value)
    wider = (*COLUMNS, Column("orders", "bigint"))
    publish(catalog, build({"2024-01-02": "f2"}, columns=wider), ROOT)
    assert catalog.columns("gold_x") == wider
    assert {name: catalog.parameter("gold_x", name) for name in stored} == stored
    assert catalog.fingerprints("gold_x") == {"2024-01-01": "f1", "2024-01-02": "f2"}


def test_a_first_publish_has_no_new_columns(catalog):
    assert new_columns(catalog, build({"2024-01-01": "f1"})) == ()


def test_the_removal_of_a_table_names_every_location(catalog):
    publish(catalog, build({"2024-01-01": "f1", "2024-01-02": "f2"}), ROOT)
    removed = removal_of(catalog, "gold_x")
    assert {change.partition: (change.change, change.old_location) for change in removed} == {
        day: ("removed", f"s3://lake/build/q1/order_date={day}/") for day in ("2024-01-01", "2024-01-02")
    }
    assert removal_of(catalog, "nowhere") == []


def test_a_table_without_partitions_gets_a_new_location(catalog):
    whole = [
        TableBuild("silver_date_dim", COLUMNS, None, (PartitionBuild("", f"s3://lake/{run}/", f),))
        for run, f in (("r1", "f1"), ("r2", "f2"))
    ]
    assert kinds(publish(catalog, whole[0], ROOT)) == {"": "added"}
    assert publish(catalog, whole[0], ROOT) == []
    assert kinds(publish(catalog, whole[1], ROOT)) == {"": "replaced"}
    assert catalog.partitions("silver_date_dim")[""].location == "s3://lake/r2/"
    assert catalog.parameter("silver_date_dim", "previous_location") == "s3://lake/r1/"


def test_staging_does_not_change_the_published_table_and_can_be_repeated(catalog):
    publish(catalog, build({"2024-01-01": "f1"}), ROOT)
    for _ in range(2):
        stage(catalog, build({"2024-01-01": "g1"}, run="q2"), "gold_x__c", ROOT)
    assert catalog.partitions("gold_x__c")["2024-01-01"].location.startswith("s3://lake/build/q2/")
    assert catalog.fingerprints("gold_x") == {"2024-01-01": "f1"}


def test_setting_a_parameter_changes_nothing_else(catalog):
    publish(catalog, build({"2024-01-01": "f1"}), ROOT)
    catalog.set_parameter("gold_x", "current_batch", "b1")
    assert catalog.parameter("gold_x", "current_batch") == "b1"
    assert catalog.columns("gold_x") == COLUMNS
    assert catalog.partition_key("gold_x") == "order_date"


def test_a_missing_table_has_no_partitions_and_no_parameters(catalog):
    assert catalog.partitions("nowhere") == {}
    assert catalog.parameter("nowhere", "x") is None
    catalog.drop_table("nowhere")

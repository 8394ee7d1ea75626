"""Both jobs from end to end, on a folder: what they write, what they leave alone, how they fail."""

import json
import shutil
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from biz_insights.time_zones import offset_changes
from biz_schema.bronze_tables import BRONZE_TABLES
from biz_schema.silver_tables import SILVER_TABLES
from biz_schema.source_tables import DATE_DIM, ORDER_ITEM_OPTIONS, ORDER_ITEMS, SOURCE_TABLES, SourceTable
from spark_jobs import bronze, silver
from spark_jobs.errors import JobError, JobFailure, run_job
from tests.spark_jobs.source_rows import source_rows, values, write_export

LINES = source_rows(
    ORDER_ITEMS,
    [
        {},
        {"lineitem_id": "line-2", "creation_time_utc": "2023-03-08 16:00:00+00", "item_price": "17.97"},
        {"order_id": "order-2", "creation_time_utc": "2023-03-10 01:00:00.5+00", "user_id": None},
        {"order_id": "order-3", "creation_time_utc": "2023-03-12 15:00:00+00", "app_name": "X - DEVELOPMENT"},
        {"lineitem_id": None, "item_quantity": 0, "item_price": "4.39"},
        {"order_id": "order-4", "creation_time_utc": "2023-03-13 15:00:00+00"},
        {"order_id": "order-5", "creation_time_utc": "2023-03-14 15:00:00+00"},
    ],
)
OPTIONS = source_rows(ORDER_ITEM_OPTIONS, [{}, {}, {"order_id": "order-4"}, {"order_id": "gone"}])
DATES = source_rows(DATE_DIM, [{"date_key": "01-01-2023"}, {"date_key": "02-01-2023"}])
CHICAGO = "America/Chicago"
CORRECTED, LATE, DELETED, OPTION_DAY, QUIET = DAYS = tuple(f"2023-03-{day}" for day in ("08", "09", "12", "13", "14"))


@dataclass
class Lake:
    """A lake in a folder, built run by run; what a run built counts as published for the next."""

    folder: Path
    published: dict[str, dict[str, str]] = field(default_factory=dict)
    runs: int = 0
    zone: str = CHICAGO
    offsets: dict[int, int] = field(default_factory=lambda: offset_changes(CHICAGO))

    def uri(self, layer: str) -> str:
        return f"file://{self.folder / layer}/"

    def manifest(self, layer: str, run: str) -> dict[str, Any]:
        files = [f for f in (self.folder / layer / "_manifest" / f"run={run}").iterdir() if f.name[0] not in "._"]
        assert len(files) == 1
        return json.loads(files[0].read_text())

    def bronze(self, run: str, batch: str) -> None:
        bronze.main(
            ["--JOB_NAME", "b", "--JOB_RUN_ID", run, "--landing_uri", self.uri(f"landing/{batch}/restaurant"),
             "--bronze_uri", self.uri("bronze"), "--batch_id", batch]
        )  # fmt: skip

    def build(self, **tables: list[dict[str, Any]]) -> dict[str, Any]:
        """Export the tables, run both jobs, publish, and return silver's manifest."""
        self.runs += 1
        run, batch = f"jr-{self.runs}", f"export-{self.runs}"
        rows = {"order_items": LINES, "order_item_options": OPTIONS, "date_dim": DATES} | tables
        write_export(self.folder / "landing" / batch / "restaurant", {t: rows[t.name] for t in SOURCE_TABLES})
        known = self.folder / "known.json"
        known.write_text(json.dumps(self.published))
        zone_offsets = self.folder / "zone_offsets.json"
        zone_offsets.write_text(json.dumps({self.zone: self.offsets}))
        self.bronze(run, batch)
        silver.main(
            ["--JOB_RUN_ID", run, "--bronze_uri", self.uri("bronze"), "--bronze_run", run, "--batch_id", batch,
             "--silver_uri", self.uri("silver"), "--known_uri", known.as_uri(), "--database_rows",
             '{"order_items": [7, 7]}', "--business_timezone", self.zone, "--price_basis", "line_total",
             "--zone_offsets_uri", zone_offsets.as_uri(), "--negative_lines", "auto", "--missing_marks", "NULL, -",
             "--test_app_names", "DEVELOPMENT", "--holiday_country", "US", "--holiday_subdivision"]
        )  # fmt: skip
        manifest = self.manifest("silver", run)
        for name, table in manifest["tables"].items():
            known_partitions = self.published.setdefault(name, {})
            for value, partition in table["partitions"].items():
                if partition["change"] == "deleted":
                    del known_partitions[value]
                else:
                    known_partitions[value] = partition["fingerprint"]
        return manifest

    def read(self, spark: SparkSession, name: str, run: str = "jr-1") -> DataFrame:
        return spark.read.parquet(self.uri(f"silver/{name}/run={run}"))

    def files(self, name: str, run: str) -> list[str]:
        root = self.folder / "silver" / name / f"run={run}"
        return sorted(str(f.relative_to(root).parent) for f in root.rglob("*.parquet"))


def changes(manifest: dict[str, Any], name: str) -> dict[str, str]:
    found = manifest["tables"][name]["partitions"]
    return {value: partition["change"] for value, partition in found.items()}


@pytest.fixture(scope="module")
def first_load(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> tuple[Lake, dict[str, Any]]:
    lake = Lake(tmp_path_factory.mktemp("lake"))
    return lake, lake.build()


@pytest.fixture
def loaded(first_load: tuple[Lake, dict[str, Any]], tmp_path: Path) -> Lake:
    """A copy of the lake after its first load."""
    lake, _ = first_load
    shutil.copytree(lake.folder, tmp_path / "lake")
    return Lake(tmp_path / "lake", json.loads(json.dumps(lake.published)), lake.runs)


def test_bronze_has_every_row_of_every_batch_folder(
    spark: SparkSession, first_load: tuple[Lake, dict[str, Any]]
) -> None:
    lake, _ = first_load
    manifest = lake.manifest("bronze", "jr-1")
    assert (manifest["job_run_id"], manifest["batch_id"]) == ("jr-1", "export-1")
    assert list(manifest["tables"]) == list(BRONZE_TABLES)
    for name, declared in BRONZE_TABLES.items():
        written = manifest["tables"][name]["columns"] + manifest["tables"][name]["partition_keys"]
        assert written == [[column, kind.type] for column, kind in declared.columns.items()]
    table = manifest["tables"]["bronze_order_items"]
    assert table["partition_keys"] == [["batch_id", "string"]]
    assert table["location"] == lake.uri("bronze/order_items/run=jr-1")
    assert table["partitions"]["export-1"]["rows"] == len(LINES)
    assert spark.read.parquet(table["location"]).count() == len(LINES)


def test_the_first_load_writes_every_partition_once(first_load: tuple[Lake, dict[str, Any]]) -> None:
    lake, manifest = first_load
    assert changes(manifest, "silver_order_items") == dict.fromkeys(DAYS, "new")
    assert changes(manifest, "silver_order_item_options") == dict.fromkeys((CORRECTED, OPTION_DAY), "new")
    assert changes(manifest, "silver_date_dim") == {"": "new"}
    assert changes(manifest, "quarantine") == dict.fromkeys(("order_items", "order_item_options"), "new")
    assert changes(manifest, "row_ledger") == {"export-1": "new"}
    assert lake.files("order_items", "jr-1") == [f"order_date={day}" for day in DAYS]
    assert not list(lake.folder.rglob("_SUCCESS"))


def test_silvers_manifest_speaks_hive(first_load: tuple[Lake, dict[str, Any]]) -> None:
    lake, manifest = first_load
    tables = manifest["tables"]
    assert tables["silver_order_items"]["columns"][0] == ["source_id", "bigint"]
    types = {kind for table in tables.values() for _, kind in table["columns"]}
    assert types == {
        "bigint", "string", "timestamp", "int", "boolean", "decimal(18,4)", "decimal(28,4)", "date", "array<string>",
    }  # fmt: skip
    keys = {name: table["partition_keys"] for name, table in tables.items()}
    assert keys == {
        "silver_order_items": [["order_date", "date"]],
        "silver_order_item_options": [["order_date", "date"]],
        "silver_date_dim": [],
        "quarantine": [["source_table", "string"]],
        "row_ledger": [["batch_id", "string"]],
    }
    assert tables["quarantine"]["location"] == lake.uri("silver/quarantine/run=jr-1")


def test_silver_has_the_declared_columns_and_types(first_load: tuple[Lake, dict[str, Any]]) -> None:
    tables = first_load[1]["tables"]
    assert set(tables) == set(SILVER_TABLES)
    for name, table in SILVER_TABLES.items():
        declared = [[column, kind.type] for column, kind in table.columns.items()]
        assert tables[name]["columns"] + tables[name]["partition_keys"] == declared
        assert [key for key, _ in tables[name]["partition_keys"]] == list(table.partition_keys)


def test_written_rows_are_what_the_manifest_says(spark: SparkSession, first_load: tuple[Lake, dict[str, Any]]) -> None:
    lake, manifest = first_load
    for name in ("order_items", "order_item_options", "date_dim"):
        described = manifest["tables"][f"silver_{name}"]
        written = lake.read(spark, name)
        assert written.count() == sum(part["rows"] for part in described["partitions"].values()) > 0
        assert [list(column) for column in written.dtypes][: len(described["columns"])] == described["columns"]
    quarantine = lake.read(spark, "quarantine")
    assert values(quarantine, "source_table", "reasons") == [
        ("order_item_options", ["orphan_option"]),
        ("order_items", ["missing_line_id", "non_positive_quantity"]),
    ]


def test_the_manifest_has_the_money_of_every_day_of_order_lines(first_load: tuple[Lake, dict[str, Any]]) -> None:
    tables = first_load[1]["tables"]
    found = {day: part["amount"] for day, part in tables["silver_order_items"]["partitions"].items()}
    # Two lines with two options; the orders of a test channel do not count.
    assert found == {CORRECTED: "26.9600", LATE: "5.9900", DELETED: "0.0000", OPTION_DAY: "7.4900", QUIET: "5.9900"}
    assert tables["silver_order_items"]["partitions"][CORRECTED]["largest_amount"] == "17.9700"
    others = [part for name, table in tables.items() if name != "silver_order_items"
              for part in table["partitions"].values()]  # fmt: skip
    assert others and {(part["amount"], part["largest_amount"]) for part in others} == {(None, None)}


def test_every_row_is_in_the_ledger(spark: SparkSession, first_load: tuple[Lake, dict[str, Any]]) -> None:
    lake, _ = first_load
    ledger = lake.read(spark, "row_ledger")
    columns = ("source_table", "database_rows_min", "database_rows_max", "source_rows", "accepted_rows",
               "quarantined_rows", "test_rows")  # fmt: skip
    assert values(ledger, *columns) == [
        ("date_dim", None, None, 2, 2, 0, 0),
        ("order_item_options", None, None, 4, 3, 1, 0),
        ("order_items", 7, 7, 7, 6, 1, 1),
    ]
    assert values(ledger, "source_table", "source_amount", "accepted_amount", "quarantined_amount") == [
        ("date_dim", None, None, None),
        ("order_item_options", Decimal("6.00"), Decimal("4.50"), Decimal("1.50")),
        ("order_items", Decimal("52.31"), Decimal("47.92"), Decimal("4.39")),
    ]


def test_every_order_date_has_one_calendar_row(spark: SparkSession, first_load: tuple[Lake, dict[str, Any]]) -> None:
    lake, manifest = first_load
    assert manifest["tables"]["silver_date_dim"]["partitions"][""]["rows"] == 365
    calendar = lake.read(spark, "date_dim")
    days = lake.read(spark, "order_items").select("order_date").distinct()
    assert days.join(calendar, days.order_date == calendar.calendar_date).count() == len(DAYS)
    assert values(calendar.filter("not is_generated"), "calendar_date") == [(date(2023, 1, 1),), (date(2023, 1, 2),)]
    assert calendar.filter("is_holiday and is_generated").count() == 10  # of 11: New Year's Day is the source's


def test_a_day_more_of_orders_leaves_the_calendar_as_it_is(loaded: Lake) -> None:
    later = {**LINES[0], "id": 99, "order_id": "order-9", "creation_time_utc": "2023-11-01 15:00:00+00"}
    assert changes(loaded.build(order_items=[*LINES, later]), "silver_date_dim") == {"": "unchanged"}
    mistyped = {**later, "creation_time_utc": "1950-11-01 15:00:00+00"}
    manifest = loaded.build(order_items=[*LINES, mistyped])
    assert manifest["tables"]["silver_date_dim"]["partitions"][""]["rows"] == 2 * 365


def test_a_rerun_with_nothing_new_writes_the_ledger_and_the_manifest_only(loaded: Lake) -> None:
    manifest = loaded.build()
    for name in ("silver_order_items", "silver_order_item_options", "silver_date_dim", "quarantine"):
        assert set(changes(manifest, name).values()) == {"unchanged"}
    unchanged = manifest["tables"]["silver_order_items"]["partitions"][CORRECTED]
    assert (unchanged["rows"], unchanged["amount"]) == (2, "26.9600")
    built = {folder.parent.name for folder in (loaded.folder / "silver").glob("*/run=jr-2")}
    assert built == {"_manifest", "row_ledger"}
    assert changes(manifest, "row_ledger") == {"export-2": "new"}


def test_a_late_a_corrected_and_a_deleted_row_rebuild_exactly_their_days(loaded: Lake) -> None:
    corrected = {**LINES[0], "item_price": "6.99"}
    late = {**LINES[2], "id": 99, "order_id": "order-9", "creation_time_utc": "2023-03-09 20:00:00+00"}
    kept = [row for row in LINES[1:] if row["order_id"] != "order-3"]
    dearer = {**OPTIONS[2], "option_price": "2.00"}
    manifest = loaded.build(order_items=[corrected, *kept, late], order_item_options=[*OPTIONS[:2], dearer, OPTIONS[3]])
    assert changes(manifest, "silver_order_items") == {
        CORRECTED: "changed", LATE: "changed", DELETED: "deleted", OPTION_DAY: "changed", QUIET: "unchanged",
    }  # fmt: skip
    assert changes(manifest, "silver_order_item_options") == {CORRECTED: "unchanged", OPTION_DAY: "changed"}
    assert loaded.files("order_items", "jr-2") == [f"order_date={day}" for day in (CORRECTED, LATE, OPTION_DAY)]
    assert loaded.files("order_item_options", "jr-2") == [f"order_date={OPTION_DAY}"]


def test_refunds_come_off_net_sales_and_are_said_in_the_ledger(spark: SparkSession, loaded: Lake) -> None:
    returned = {**LINES[1], "id": 50, "order_id": "refund-1", "item_quantity": -1}
    loaded.build(order_items=[*LINES, returned])
    found = loaded.read(spark, "order_items", "jr-2").filter("order_id = 'refund-1'")
    assert values(found, "is_refund", "item_quantity", "gross_sales", "refund_amount", "net_sales") == [
        (True, -1, Decimal(0), Decimal("17.97"), Decimal("-17.97"))
    ]
    said = ("negative_lines_rule", "negative_lines", "negative_lines_explained", "accepted_amount")
    of_lines = loaded.read(spark, "row_ledger", "jr-2").filter("source_table = 'order_items'")
    assert values(of_lines, *said) == [("refund", 1, 1, Decimal("29.95"))]


@pytest.mark.parametrize("table", SOURCE_TABLES, ids=lambda table: table.name)
def test_a_table_missing_from_the_export_is_named(loaded: Lake, table: SourceTable) -> None:
    shutil.rmtree(loaded.folder / "landing/export-1/restaurant" / table.landing_folder)
    with pytest.raises(JobError, match=rf"table public\.{table.name} is missing from export export-1 .*; next:"):
        loaded.bronze("jr-9", "export-1")
    assert not (loaded.folder / "bronze/_manifest/run=jr-9").exists()


def test_a_column_missing_from_the_export_is_named(spark: SparkSession, tmp_path: Path) -> None:
    rows = [{name: value for name, value in row.items() if name != "item_price"} for row in LINES]
    write_export(tmp_path / "landing/e/restaurant", {ORDER_ITEMS: rows})
    with pytest.raises(JobError, match=r"public\.order_items of export e lacks column item_price"):
        Lake(tmp_path).bronze("jr-1", "e")


def test_an_empty_table_is_named(spark: SparkSession, tmp_path: Path) -> None:
    write_export(tmp_path / "landing/e/restaurant", {ORDER_ITEMS: []})
    with pytest.raises(JobError, match=r"public\.order_items of export e has 0 rows; next:"):
        Lake(tmp_path).bronze("jr-1", "e")


def test_days_that_java_would_place_by_other_rules_are_not_published(tmp_path: Path) -> None:
    """A summer time that Java's copy of the rules has and the pipeline's has not (or the other way round)."""
    offsets = offset_changes(CHICAGO)
    summer = int(datetime(2023, 3, 12, 8, tzinfo=UTC).timestamp())
    del offsets[summer]
    lake = Lake(tmp_path, offsets=offsets)
    with pytest.raises(
        JobError,
        match=r"America/Chicago: from 2023-03-12T08:00:00Z the pipeline's rules say UTC-06:00, "
        r"this job's Java says UTC-05:00, and there are orders on 2023-03-12; next: ",
    ):
        lake.build()
    assert not (tmp_path / "silver/_manifest").exists()


def test_rules_that_differ_on_days_without_orders_are_no_obstacle(tmp_path: Path) -> None:
    offsets = offset_changes(CHICAGO)
    for moment in [moment for moment in offsets if moment > datetime(2023, 3, 16, tzinfo=UTC).timestamp()]:
        del offsets[moment]
    assert Lake(tmp_path, offsets=offsets).build()["tables"]["silver_order_items"]


def test_a_zone_that_java_lacks_is_named_before_anything_is_built(tmp_path: Path) -> None:
    lake = Lake(tmp_path, zone="America/Chicargo")
    with pytest.raises(JobError, match=r"time zone 'America/Chicargo' is unknown to this job's Java .*; next: set"):
        lake.build()
    assert not (tmp_path / "silver").exists()


def test_options_and_calendar_may_be_empty(spark: SparkSession, tmp_path: Path) -> None:
    manifest = Lake(tmp_path).build(order_item_options=[], date_dim=[])
    bronze_tables = Lake(tmp_path).manifest("bronze", "jr-1")["tables"]
    assert bronze_tables["bronze_order_item_options"]["partitions"]["export-1"]["rows"] == 0
    assert set(manifest["tables"]["silver_order_items"]["partitions"]) == set(DAYS)
    assert manifest["tables"]["silver_order_item_options"]["partitions"] == {}
    calendar = Lake(tmp_path).read(spark, "date_dim")
    assert calendar.count() == calendar.filter("is_generated").count() == 365


def test_an_export_may_have_no_file_of_an_empty_table(spark: SparkSession, tmp_path: Path) -> None:
    landing = tmp_path / "landing/e/restaurant"
    write_export(landing, {table: rows for table, rows in zip(SOURCE_TABLES, (LINES, OPTIONS, DATES), strict=True)})
    for file in (landing / ORDER_ITEM_OPTIONS.landing_folder).rglob("*.parquet"):
        file.unlink()
        (file.parent / "_success").touch()
    Lake(tmp_path).bronze("jr-1", "e")
    written = spark.read.parquet(str(tmp_path / "bronze/order_item_options/run=jr-1/batch_id=e"))
    assert written.count() == 0
    assert written.columns == [*ORDER_ITEM_OPTIONS.column_names, "source_file", "ingested_at"]


def test_a_lost_record_of_what_is_published_is_no_first_load(loaded: Lake) -> None:
    argv = ["--JOB_RUN_ID", "jr-9", "--bronze_uri", loaded.uri("bronze"), "--bronze_run", "jr-1",
            "--batch_id", "export-1", "--silver_uri", loaded.uri("silver"), "--known_uri", loaded.uri("gone.json"),
            "--database_rows", "{}", "--business_timezone", "UTC", "--price_basis", "line_total",
            "--zone_offsets_uri", loaded.uri("gone.json"), "--negative_lines", "auto",
            "--test_app_names", "", "--holiday_country", "US"]  # fmt: skip
    with pytest.raises(JobError, match=r"published fingerprints are not at .*gone\.json"):
        silver.main(argv)


def test_whatever_fails_ends_in_one_line() -> None:
    def fail() -> None:
        raise ValueError("first\nsecond")

    with pytest.raises(JobFailure, match=r"^silver job failed with ValueError: first second; next: .*"):
        run_job("silver", fail)

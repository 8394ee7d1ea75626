"""Forgotten customers: what names them is null before it is written; every row and its money stay."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from biz_schema.forgotten_customers import EVERY_APP, ForgottenCustomers, card_digest, user_digest
from biz_schema.source_tables import ORDER_ITEM_OPTIONS, ORDER_ITEMS
from spark_jobs.errors import JobError
from spark_jobs.storage import read_forgotten
from spark_jobs.transforms.forgotten import without_forgotten

SALT = "5a17"
COLUMNS = [*ORDER_ITEMS.column_names, "email"]


def lines(spark: SparkSession, *rows: dict[str, str]) -> DataFrame:
    data = [tuple(row.get(name) for name in COLUMNS) for row in rows]
    return spark.createDataFrame(data, ", ".join(f"{name} string" for name in COLUMNS))


def test_a_customer_of_every_channel(spark: SparkSession) -> None:
    forgotten = ForgottenCustomers(SALT, (user_digest(SALT, EVERY_APP, "u-1"),), (card_digest(SALT, "4444"),))
    rows = lines(
        spark,
        {
            "id": "1",
            "app_name": "A",
            "user_id": " u-1 ",
            "printed_card_number": "4444",
            "email": "x",
            "item_price": "5",
        },
        {"id": "2", "app_name": "B", "user_id": "u-1", "item_price": "6"},
        {"id": "3", "app_name": "A", "user_id": "u-2", "printed_card_number": "5555", "email": "y", "item_price": "7"},
        {"id": "4", "app_name": "A", "printed_card_number": "4444", "email": "z", "item_price": "8"},
    )
    found = {row["id"]: row.asDict() for row in without_forgotten(rows, ORDER_ITEMS, forgotten).collect()}
    assert [found[name]["item_price"] for name in "1234"] == ["5", "6", "7", "8"]
    named = {name: (row["user_id"], row["printed_card_number"], row["email"]) for name, row in found.items()}
    assert named == {
        "1": (None, None, None),
        "2": (None, None, None),
        "3": ("u-2", "5555", "y"),
        # The card is the customer's; the line is of a guest.
        "4": (None, None, "z"),
    }


def test_the_same_id_in_another_channel_is_another_customer(spark: SparkSession) -> None:
    forgotten = ForgottenCustomers(SALT, (user_digest(SALT, "Quillmoor Fresh", "7"), user_digest(SALT, "UNKNOWN", "9")))
    rows = lines(
        spark,
        {"id": "1", "app_name": " Quillmoor  Fresh", "user_id": "7"},
        {"id": "2", "app_name": "Other", "user_id": "7"},
        {"id": "3", "user_id": "9"},
        {"id": "4", "app_name": "Quillmoor Fresh"},
    )
    found = {row["id"]: row["user_id"] for row in without_forgotten(rows, ORDER_ITEMS, forgotten).collect()}
    assert found == {"1": None, "2": "7", "3": None, "4": None}


def test_without_a_list_nothing_changes(spark: SparkSession) -> None:
    rows = lines(spark, {"id": "1", "user_id": "7"})
    assert without_forgotten(rows, ORDER_ITEMS, ForgottenCustomers()) is rows
    listed = ForgottenCustomers(SALT, (user_digest(SALT, EVERY_APP, "7"),))
    assert without_forgotten(rows, ORDER_ITEM_OPTIONS, listed) is rows


def test_a_list_that_cannot_be_read_is_not_an_empty_list(spark: SparkSession, tmp_path: Path) -> None:
    assert read_forgotten(spark, (tmp_path / "none.json").as_uri()) == ForgottenCustomers()
    good = tmp_path / "forgotten.json"
    good.write_text(json.dumps({"salt": SALT, "users": ["a"], "cards": []}))
    assert read_forgotten(spark, good.as_uri()) == ForgottenCustomers(SALT, ("a",), ())
    bad = tmp_path / "cut.json"
    bad.write_text('{"salt": "5a')
    with pytest.raises(JobError, match=r"the list of forgotten customers at .* cannot be read"):
        read_forgotten(spark, bad.as_uri())

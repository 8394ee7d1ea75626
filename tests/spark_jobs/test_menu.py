"""The category's repair and the item's key."""

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from spark_jobs.transforms.menu import item_key, repaired_category

REPAIRS = {
    "Breakfast": "Breakfast",
    "Bowls0": "Bowls",
    "Sandwiches`1`": "Sandwiches",
    "Sqalads": "Salads",
    "smoothies": "Smoothies",
    "https://example.com/menu": "Uncategorised",
    "www.example.com": "Uncategorised",
    "``": "Uncategorised",
    None: "Uncategorised",
    "Test Items": "Test Items",
    "Combo 2": "Combo 2",
    "Sides & Extras": "Sides & Extras",
}


def test_damaged_categories_are_repaired_by_declared_rules(spark: SparkSession) -> None:
    rows = spark.createDataFrame(list(enumerate(REPAIRS)), "n int, text string")
    found = rows.orderBy("n").select(repaired_category(F.col("text"))).collect()
    assert [row[0] for row in found] == list(REPAIRS.values())


def test_a_category_does_not_depend_on_the_rows_beside_it(spark: SparkSession) -> None:
    alone = spark.createDataFrame([("Bowls0",)], "text string").select(repaired_category(F.col("text"))).collect()
    assert alone[0][0] == REPAIRS["Bowls0"]


def test_spellings_of_an_item_share_a_key(spark: SparkSession) -> None:
    rows = spark.createDataFrame([("Bacon EGG",), ("bacon egg",), ("Crème BRÛLÉE",)], "name string")
    assert [row[0] for row in rows.select(item_key(F.col("name"))).collect()] == ["bacon egg"] * 2 + ["crème brûlée"]

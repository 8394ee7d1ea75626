"""Rows that cannot be accepted: their reasons, and the form in which they are kept.

A judged row is a row of `typed.read_rows` plus `reasons` (array<string>); it is accepted when there are none.
"""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from biz_schema.silver_tables import QUARANTINE
from biz_schema.source_tables import SourceTable


def is_accepted() -> Column:
    """True for a judged row without any reason."""
    return F.size("reasons") == 0


def with_reason(judged: DataFrame, condition: Column, reason: str) -> DataFrame:
    """Add a reason to the rows for which the condition is true."""
    more = F.when(condition, F.concat("reasons", F.array(F.lit(reason))))
    return judged.withColumn("reasons", F.coalesce(more, "reasons"))


def with_duplicates(judged: DataFrame, table: SourceTable) -> DataFrame:
    """Add the table's duplicate reason to every row but one of those that share its key.

    The row kept is the one with the highest id among those without another reason: a broken correction never
    displaces a good line. Where no row is good none is a duplicate; a row without a whole key has no duplicates.
    """
    assert table.key and table.duplicate_reason, f"{table.name} declares no key"
    best_first = Window.partitionBy(*table.key).orderBy(F.desc("_is_good"), F.desc("id"))
    ranked = judged.withColumn("_is_good", is_accepted()).withColumns(
        {"_rank": F.row_number().over(best_first), "_one_is_good": F.first("_is_good").over(best_first)}
    )
    has_key = F.lit(True)
    for name in table.key:
        has_key = has_key & F.col(name).isNotNull()
    is_duplicate = has_key & F.col("_one_is_good") & (F.col("_rank") > 1)
    return with_reason(ranked, is_duplicate, table.duplicate_reason).drop("_is_good", "_rank", "_one_is_good")


def raw_text() -> Column:
    """string: the source columns of a judged row as one JSON object of texts; null for an accepted row."""
    return F.when(~is_accepted(), F.to_json("source", {"ignoreNullFields": "false"}))


def quarantined(rows: DataFrame, table: SourceTable, batch_id: str) -> DataFrame:
    """The rows with a reason, in the columns of the quarantine table; a table without order ids has null ones."""
    columns: dict[str, Column] = {"batch_id": F.lit(batch_id), "source_table": F.lit(table.name)}
    for name in ("order_id", "lineitem_id"):
        if name not in table.column_names:
            columns[name] = F.lit(None).cast("string")
    rows = rows.filter(~is_accepted()).withColumns(columns)
    return rows.select(*QUARANTINE.columns)

"""Rows that cannot be accepted: their reasons, and the form in which they are stored.

`rows_with_reasons` are rows of `typed.read_rows` plus `reasons` (array<string>). A row without reasons is accepted.
"""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from biz_schema.silver_tables import QUARANTINE
from biz_schema.source_tables import SourceTable


def is_accepted() -> Column:
    """Return true for a row without any reason."""
    return F.size("reasons") == 0


def with_reason(rows_with_reasons: DataFrame, condition: Column, reason: str) -> DataFrame:
    """Add a reason to the rows for which the condition is true."""
    more = F.when(condition, F.concat("reasons", F.array(F.lit(reason))))
    return rows_with_reasons.withColumn("reasons", F.coalesce(more, "reasons"))


def with_duplicates(rows_with_reasons: DataFrame, table: SourceTable) -> DataFrame:
    """Add the table's duplicate reason to all rows that share a key, except to one of them.

    That one is the row with the highest id among those without another reason: a broken correction never replaces a
    good line. If every row has another reason, none is a duplicate. A row that lacks part of the key has no duplicates.
    """
    assert table.key and table.duplicate_reason, f"{table.name} declares no key"
    best_first = Window.partitionBy(*table.key).orderBy(F.desc("_is_good"), F.desc("id"))
    ranked = rows_with_reasons.withColumn("_is_good", is_accepted()).withColumns(
        {"_rank": F.row_number().over(best_first), "_one_is_good": F.first("_is_good").over(best_first)}
    )
    has_key = F.lit(True)
    for name in table.key:
        has_key = has_key & F.col(name).isNotNull()
    is_duplicate = has_key & F.col("_one_is_good") & (F.col("_rank") > 1)
    return with_reason(ranked, is_duplicate, table.duplicate_reason).drop("_is_good", "_rank", "_one_is_good")


def raw_text() -> Column:
    """Return the source columns of a row as one JSON object of texts (string); null for an accepted row."""
    return F.when(~is_accepted(), F.to_json("source", {"ignoreNullFields": "false"}))


def quarantined_rows(rows: DataFrame, table: SourceTable, batch_id: str) -> DataFrame:
    """Return the rows with a reason in the columns of the quarantine table; a table without order ids has null ones."""
    columns: dict[str, Column] = {"batch_id": F.lit(batch_id), "source_table": F.lit(table.name)}
    for name in ("order_id", "lineitem_id"):
        if name not in table.column_names:
            columns[name] = F.lit(None).cast("string")
    rows = rows.filter(~is_accepted()).withColumns(columns)
    return rows.select(*QUARANTINE.columns)

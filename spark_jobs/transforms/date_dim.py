"""The source's calendar: from bronze rows of date_dim to the rows of silver_date_dim.

Only days the source has: it may cover a part of the years, so nothing may join to it and expect every day.
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spark_jobs.tables import DATE_DIM
from spark_jobs.transforms.quarantine import is_accepted, raw_text, with_duplicates
from spark_jobs.transforms.typed import read_rows, row_reasons

SILVER_COLUMNS = (
    "calendar_date", "year", "month", "week", "day_of_week", "is_weekend", "is_holiday", "holiday_name", "batch_id",
)  # fmt: skip


def typed_dates(bronze: DataFrame) -> DataFrame:
    """Rows of date_dim as values, plus reasons and, for quarantined rows, raw. Everything the date itself says is
    derived from it: `week` is the ISO week (1 January 2023 is in week 52), names are English, the weekend is
    Saturday and Sunday. A missing holiday flag is false."""
    judged = with_duplicates(read_rows(bronze, DATE_DIM).withColumn("reasons", row_reasons(DATE_DIM)), DATE_DIM)
    date = F.col("date_key")
    return judged.select(
        F.col("id").alias("source_id"),
        date.alias("calendar_date"),
        F.year(date).alias("year"),
        F.month(date).alias("month"),
        F.weekofyear(date).alias("week"),
        F.date_format(date, "EEEE").alias("day_of_week"),
        F.dayofweek(date).isin(1, 7).alias("is_weekend"),
        F.coalesce("is_holiday", F.lit(False)).alias("is_holiday"),
        "holiday_name",
        "reasons",
        raw_text().alias("raw"),
    )


def silver_dates(dates: DataFrame, batch_id: str) -> DataFrame:
    """The accepted days in the columns of silver_date_dim."""
    return dates.filter(is_accepted()).withColumn("batch_id", F.lit(batch_id)).select(*SILVER_COLUMNS)

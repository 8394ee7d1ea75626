"""The calendar: the rows of the source's date_dim, and generated ones for the other days of the years with orders.

Each accepted order_date therefore has exactly one row in silver_date_dim, whatever the source's calendar covers.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from itertools import pairwise

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from biz_schema.bronze_tables import BATCH_ID
from biz_schema.silver_tables import SILVER_DATE_DIM
from biz_schema.source_tables import DATE_DIM
from spark_jobs.literal_rows import few_rows
from spark_jobs.transforms.quarantine import is_accepted, raw_text, with_duplicates
from spark_jobs.transforms.typed import read_rows, row_reasons

# A year without orders between two years with orders is part of the calendar. A long gap is not: it means a mistyped
# date, and one order dated 1950 would add 70 years.
LONGEST_GAP_YEARS = 5


def typed_dates(bronze: DataFrame) -> DataFrame:
    """Return rows of date_dim as values, plus `reasons` and, for quarantined rows, `raw`.

    What follows from the date is derived from it (see `date_parts`). A missing holiday flag is false.
    """
    rows = read_rows(bronze, DATE_DIM).withColumn("reasons", row_reasons(DATE_DIM))
    return with_duplicates(rows, DATE_DIM).select(
        F.col("id").alias("source_id"),
        F.col("date_key").alias("calendar_date"),
        *date_parts(F.col("date_key")),
        F.coalesce("is_holiday", F.lit(False)).alias("is_holiday"),
        "holiday_name",
        F.lit(False).alias("is_generated"),
        "reasons",
        raw_text().alias("raw"),
    )


def date_parts(day: Column) -> list[Column]:
    """Return the columns that follow from a date.

    `week` is the ISO week (1 January 2023 is in week 52), names are English, the weekend is Saturday and Sunday.
    """
    return [
        F.year(day).alias("year"),
        F.month(day).alias("month"),
        F.weekofyear(day).alias("week"),
        F.date_format(day, "EEEE").alias("day_of_week"),
        F.dayofweek(day).isin(1, 7).alias("is_weekend"),
    ]


def order_years(lines: DataFrame) -> list[int]:
    """Return the calendar years in which accepted lines have their order_date."""
    found = lines.filter(is_accepted()).select(F.year("order_date").alias("year")).distinct().collect()
    return sorted(row["year"] for row in found)


def calendar_years(years: Collection[int]) -> list[int]:
    """Return the years that the calendar covers.

    They are the years with orders, and the years between two of them that are at most LONGEST_GAP_YEARS apart. Years
    are covered as a whole, so that the calendar stays the same when a day of orders is added.
    """
    ordered = sorted(years)
    covered = set(ordered)
    for earlier, later in pairwise(ordered):
        if later - earlier <= LONGEST_GAP_YEARS:
            covered.update(range(earlier, later))
    return sorted(covered)


def source_holidays(dates: DataFrame) -> dict[date, str]:
    """Return the names by date of the holidays that the source's calendar names."""
    named = dates.filter(is_accepted() & F.col("is_holiday") & F.col("holiday_name").isNotNull())
    # As text: a calendar may reach years that Python's dates do not.
    rows = named.select(F.col("calendar_date").cast("string").alias("day"), "holiday_name").collect()
    return {date.fromisoformat(row["day"]): row["holiday_name"] for row in rows if row["day"] > "0001"}


def generated_dates(spark: SparkSession, years: Iterable[int], holidays: Mapping[date, str]) -> DataFrame:
    """Return every day of the years in the columns of silver, without the batch; `holidays` are names by date."""
    days = [{"calendar_date": day, "holiday_name": holidays.get(day)} for year in years for day in days_of(year)]
    rows = few_rows(spark, days, "calendar_date date, holiday_name string")
    return rows.select(
        "calendar_date",
        *date_parts(F.col("calendar_date")),
        F.col("holiday_name").isNotNull().alias("is_holiday"),
        "holiday_name",
        F.lit(True).alias("is_generated"),
    )


def days_of(year: int) -> list[date]:
    """Return the 365 or 366 days of a year."""
    first = date(year, 1, 1)
    return [first + timedelta(days=number) for number in range((date(year, 12, 31) - first).days + 1)]


def silver_dates(dates: DataFrame, generated: DataFrame, batch_id: str) -> DataFrame:
    """Return the source's accepted days and the generated days that it lacks, in the columns of silver_date_dim."""
    accepted = dates.filter(is_accepted())
    lacking = generated.join(accepted.select("calendar_date"), "calendar_date", "left_anti")
    columns = [name for name in SILVER_DATE_DIM.columns if name != BATCH_ID]
    both = accepted.select(*columns).unionByName(lacking.select(*columns))
    return both.withColumn(BATCH_ID, F.lit(batch_id))

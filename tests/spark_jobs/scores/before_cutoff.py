"""What gold brings forward of customer days, by its own SQL: for tests and benchmarks of the scores job."""

from __future__ import annotations

from pathlib import Path

from biz_insights.gold.definition import date_literal, gold_tables
from biz_insights.gold.periods import cutoff_date
from biz_schema.score_inputs import DAYS_OF_CLOSED_QUARTERS, SAMPLE_BEFORE_CUTOFF, TOTALS_BEFORE_CUTOFF
from mwaa.local_aws.athena import macros
from mwaa.local_aws.athena.dialect import to_duckdb

NOT_READ = ("gross_sales", "discount_amount", "refund_amount", "options_revenue", "loyalty_net_sales")
"""Columns of a customer day that the scores never see."""


def write_before_cutoff(days: str, process_date: str, folder: Path) -> dict[str, dict[str, str]]:
    """Write the totals and the sample as of the cutoff date; returns their locations by table.

    Args:
        days: DuckDB relation of customer days in closed quarters, of the columns that the job reads.
        process_date: decides the cutoff date.
        folder: where to write.
    """
    cutoff = cutoff_date(process_date)
    connection = macros.connect()
    connection.execute("SET threads = 2; CREATE SCHEMA lake")
    absent = ", ".join(f"0::DECIMAL(18, 4) AS {name}" for name in NOT_READ)
    connection.execute(
        f"CREATE VIEW lake.{DAYS_OF_CLOSED_QUARTERS} AS "
        f"SELECT *, {absent}, date_trunc('quarter', order_date) AS quarter FROM {days}"
    )
    locations = {}
    for name in (TOTALS_BEFORE_CUTOFF, SAMPLE_BEFORE_CUTOFF):
        place = folder / name / f"cutoff_date={cutoff}"
        place.mkdir(parents=True)
        select = to_duckdb(gold_tables()[name].select(database="lake", cutoff_date=date_literal(cutoff)))
        connection.execute(f"COPY ({select}) TO '{place}/part.parquet' (FORMAT parquet)")
        locations[name] = {cutoff: f"file://{place}/"}
    connection.close()
    return locations

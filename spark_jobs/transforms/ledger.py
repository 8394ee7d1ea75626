"""The row ledger: for each source table and batch, what came in, was accepted and was quarantined, in rows and money.

Money is a control total: the sum of the rows' amounts, whatever their currency. It is computed once from the source's
rows and once from the transformed rows, so that a transform that loses or multiplies money is found.
"""

from dataclasses import asdict, dataclass
from decimal import Decimal

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from biz_schema.lake_tables import TOTAL_TYPE
from biz_schema.silver_tables import ROW_LEDGER
from spark_jobs.errors import JobError
from spark_jobs.literal_rows import few_rows
from spark_jobs.transforms.quarantine import is_accepted


@dataclass(frozen=True)
class Tally:
    """Rows of a table and their amounts: the sum, the sum without signs, and the rows whose amount cannot be read.

    The sums are None for a table without money.
    """

    rows: int
    amount: Decimal | None = None
    absolute_amount: Decimal | None = None
    rows_without_amount: int | None = None


@dataclass(frozen=True)
class LedgerRow:
    """Rows and money of one source table in one batch.

    `database_rows_min` and `_max` are None if the database was not counted. Amounts are None for a table without money.
    What concerns negative lines is None for every table except order_items.
    """

    source_table: str
    database_rows_min: int | None
    database_rows_max: int | None
    source_rows: int
    accepted_rows: int
    quarantined_rows: int
    test_rows: int
    batch_id: str
    source_amount: Decimal | None = None
    accepted_amount: Decimal | None = None
    quarantined_amount: Decimal | None = None
    source_absolute_amount: Decimal | None = None
    quarantined_absolute_amount: Decimal | None = None
    quarantined_rows_without_amount: int | None = None
    negative_lines_rule: str | None = None
    negative_lines: int | None = None
    negative_lines_explained: int | None = None

    def check_balance(self) -> None:
        """Raise JobError unless source = accepted + quarantined, in rows and in money."""
        self._check("rows", self.source_rows, self.accepted_rows, self.quarantined_rows)
        if self.source_amount is not None:
            self._check("amounts", self.source_amount, self.accepted_amount or 0, self.quarantined_amount or 0)

    def _check(self, what: str, source: Decimal | int, accepted: Decimal | int, quarantined: Decimal | int) -> None:
        if source != accepted + quarantined:
            raise JobError(
                f"{what} of {self.source_table} do not add up in batch {self.batch_id}: {source} in bronze, "
                f"{accepted} accepted + {quarantined} quarantined = {accepted + quarantined}; "
                f"next: a transform drops or multiplies {what}, "
                "run the tests in tests/spark_jobs and fix it before running silver again"
            )


def tally(rows: DataFrame, amount: Column | None) -> Tally:
    """Count rows and add up `amount`; None for a table without money."""
    if amount is None:
        return Tally(rows.count())
    found = rows.agg(F.count("*"), *_sums(amount)).first()
    assert found is not None
    return Tally(*found)


def tallies(rows: DataFrame, amount: str | None) -> tuple[Tally, Tally, int]:
    """Return the accepted tally, the quarantined tally, and the accepted rows of test channels.

    `amount` is the column to add up, None for a table without money. A table without channels has 0 test rows.
    """
    is_test = F.col("is_test") if "is_test" in rows.columns else F.lit(False)
    sums = [*_sums(F.col(amount))] if amount else []
    grouped = rows.groupBy(is_accepted().alias("is_accepted")).agg(F.count("*"), F.count_if(is_test), *sums)
    nothing = Tally(0, Decimal(0), Decimal(0), 0) if amount else Tally(0)
    found = {row[0]: (Tally(row[1], *row[3:]), row[2]) for row in grouped.collect()}
    accepted, of_tests = found.get(True, (nothing, 0))
    quarantined, _ = found.get(False, (nothing, 0))
    return accepted, quarantined, of_tests


def ledger(spark: SparkSession, rows: list[LedgerRow]) -> DataFrame:
    """Return the ledger's rows as a table. Raises JobError if one does not add up."""
    for row in rows:
        row.check_balance()
    return few_rows(spark, [asdict(row) for row in rows], ROW_LEDGER.schema)


def _sums(amount: Column) -> list[Column]:
    nothing = F.lit(0).cast(TOTAL_TYPE)
    return [
        F.coalesce(F.sum(amount), nothing).cast(TOTAL_TYPE),
        F.coalesce(F.sum(F.abs(amount)), nothing).cast(TOTAL_TYPE),
        F.count_if(amount.isNull()),
    ]

"""The row ledger: of each source table and batch, what came in, what was accepted, what was set aside."""

from dataclasses import asdict, dataclass

from pyspark.sql import DataFrame, SparkSession

from spark_jobs.errors import JobError
from spark_jobs.session import few_rows

LEDGER_SCHEMA = (
    "source_table string, database_rows_min bigint, database_rows_max bigint, source_rows bigint, "
    "accepted_rows bigint, quarantined_rows bigint, test_rows bigint, batch_id string"
)


@dataclass(frozen=True)
class LedgerRow:
    """Rows of one source table in one batch. The database's bounds are None when nobody counted it; `test_rows`
    are the accepted rows of test channels."""

    source_table: str
    database_rows_min: int | None
    database_rows_max: int | None
    source_rows: int
    accepted_rows: int
    quarantined_rows: int
    test_rows: int
    batch_id: str

    def check_balance(self) -> None:
        """Raise JobError unless source rows = accepted + quarantined."""
        if self.source_rows != self.accepted_rows + self.quarantined_rows:
            raise JobError(
                f"rows of {self.source_table} do not add up in batch {self.batch_id}: {self.source_rows} in bronze, "
                f"{self.accepted_rows} accepted + {self.quarantined_rows} quarantined = "
                f"{self.accepted_rows + self.quarantined_rows}; next: a transform drops or multiplies rows, "
                "run the tests in tests/spark_jobs and mend it before running silver again"
            )


def ledger(spark: SparkSession, rows: list[LedgerRow]) -> DataFrame:
    """The ledger's rows as a table, checked: every one balances, or JobError is raised."""
    for row in rows:
        row.check_balance()
    return few_rows(spark, [asdict(row) for row in rows], LEDGER_SCHEMA)

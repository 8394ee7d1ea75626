"""What is declared of each table that has a suite: where its columns, its grain and its partition come from.

Gold tables are declared by the headers of their SQL files, bronze, silver and score tables by `biz_schema`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from biz_insights.gold.definition import gold_tables
from biz_schema.bronze_tables import BRONZE_TABLES
from biz_schema.lake_tables import LakeTable
from biz_schema.score_tables import SCORE_TABLES
from biz_schema.silver_tables import SILVER_TABLES

_READ_THE_SAMPLES = "look at the sample rows; accept the finding, or fix the rows at the source"
_FIXES = {
    "bronze": (
        "data engineer: look at the export's tables-info file and at the source table, then run the export again",
        "owner of the source system: fix the rows; silver quarantines them until then",
    ),
    "silver": (
        "data engineer: spark_jobs computes this; run its tests, fix it, clear the silver job",
        f"owner of the source system: {_READ_THE_SAMPLES}",
    ),
    "scores": (
        "data engineer: run the tests in tests/spark_jobs; fix spark_jobs/scores, then clear scores.plan and all "
        "downstream",
        f"store owner and data engineer: {_READ_THE_SAMPLES}",
    ),
    "gold": (
        "data engineer: run {sql_file} for the sample's key and compare it with its inputs; fix the SQL, or clear "
        "silver if the input is wrong",
        f"store owner and data engineer: {_READ_THE_SAMPLES}",
    ),
}
"""By layer: who fixes a critical failure and how, and who fixes a warning."""


@dataclass(frozen=True)
class AuditedTable:
    """A declared table.

    Attributes:
        name: name in the catalog, which is also that of the suite.
        layer: `bronze`, `silver`, `scores` or `gold`.
        about: what a row is, in one sentence.
        grain: the columns that make a row unique.
        columns: names of all columns.
        partition: the partition column; empty where the table has none.
        sql_file: the file in the repository that defines a gold table; empty for the others.
    """

    name: str
    layer: str
    about: str
    grain: tuple[str, ...]
    columns: tuple[str, ...]
    partition: str
    sql_file: str = ""

    def fix(self, severity: str) -> str:
        """Who fixes a failure and how, for the rules that do not say it themselves."""
        critical, other = _FIXES[self.layer]
        return (critical if severity == "critical" else other).format(sql_file=self.sql_file)


@cache
def audited_tables() -> dict[str, AuditedTable]:
    """Every table that must have a suite, by name."""
    declared = {"bronze": BRONZE_TABLES, "silver": SILVER_TABLES, "scores": SCORE_TABLES}
    tables = [_of_lake(table, layer) for layer, found in declared.items() for table in found.values()]
    tables += [
        AuditedTable(
            name=table.name,
            layer="gold",
            about=table.about,
            grain=tuple(table.grain.split(" x ")),
            columns=tuple(table.columns),
            partition=table.partition,
            sql_file=f"dags/gold/{table.kind}/{table.name}.sql",
        )
        for table in gold_tables().values()
        if table.kind != "views"
    ]
    return {table.name: table for table in tables}


def _of_lake(table: LakeTable, layer: str) -> AuditedTable:
    partition = table.partition_keys[0] if table.partition_keys else ""
    return AuditedTable(table.name, layer, table.about, table.grain, tuple(table.columns), partition)

"""A lake with releases: two slots with the tables, and the published database that says which of them readers see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from biz_insights.gold.definition import gold_tables
from biz_insights.quality.results_store import RESULTS_TABLE
from tests.streamlit_dashboard.lake import BATCH, BUCKET, LAST_DAY, RUN, PublishedLake, history, new_lake, operations


@dataclass(frozen=True)
class ReleasedLake:
    """The published database and its slots."""

    published: PublishedLake
    slots: dict[str, PublishedLake]

    @property
    def database(self) -> str:
        return self.published.database

    def fill(self, slot: str, tables: dict[str, pa.Table]) -> None:
        """Put the tables of a release into a slot."""
        outside = {name: rows for name, rows in operations().items() if name == RESULTS_TABLE}
        for name, rows in {**tables, **operations()}.items():
            (self.published if name in outside else self.slots[slot]).put(name, rows)

    def release(self, number: int, slot: str, tables: dict[str, pa.Table], at: datetime) -> None:
        """Switch readers to a slot, and say so in the history."""
        rows = history(tables, at, RUN)
        month = pa.array([f"{at:%Y-%m}"] * len(rows))
        rows = rows.append_column("release", pa.array([number] * len(rows), pa.int64())).append_column("month", month)
        self.published.put("publish_history", rows)
        self.point(number, slot, at)

    def point(self, number: int, slot: str, at: datetime, batch: str = BATCH) -> None:
        """Switch readers with the one catalog call that does it."""
        described = {
            "number": str(number),
            "slot": slot,
            "run": RUN,
            "process_date": LAST_DAY.isoformat(),
            "released_at": f"{at.isoformat()}+00:00",
            "batch_id": batch,
        }
        glue = self.published.client("glue")
        wanted: dict[str, Any] = {
            "Name": "current_release",
            "TableType": "EXTERNAL_TABLE",
            "Parameters": described,
            "StorageDescriptor": {"Columns": [], "Location": f"s3://{BUCKET}/releases/"},
        }
        try:
            glue.create_table(DatabaseName=self.database, TableInput=wanted)
        except glue.exceptions.AlreadyExistsException:
            glue.update_table(DatabaseName=self.database, TableInput=wanted)

    def views(self, slot: str) -> None:
        """The views of other readers, in the published database."""
        from pyathena import connect

        connection = connect(region_name="us-east-1", work_group="business-insights-read", poll_interval=0.02)
        for table in gold_tables().values():
            if table.kind == "views":
                select = table.select(database=self.slots[slot].database)
                connection.cursor().execute(f"CREATE OR REPLACE VIEW {self.database}.{table.name} AS {select}")


def new_released_lake(name: str) -> ReleasedLake:
    """An empty lake."""
    return ReleasedLake(new_lake(name), {slot: new_lake(f"{name}_{slot}") for slot in ("a", "b")})

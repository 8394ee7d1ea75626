"""Compaction of publish_history: one file a month, the same rows, and the old files stay until nothing names them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from biz_insights.lake.catalog import Catalog
from biz_insights.lake.file_sizes import listed
from biz_insights.lake.history_months import FILES_AT_LEAST, compact_month, history_rows, months_to_compact
from biz_insights.lake.operations_tables import append, parquet
from biz_schema.operations_tables import PUBLISH_HISTORY


@pytest.fixture
def history(session: Any, lake_bucket: str, published: str) -> Catalog:
    """A history with FILES_AT_LEAST releases in October, and one in November."""
    for number in range(1, FILES_AT_LEAST + 2):
        month = "2026-10" if number <= FILES_AT_LEAST else "2026-11"
        row = {
            "release": number,
            "table_name": "t",
            "partition": str(number),
            "change": "added",
            "old_location": "",
            "new_location": f"s3://{lake_bucket}/silver/{number}/",
            "published_at": datetime(2026, int(month[5:]), 1, number),
        }
        append(
            PUBLISH_HISTORY, parquet(PUBLISH_HISTORY, [row]), f"r{number}", month,
            database=published, ops_uri=f"s3://{lake_bucket}/ops/", session=session,
        )  # fmt: skip
    return Catalog(session.client("glue"), published)


def rows(session: Any, history: Catalog) -> list[dict[str, Any]]:
    return sorted(history_rows(session, history), key=lambda row: row["release"])


def test_only_a_month_before_the_current_release_with_many_files_is_compacted(session: Any, history: Catalog) -> None:
    assert months_to_compact(session, history, "2026-11") == {"2026-10": FILES_AT_LEAST}
    assert months_to_compact(session, history, "2026-10") == {}


def test_the_rows_stay_the_same_in_one_file(session: Any, history: Catalog, lake_bucket: str) -> None:
    before = rows(session, history)
    old = history.partitions(PUBLISH_HISTORY.name)["2026-10"].location
    assert compact_month(session, history, "2026-10", f"s3://{lake_bucket}/ops/") == FILES_AT_LEAST
    new = history.partitions(PUBLISH_HISTORY.name)["2026-10"].location
    assert not new.startswith(old)
    assert len(list(listed(session, [new]))) == 1
    assert len(list(listed(session, [old]))) == FILES_AT_LEAST
    assert rows(session, history) == before
    assert months_to_compact(session, history, "2026-11") == {}


def test_the_months_that_are_asked_for_are_read(session: Any, history: Catalog) -> None:
    assert {row["release"] for row in history_rows(session, history, {"2026-11"})} == {FILES_AT_LEAST + 1}

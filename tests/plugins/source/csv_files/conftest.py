"""What the tests of loading CSV files share: good files in the bucket, and a load that must be refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from biz_insights.errors import PermanentError
from tests.plugins.source.csv_files.sample_files import BUCKET, DATES, ITEMS, OPTIONS, PREFIX, Source


@pytest.fixture
def source(aws: Callable[[str], Any], database: psycopg.Connection, monkeypatch) -> Iterator[Source]:
    """A good set of files in the bucket, nothing in the database."""
    found = Source(aws("s3"), database, monkeypatch)
    files = {"order_items": ITEMS, "order_item_options": OPTIONS, "date_dim": DATES}
    for table, body in files.items():
        found.put(table, body)
    yield found
    for table in files:
        found.remove(table)


@pytest.fixture
def refused(source: Source) -> Callable[..., str]:
    """Load a file that is to be refused: one line that names the file, and the tables as they were."""

    def load(body: str | bytes, *says: str, table: str = "order_items", **settings: str) -> str:
        good = {"order_items": ITEMS, "order_item_options": OPTIONS, "date_dim": DATES}[table]
        source.put(table, good)
        source.load(force=True)
        before = source.rows("*", table)
        source.put(table, body)
        with pytest.raises(PermanentError) as error:
            source.load(force=True, **settings)
        text = str(error.value)
        assert text.startswith(f"s3://{BUCKET}/{PREFIX}{table}.csv"), text
        assert "\n" not in text
        for words in says:
            assert words in text, text
        assert source.rows("*", table) == before
        return text

    return load

"""The daily reports in the lake. They are not a table, so they are listed and read through S3."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import lru_cache
from typing import Any

import pandas as pd

from biz_insights.reports.delivery import PREFIX, day_of, decoded
from streamlit_dashboard.warehouse import athena

LISTED = 92
PARALLEL_CALLS = 8
COLUMNS = ("as_of_date", "headline", "size_kib", "written_at", "key")


def daily_reports() -> pd.DataFrame:
    """Return the newest reports, newest first; no rows if none was written.

    They are read again at each call, because a report is written after the publish that decides how long other results
    are stored.

    Returns:
        as_of_date and written_at (UTC) as datetime64, headline, size_kib, key of the object.

    Raises:
        UnreachableError: no answer. QueryError: S3 refuses.
    """
    bucket = athena.settings().lake_bucket
    try:
        pages = athena.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=PREFIX)
        found = [(day_of(entry["Key"]), entry) for page in pages for entry in page.get("Contents", ())]
        days = {day: entry for day, entry in found if day is not None}
        newest = sorted(days.items(), reverse=True)[:LISTED]
        with ThreadPoolExecutor(max_workers=PARALLEL_CALLS) as pool:
            headlines = list(pool.map(lambda item: _headline(bucket, item[1]["Key"], item[1]["ETag"]), newest))
    except Exception as error:
        raise athena.translated(error, "S3") from error
    rows = [_row(day, entry, headline) for (day, entry), headline in zip(newest, headlines, strict=True)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def page(key: str) -> str:
    """Return the HTML of one report.

    Raises:
        UnreachableError: no answer. QueryError: S3 refuses, or the report is gone.
    """
    try:
        body: bytes = athena.client("s3").get_object(Bucket=athena.settings().lake_bucket, Key=key)["Body"].read()
    except Exception as error:
        raise athena.translated(error, "S3") from error
    return body.decode()


@lru_cache(maxsize=4 * LISTED)
def _headline(bucket: str, key: str, etag: str) -> str:
    """Return the headline of a page; `etag` changes with the page, and so does the headline."""
    return decoded(athena.client("s3").head_object(Bucket=bucket, Key=key)["Metadata"])


def _row(day: date, entry: dict[str, Any], headline: str) -> tuple[Any, ...]:
    written_at = pd.Timestamp(entry["LastModified"]).tz_convert("UTC").tz_localize(None)
    return pd.Timestamp(day), headline, entry["Size"] / 1024, written_at, entry["Key"]

"""Small source files as texts, and the bucket and the database that they are loaded through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from biz_insights import settings as settings_module
from biz_insights.settings import Settings

BUCKET = "business-insights-source"
PREFIX = "incoming/"
ITEMS_HEADER = (
    "APP_NAME,RESTAURANT_ID,CREATION_TIME_UTC,ORDER_ID,USER_ID,PRINTED_CARD_NUMBER,IS_LOYALTY,CURRENCY,"
    "LINEITEM_ID,ITEM_CATEGORY,ITEM_NAME,ITEM_PRICE,ITEM_QUANTITY"
)
ITEMS = (
    f"{ITEMS_HEADER}\n"
    "App,s1,2024-01-01T18:00:00Z,o1,u1,,FALSE,USD,l1,Breakfast,Egg,5.99,1\n"
    "App,s1,2024-01-02T18:00:00Z,o2,u2,,TRUE,USD,l1,Breakfast,Café,4,2\n"
)
OPTIONS_HEADER = "ORDER_ID,LINEITEM_ID,OPTION_GROUP_NAME,OPTION_NAME,OPTION_PRICE,OPTION_QUANTITY"
OPTIONS = f"{OPTIONS_HEADER}\no1,l1,Size,Large,0.5,1\n"
DATES_HEADER = "date_key,year,month,week,day_of_week,is_weekend,is_holiday,holiday_name"
DATES = f"{DATES_HEADER}\n01-01-2024,2024,January,1,Monday,FALSE,TRUE,New Year's Day\n"


@dataclass
class Source:
    """The source bucket, and the database behind it."""

    s3: Any
    database: psycopg.Connection
    patch: pytest.MonkeyPatch

    def put(self, table: str, body: str | bytes) -> None:
        self.s3.put_object(
            Bucket=BUCKET, Key=f"{PREFIX}{table}.csv", Body=body.encode() if isinstance(body, str) else body
        )

    def remove(self, table: str) -> None:
        self.s3.delete_object(Bucket=BUCKET, Key=f"{PREFIX}{table}.csv")

    def load(self, force: bool = False, **settings: str) -> dict[str, Any]:
        """Both tasks of the DAG, as it calls them; returns rows and notes."""
        import load_source_database as dag

        self.patch.setattr(settings_module, "load_settings", lambda: Settings(**settings))
        params = {"prefix": PREFIX, "force": force}
        return dag.import_files.function(dag.check_files.function(params), params)

    def rows(self, columns: str, table: str = "order_items") -> list[tuple[Any, ...]]:
        return self.database.execute(f"SELECT {columns} FROM public.{table} ORDER BY id").fetchall()


def times(*texts: str) -> str:
    """A file with one order for each time."""
    rows = [f"App,s1,{text},o{number},,,,USD,l1,,Egg,5.99,1" for number, text in enumerate(texts, 1)]
    return "\n".join([ITEMS_HEADER, *rows, ""])


def prices(price: str, quantity: str = "1") -> str:
    return f"{ITEMS}App,s1,2024-01-03T18:00:00Z,o3,u1,,FALSE,USD,l1,,Egg,{price},{quantity}\n"

"""A lake in memory for tests of the gold SQL: silver rows in, rows of any gold table out.

The SQL is rendered as in the DAG, translated as in the laptop endpoint, and run on DuckDB.

    lake = Lake([line("o1", 10), line("o1", 5, lineitem_id="l2")])
    lake.rows("gold_daily_sales_by_store")  # [{'restaurant_id': 'store-a', …}]
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from biz_insights.gold.definition import GoldTable, gold_tables
from biz_insights.gold.periods import cutoff_date
from biz_insights.gold.plan import CLOSED_PERIODS, select
from biz_schema.score_tables import SCORE_TABLES
from mwaa.local_aws.athena import macros
from mwaa.local_aws.athena.dialect import to_duckdb

DATABASE = "biz_insights"

SILVER: dict[str, dict[str, str]] = {
    "silver_order_items": {
        "source_id": "BIGINT",
        "app_name": "VARCHAR",
        "restaurant_id": "VARCHAR",
        "created_at": "TIMESTAMP",
        "order_hour": "INTEGER",
        "order_id": "VARCHAR",
        "lineitem_id": "VARCHAR",
        "user_id": "VARCHAR",
        "printed_card_number": "VARCHAR",
        "is_loyalty": "BOOLEAN",
        "currency": "VARCHAR",
        "item_category": "VARCHAR",
        "item_category_source": "VARCHAR",
        "item_name": "VARCHAR",
        "item_key": "VARCHAR",
        "item_price": "DECIMAL(18, 4)",
        "item_quantity": "BIGINT",
        "item_amount": "DECIMAL(18, 4)",
        "options_revenue": "DECIMAL(18, 4)",
        "gross_sales": "DECIMAL(18, 4)",
        "discount_amount": "DECIMAL(18, 4)",
        "refund_amount": "DECIMAL(18, 4)",
        "net_sales": "DECIMAL(18, 4)",
        "is_refund": "BOOLEAN",
        "is_test": "BOOLEAN",
        "batch_id": "VARCHAR",
        "order_date": "DATE",
    },
    "silver_date_dim": {
        "calendar_date": "DATE",
        "year": "INTEGER",
        "month": "INTEGER",
        "week": "INTEGER",
        "day_of_week": "VARCHAR",
        "is_weekend": "BOOLEAN",
        "is_holiday": "BOOLEAN",
        "holiday_name": "VARCHAR",
        "is_generated": "BOOLEAN",
        "batch_id": "VARCHAR",
    },
}

DUCKDB_TYPES = {"string": "VARCHAR", "double": "DOUBLE", "int": "INTEGER", "bigint": "BIGINT", "boolean": "BOOLEAN",
                "date": "DATE"}  # fmt: skip
# A Glue job writes the score tables, so here their rows are inputs, like silver.
SILVER |= {
    table.name: {name: DUCKDB_TYPES[column.type] for name, column in table.columns.items()}
    for table in SCORE_TABLES.values()
}

Row = dict[str, Any]


def line(order_id: str, price: Any = 10, day: str = "2024-01-10", **fields: Any) -> Row:
    """Return one silver order line.

    `options` and `discount` are amounts from which the money columns are computed. A line with a price or an
    `item_quantity` below zero is a refund.
    """
    hour = fields.pop("hour", 12)
    item_amount = Decimal(str(price))
    options = Decimal(str(fields.pop("options", 0)))
    discount = Decimal(str(fields.pop("discount", 0)))
    refund = Decimal(str(fields.pop("refund", 0)))
    quantity = fields.pop("item_quantity", 1)
    gross = item_amount + options
    if is_refund := item_amount < 0 or quantity < 0:
        item_amount, quantity = -abs(item_amount), -abs(quantity)
        refund, gross, options, discount = options - discount - item_amount, Decimal(0), Decimal(0), Decimal(0)
    name = fields.pop("item_name", "Bagel")
    row: Row = {
        "source_id": fields.pop("source_id", 1),
        "app_name": "Cafe",
        "restaurant_id": "store-a",
        "created_at": datetime.fromisoformat(day) + timedelta(hours=hour + 6),
        "order_hour": hour,
        "order_id": order_id,
        "lineitem_id": f"{order_id}-1",
        "user_id": "ann",
        "printed_card_number": None,
        "is_loyalty": False,
        "currency": "USD",
        "item_category": "Breakfast",
        "item_category_source": "Breakfast",
        "item_name": name,
        "item_key": None if name is None else name.casefold(),
        "item_price": Decimal(str(price)),
        "item_quantity": quantity,
        "item_amount": item_amount,
        "options_revenue": options,
        "gross_sales": gross,
        "discount_amount": discount,
        "refund_amount": refund,
        "net_sales": gross - discount - refund,
        "is_refund": is_refund,
        "is_test": False,
        "batch_id": "b1",
        "order_date": date.fromisoformat(day),
    }
    return row | fields


def calendar_day(day: str, holiday_name: str | None = None) -> Row:
    """Return one row of `silver_date_dim`."""
    found = date.fromisoformat(day)
    return {
        "calendar_date": found,
        "year": found.year,
        "month": found.month,
        "week": found.isocalendar().week,
        "day_of_week": found.strftime("%A"),
        "is_weekend": found.weekday() >= 5,
        "is_holiday": holiday_name is not None,
        "holiday_name": holiday_name,
        "is_generated": False,
        "batch_id": "b1",
    }


def prediction(as_of: str, **fields: Any) -> Row:
    """Return one row of `gold_customer_predictions`: a customer who has left with a probability of one half."""
    row: Row = {
        "app_name": "Cafe", "user_id": "ann", "currency": "USD", "p_alive": 0.5, "p_order_30": 0.2, "p_order_90": 0.3,
        "p_order_365": 0.4, "expected_days_30": 0.3, "expected_days_90": 0.8, "expected_days_365": 2.5,
        "value_per_day": 10.0, "expected_value_30": 3.0, "expected_value_90": 8.0, "expected_value_365": 25.0,
        "discounted_value_365": 24.0, "expected_margin_365": None, "value_365_p10": 0.0, "value_365_p90": 60.0,
        "ltv_decile": 7, "ltv_cutoffs_frozen_on": date.fromisoformat(as_of), "median_gap_days": 12.0, "overdue_p": 0.5,
        "churn_threshold": 0.1, "churn_threshold_status": "backtested", "churn_threshold_reason": "on 2023-01-01",
        "p_alive_status": "estimated", "model": "mbg_nbd", "model_status": "validated", "model_reason": "it fits",
        "value_status": "validated", "value_reason": "close", "value_interval_status": "backtested",
        "model_version": "v1",
        "as_of_date": date.fromisoformat(as_of),
    }  # fmt: skip
    return row | fields


def loyalty_effect(metric: str, as_of: str, **fields: Any) -> Row:
    """Return one row of `gold_loyalty_effects`: an effect of 1.2 whose placebo comparison passes."""
    row: Row = {
        "metric": metric, "window_days": 90, "currency": "USD", "effect_ratio": 1.2, "effect_lower": 1.1,
        "effect_upper": 1.3, "placebo_ratio": 1.0, "placebo_lower": 0.9, "placebo_upper": 1.1, "loyalty_customers": 400,
        "treated_customers": 100, "control_customer_days": 3000, "status": "identified",
        "as_of_date": date.fromisoformat(as_of),
    }  # fmt: skip
    return row | fields


class Lake:
    """Silver rows, and the gold tables that are built from them when they are needed."""

    def __init__(self, lines: Iterable[Row], calendar: Iterable[Row] = ()) -> None:
        self.connection = macros.connect()
        self.connection.execute("SET threads = 1")  # the tables are tiny: more threads would wait for each other
        self.built: dict[str, tuple[str, tuple[str, ...]]] = {}
        self.connection.execute(f"CREATE SCHEMA {DATABASE}")
        for name, columns in SILVER.items():
            declared = ", ".join(f"{column} {kind}" for column, kind in columns.items())
            self.connection.execute(f"CREATE TABLE {DATABASE}.{name} ({declared})")
        self.insert("silver_order_items", lines)
        self.insert("silver_date_dim", calendar)

    def insert(self, table: str, rows: Iterable[Row]) -> None:
        """Add rows to a silver table; every column must be given."""
        columns = SILVER[table]
        found = list(rows)
        if found:
            self.built.clear()
            marks = ", ".join(["(" + ", ".join("?" for _ in columns) + ")"] * len(found))
            values = [row[column] for row in found for column in columns]
            self.connection.execute(f"INSERT INTO {DATABASE}.{table} VALUES {marks}", values)

    def build(self, name: str, as_of: str | None = None, order_dates: Sequence[str] | None = None) -> None:
        """Build one gold table and the tables that it reads, for an as-of date and a set of days (default: all)."""
        table = gold_tables()[name]
        days = tuple(self.days() if order_dates is None else order_dates)
        as_of = as_of or max(self.days())
        if self.built.get(name) == (as_of, days):
            return
        for upstream in table.reads:
            if upstream in gold_tables():
                self.build(upstream, as_of, days)
        query = translated(render(table, as_of, days))
        self.connection.execute(f"CREATE OR REPLACE TABLE {DATABASE}.{name} AS {query}")
        self.built[name] = (as_of, days)

    def days(self) -> list[str]:
        """Return the days that have order lines, at least one day."""
        found = self.connection.execute(
            f"SELECT DISTINCT CAST(order_date AS VARCHAR) FROM {DATABASE}.silver_order_items ORDER BY 1"
        )
        return [day for (day,) in found.fetchall()] or ["2024-01-01"]

    def query(self, sql: str) -> list[Row]:
        """Return the rows of a DuckDB query as dicts."""
        cursor = self.connection.execute(sql)
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]

    def rows(self, name: str, as_of: str | None = None, where: str = "TRUE", order_by: str = "ALL") -> list[Row]:
        """Build the table and return its rows that fit `where`."""
        self.build(name, as_of)
        return self.query(f"SELECT * FROM {DATABASE}.{name} WHERE {where} ORDER BY {order_by}")

    def row(self, name: str, where: str = "TRUE", as_of: str | None = None) -> Row:
        """Build the table and return the only row that fits `where`."""
        found = self.rows(name, as_of, where)
        assert len(found) == 1, f"{name} has {len(found)} rows where {where}, not one"
        return found[0]

    def types(self, name: str) -> dict[str, str]:
        """Return the columns of a built table in order: name → DuckDB type."""
        return {row["column_name"]: row["column_type"] for row in self.query(f"DESCRIBE {DATABASE}.{name}")}


def render(table: GoldTable, as_of: str = "2024-01-31", order_dates: Sequence[str] = ("2024-01-31",)) -> str:
    """Return the SELECT of a table as the planner renders it for a first build."""
    return select(table, partition_values(table.partition, as_of, order_dates), DATABASE)


def partition_values(partition: str, as_of: str, order_dates: Sequence[str]) -> list[str]:
    """Return the partition values of a first build, at least one."""
    if partition == "order_date":
        return list(order_dates)
    if partition in CLOSED_PERIODS:
        period = CLOSED_PERIODS[partition]
        latest = period.latest(as_of)
        return sorted({of for day in order_dates if (of := period.of(day)) < latest} | {latest})
    return [cutoff_date(as_of) if partition == "cutoff_date" else as_of]


@cache
def translated(sql: str) -> str:
    """Translate Athena SQL to DuckDB. Cached, because many tests build the same table for the same days."""
    return to_duckdb(sql)


def pick(row: Row, *names: str) -> tuple[Any, ...]:
    """Return some values of a row, for a short comparison."""
    return tuple(row[name] for name in names)

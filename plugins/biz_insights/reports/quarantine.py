"""The quarantine in figures: by source table and reason how many rows, what share, how much money, from when to when.

The quarantine holds the rows of the present silver, whatever batch they were last built from. Money and days are read
from the text of the rows, as far as it can be read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from biz_schema.quarantine_reasons import QUARANTINE_REASONS
from biz_schema.setting_values import UNIT_PRICE
from biz_schema.silver_tables import QUARANTINE, ROW_LEDGER, SILVER_ORDER_ITEMS
from biz_schema.source_tables import DATE_DIM, ORDER_ITEM_OPTIONS, ORDER_ITEMS
from biz_schema.value_limits import FIRST_YEAR, LAST_YEAR

SAMPLES = 5
LONGEST_RAW = 300
"""Characters of a row's text that a sample shows."""

Query = Callable[[str], Sequence[Mapping[str, Any]]]
"""Runs one statement and returns its rows by column."""


@dataclass(frozen=True)
class ReasonFigures:
    """The rows of one source table that have one reason. A row with two reasons counts for both.

    Attributes:
        source_table, reason: which rows.
        rows: how many.
        share: of all rows of the source table, 0 to 1; None where the ledger does not know them.
        amount: their money in all currencies together; None where no amount can be read, or a table has no money.
        first_day, last_day: ISO dates (UTC); None where no day of the years 1900 to 2199 can be read.
    """

    source_table: str
    reason: str
    rows: int
    share: float | None
    amount: Any
    first_day: Any
    last_day: Any

    @property
    def what_to_do(self) -> str:
        """Return what a person can do about such rows; empty for a reason that is not declared."""
        declared = QUARANTINE_REASONS.get(self.reason)
        return declared.what_to_do if declared else ""


@dataclass(frozen=True)
class Sample:
    """A quarantined row: its id in the source table, and its text, shortened."""

    source_table: str
    reason: str
    source_id: int
    raw: str


def read_figures(query: Query, price_basis: str, batch_id: str, reason: str = "") -> list[ReasonFigures]:
    """Return the figures by table and reason, most rows first.

    Args:
        query: runs a statement on the published tables.
        price_basis: the setting.
        batch_id: the batch that silver holds.
        reason: one reason; empty means all.
    """
    source_rows = {row["source_table"]: row["source_rows"] for row in query(_ledger_sql(batch_id))}
    return [
        ReasonFigures(
            row["source_table"],
            row["reason"],
            row["quarantined_rows"],
            _share(row["quarantined_rows"], source_rows.get(row["source_table"])),
            row["amount"],
            row["first_day"],
            row["last_day"],
        )
        for row in query(figures_sql(price_basis, with_silver=True))
        if row["reason"] == reason or not reason
    ]


def read_samples(query: Query, reason: str = "") -> list[Sample]:
    """Return up to five rows of each table and reason, by their ids."""
    return [
        Sample(row["source_table"], row["reason"], row["source_id"], shortened(row["raw"]))
        for row in query(samples_sql())
        if row["reason"] == reason or not reason
    ]


def shortened(raw: str | None) -> str:
    """Return the text of a row on one line, cut after 300 characters."""
    text = " ".join((raw or "").split())
    return text if len(text) <= LONGEST_RAW else f"{text[:LONGEST_RAW]}…"


def samples_sql() -> str:
    """Return the statement for up to five rows of each table and reason."""
    return f"""
WITH numbered AS (
    SELECT
        q.source_table,
        entry.reason,
        q.source_id,
        q.order_id,
        q.lineitem_id,
        q.raw,
        ROW_NUMBER() OVER (PARTITION BY q.source_table, entry.reason ORDER BY q.source_id) AS nth
    FROM {QUARANTINE.name} AS q
    CROSS JOIN UNNEST(q.reasons) AS entry (reason)
)
SELECT source_table, reason, source_id, order_id, lineitem_id, raw
FROM numbered
WHERE nth <= {SAMPLES}
ORDER BY 1, 2, 3"""


def _share(part: int, whole: int | None) -> float | None:
    return part / whole if whole else None


def _ledger_sql(batch_id: str) -> str:
    return f"SELECT source_table, source_rows FROM {ROW_LEDGER.name} WHERE batch_id = '{batch_id}'"


def figures_sql(price_basis: str, *, with_silver: bool) -> str:
    """Return the statement for the figures by table and reason, most rows first.

    Args:
        price_basis: the setting: whether a line's price is that of one unit.
        with_silver: whether silver may be read. An option has no day of its own; that of its order stands there.
    """
    lines = SILVER_ORDER_ITEMS.name
    days = (
        f"SELECT order_id, MIN(order_date) AS day FROM {lines}\n"
        f"    WHERE order_id IN (SELECT order_id FROM {QUARANTINE.name})\n"
        "    GROUP BY order_id"
        if with_silver
        else "SELECT CAST(NULL AS VARCHAR) AS order_id, CAST(NULL AS DATE) AS day"
    )
    quantity = " * " + _number("item_quantity") if price_basis == UNIT_PRICE else ""
    return f"""
WITH days_of_orders AS (
    {days}
),
read AS (
    SELECT
        q.source_table,
        q.reasons,
        CASE q.source_table
            WHEN '{ORDER_ITEMS.name}' THEN {_number("item_price")}{quantity}
            WHEN '{ORDER_ITEM_OPTIONS.name}' THEN {_number("option_price")} * {_number("option_quantity")}
        END AS amount,
        CASE q.source_table
            WHEN '{ORDER_ITEMS.name}' THEN TRY_CAST(SUBSTR({_text("creation_time_utc")}, 1, 10) AS DATE)
            WHEN '{DATE_DIM.name}' THEN TRY_CAST(
                SUBSTR({_text("date_key")}, 7, 4) || '-' || SUBSTR({_text("date_key")}, 4, 2) || '-'
                || SUBSTR({_text("date_key")}, 1, 2) AS DATE
            )
            ELSE d.day
        END AS day
    FROM {QUARANTINE.name} AS q
    LEFT JOIN days_of_orders AS d ON d.order_id = q.order_id
)
SELECT
    r.source_table,
    entry.reason,
    COUNT(*) AS quarantined_rows,
    SUM(r.amount) AS amount,
    MIN(IF(YEAR(r.day) BETWEEN {FIRST_YEAR} AND {LAST_YEAR}, r.day)) AS first_day,
    MAX(IF(YEAR(r.day) BETWEEN {FIRST_YEAR} AND {LAST_YEAR}, r.day)) AS last_day
FROM read AS r
CROSS JOIN UNNEST(r.reasons) AS entry (reason)
GROUP BY r.source_table, entry.reason
ORDER BY 3 DESC, 1, 2"""


def _text(column: str) -> str:
    return f"JSON_EXTRACT_SCALAR(q.raw, '$.{column}')"


def _number(column: str) -> str:
    return f"TRY_CAST({_text(column)} AS DECIMAL(18, 4))"

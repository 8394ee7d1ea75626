"""What the tests of this folder are made of: settings on SQLite, rules as suite files state them, a lake of gold."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from biz_insights.gold.definition import gold_tables
from biz_insights.quality.audit_settings import QualitySettings
from biz_schema.score_tables import LOYALTY_EFFECTS, PREDICTIONS
from tests.dags.gold.harness import Lake, calendar_day, line, loyalty_effect, prediction

GOLD = tuple(name for name, table in gold_tables().items() if table.kind != "views")

QUERY = "query of this rule"
"""Key of a rule's query, which is not part of a suite file."""

AS_OF = "2024-01-12"
PRICE_CHANGE_DAYS = ("2023-11-29", "2023-12-06", "2023-12-13", "2023-12-20", "2023-12-27", "2024-01-03")
LOYALTY_METRICS = ("orders", "net_sales", "active_days", "net_sales_per_order")


@dataclass(frozen=True, kw_only=True)
class SqliteSettings(QualitySettings):
    """The same settings with the candidates in a SQLite file."""

    file: Path

    def connection_url(self) -> str:
        return f"sqlite:///{self.file}"


def rule(kind: str, severity: str = "critical", name: str = "", **kwargs: Any) -> dict[str, Any]:
    """One rule as a suite file states it."""
    return {"type": kind, **kwargs, "severity": severity, "why": "it matters"} | ({"name": name} if name else {})


def check_rule(check: str, severity: str = "critical", name: str = "a_named_check", **arguments: Any) -> dict[str, Any]:
    """One use of a named check as a suite file states it."""
    return {"check": check, "name": name, **arguments, "severity": severity, "why": "it matters"}


def sql_rule(query: str, severity: str = "critical", name: str = "a_rule_in_sql") -> dict[str, Any]:
    """One rule in SQL; `write_suite` writes its query to the file that the suite names."""
    return {"sql": name, QUERY: query, "severity": severity, "why": "it matters"}


def measuring_rule(query: str, severity: str = "warning", name: str = "a_rule_that_measures") -> dict[str, Any]:
    """One rule in SQL that stores what it measured; its query flags the unexpected rows as `is_wrong`."""
    return sql_rule(query, severity, name) | {"flag": "is_wrong"}


def gold_lake() -> Lake:
    """Two stores, a guest, a loyal customer, a discount, refunds with and without an order, a test order, a price
    change, books that are closed; every gold table of them."""
    made = Lake(
        [
            line("o1", "10.1234", "2024-01-10", options="1.50", source_id=1),
            line("o1", "5.005", "2024-01-10", lineitem_id="o1-2", item_name="Soup", source_id=2),
            line("o2", 7, "2024-01-10", user_id=None, restaurant_id="store-b", source_id=3),
            line("o3", 12, "2024-01-11", user_id="ben", is_loyalty=True, discount=2, source_id=4),
            line("o4", 20, "2024-01-12", user_id="ann", restaurant_id="store-b", hour=19, source_id=5),
            *[
                line(f"p{week}", 5 if week < 3 else 6, day, user_id="eve", item_name="Wrap", source_id=7 + week)
                for week, day in enumerate(PRICE_CHANGE_DAYS)
            ],
            line("o5", 99, "2024-01-12", app_name="Cafe - DEVELOPMENT", is_test=True, source_id=6),
            line("o6", 4, "2020-12-30", user_id="eve", source_id=20),
            line("o7", 4, "2021-01-02", user_id="eve", is_loyalty=True, source_id=21),
            line("o1", -2, "2024-01-10", lineitem_id="o1-3", source_id=22),
            line("refund", -3, "2024-01-12", user_id="ben", source_id=23),
            line("old refund", -1, "2021-01-05", user_id="eve", source_id=24),
            line("old refund only", -1, "2021-02-05", user_id="dan", source_id=26),
            line("refund only", -1, "2024-01-11", user_id="cem", source_id=27),
            line("guest's refund", -1, "2024-01-11", user_id=None, restaurant_id="store-b", source_id=25),
        ],
        [calendar_day("2024-01-10"), calendar_day("2024-01-11", "Founders' Day")],
    )
    made.insert(PREDICTIONS.name, [prediction(AS_OF, user_id=user) for user in ("ann", "ben", "eve")])
    made.insert(LOYALTY_EFFECTS.name, [loyalty_effect(metric, AS_OF) for metric in LOYALTY_METRICS])
    for name in GOLD:
        made.build(name, AS_OF)
    return made

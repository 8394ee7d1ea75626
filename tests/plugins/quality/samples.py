"""What the tests of this folder are made of: settings on SQLite, and expectations as suite files hold them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from biz_insights.gold.definition import gold_tables
from biz_insights.quality.audit_settings import QualitySettings
from biz_schema.score_tables import LOYALTY_EFFECTS, PREDICTIONS
from tests.dags.gold.harness import Lake, calendar_day, line, loyalty_effect, prediction

GOLD = tuple(name for name, table in gold_tables().items() if table.kind != "views")

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
    """One expectation as a suite file holds it."""
    meta = {"why": "it matters"} | ({"name": name} if name else {})
    return {"type": kind, "kwargs": kwargs, "severity": severity, "meta": meta}


def sql_rule(query: str, severity: str = "critical", name: str = "a_rule_in_sql") -> dict[str, Any]:
    """One expectation in SQL as a suite file holds it."""
    return rule("unexpected_rows_expectation", severity, name, unexpected_rows_query=query)


def measuring_rule(query: str, severity: str = "warning", name: str = "a_rule_that_measures") -> dict[str, Any]:
    """One expectation in SQL that keeps what it measured; its query flags the unexpected rows as ``is_wrong``."""
    found = sql_rule(query, severity, name)
    return found | {"meta": found["meta"] | {"flag": "is_wrong"}}


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

"""What needs a look: late data, failed checks, blocked runs, stores without sales, days out of the ordinary."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from biz_insights.labels import isolated
from streamlit_dashboard import data_age, formats
from streamlit_dashboard.warehouse import loads, sales

SILENT_DAYS = 7
RECENT_DAYS = 60
"""A store that last sold longer ago than this is closed, not silent."""

BAD, NOTE = ":red[:material/error:]", ":orange[:material/warning:]"


@dataclass(frozen=True)
class Alert:
    """One line: an icon by severity, what it is, the figures."""

    icon: str
    title: str
    text: str


def alerts(chain_days: pd.DataFrame, currency: str, now: datetime | None = None) -> list[Alert]:
    """Return all alerts, the worst first.

    Args:
        chain_days: sales of the chain by day in one currency.
    """
    return [*_publish(now or data_age.now()), *_silent_stores(currency), *_odd_days(chain_days, currency)]


def _publish(now: datetime) -> list[Alert]:
    state = loads.state()
    newest = state.newest
    found = []
    for audit in state.audits:
        if audit.blocked and audit.checked_at > newest.published_at:
            text = f"Run {audit.run} scored {audit.score:.1f}; what is shown is older. See Data health."
            found.append(Alert(BAD, "A later run was blocked.", text))
            break
    age = data_age.of(state.as_of, now)
    if age.is_late:
        found.append(Alert(NOTE, "Complete days are missing.", age.sentence))
    for audit in state.audits:
        if audit.run == newest.run and audit.failed:
            text = f"{audit.failed} of {audit.expectations} expectations, score {audit.score:.1f}. See Data health."
            found.append(Alert(NOTE, "Checks of the last run failed:", text))
    return found


def _silent_stores(currency: str) -> list[Alert]:
    days = sales.latest_days()
    days = days[days["currency"] == currency]
    as_of = pd.Timestamp(loads.state().as_of_date(sales.TRENDS))
    since = (as_of - days["last_day"]).dt.days
    silent = days[(since >= SILENT_DAYS) & (since <= RECENT_DAYS)]
    if silent.empty:
        return []
    names = sales.store_labels()
    named = ", ".join(
        f"{isolated(names[store])} (last sold {formats.day(day)})"
        for store, day in zip(silent["restaurant_id"], silent["last_day"], strict=True)
    )
    return [Alert(NOTE, f"No sales for {SILENT_DAYS} days or more:", f"{named}.")]


def _odd_days(days: pd.DataFrame, currency: str) -> list[Alert]:
    if "is_anomaly" not in days or days.empty:
        return []
    recent = days[days["period_start"] > days["period_start"].max() - pd.Timedelta(days=7)]
    found = []
    for row in recent[recent["is_anomaly"].fillna(False).astype(bool)].itertuples(index=False):
        expected = formats.money(getattr(row, "expected_net_sales", None), currency)
        text = f"{formats.money(row.net_sales, currency)}, expected {expected}."
        found.append(Alert(NOTE, f"{formats.day(row.period_start)} was out of the ordinary:", text))
    return found

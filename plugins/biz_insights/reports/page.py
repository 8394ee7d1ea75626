"""The report as one self-contained HTML page. It includes its styles, and text from the data is escaped."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from biz_insights.coverage import least_share
from biz_insights.reports import formats
from biz_insights.reports.customers import ChurnFigures
from biz_insights.reports.daily_report import DailyReport
from biz_insights.reports.queries import FAILURES_SHOWN, LARGEST_MOVES, TOP_ITEMS
from biz_insights.reports.rankings import LEAST_ORDERS
from biz_insights.reports.sales import SalesDay

FOLDER = Path(__file__).parent
TEMPLATE = "page.html.jinja"

STATES = {
    "no_sales": "no sales: closed, or its rows are missing",
    "insufficient_data": "not judged: too few same weekdays before",
    "period_not_over": "not judged: the period is not over",
    "not_judged": "not judged",
}

NO_LASTING_AOV = {
    "estimated": "",
    "not_published": "",
    "insufficient_data": "It is not estimated here: fewer than 3 stores have orders, or none has two orders.",
    "no_difference_found": "The stores differ no more than by chance: all have one mean.",
}


def render(report: DailyReport) -> str:
    """Return the page. The same report gives the same text."""
    return _template().render(
        report=report,
        top_items=TOP_ITEMS,
        largest_moves=LARGEST_MOVES,
        failures_shown=FAILURES_SHOWN,
        least_orders=LEAST_ORDERS,
        least_share=least_share(),
    )


def state(day: SalesDay) -> str:
    """Return the anomaly status of a day in words."""
    if day.status != "judged":
        return STATES.get(day.status, f"not judged: {day.status}")
    distance = f"{formats.number(abs(day.z or 0))} standard deviations {'above' if (day.z or 0) >= 0 else 'below'}"
    return f"out of the ordinary: orders {distance} the expected" if day.is_anomaly else "ordinary"


def churn_why(churn: ChurnFigures) -> str:
    """Return why the mart has no churn status: its threshold status and the reason."""
    status = churn.why.replace("_", " ").capitalize()
    return f"{status}: {churn.reason.rstrip('.')}." if churn.reason else f"The mart's status: {churn.why}."


def lasting_why(status: str) -> str:
    """Return the note for an `aov_status` of `mart_location_performance`; empty when the figures need no note."""
    return NO_LASTING_AOV.get(status, f"The mart's status: {status}.")


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for name in ("money", "count", "number", "share", "change", "day", "weekday"):
        environment.filters[name] = getattr(formats, name)
    environment.filters |= {"state": state, "churn_why": churn_why, "lasting_why": lasting_why}
    return environment.get_template(TEMPLATE)

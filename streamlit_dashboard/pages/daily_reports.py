"""What did each morning's report say?"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from streamlit_dashboard import downloads, formats, states
from streamlit_dashboard.card import Card, show
from streamlit_dashboard.filters import Filters
from streamlit_dashboard.formats import Column
from streamlit_dashboard.warehouse import reports

TITLE = "Daily reports"
ICON = ":material/article:"
SECTION = "Data"
ORDER = 20

HEIGHT = 900


def render() -> None:
    """Draw the page."""
    rows = reports.daily_reports()
    if rows.empty:
        states.no_data(
            "No daily report has been written yet.", "The task `report.daily_report` of the next run writes one."
        )
        return
    keys = {f"{day:%Y-%m-%d}": key for day, key in zip(rows["as_of_date"], rows["key"], strict=True)}
    filters = Filters("reports")
    with filters.row():
        day = filters.choice("date", "Report of", tuple(keys), next(iter(keys)), _text)
        downloads.html_button(
            lambda: reports.page(keys[day]), file_name=f"daily_report_{day}.html", key="download-report"
        )
        filters.reset()
    filters.tell()
    st.iframe(reports.page(keys[day]), height=HEIGHT)
    _listing(rows)


def _listing(rows: pd.DataFrame) -> None:
    show(
        Card(
            key="daily-reports",
            title="Reports",
            unit="one a day, replaced when late rows changed it",
            denominator=f"up to {reports.LISTED}, newest first",
            source="daily_reports",
            as_of=rows["as_of_date"].iloc[0].date(),
            rows=rows,
            columns=(
                Column("as_of_date", "Day", "date"),
                Column("headline", "Headline"),
                Column("size_kib", "Size (KiB)", "number"),
                Column("written_at", "Written (UTC)", "time"),
            ),
        )
    )


def _text(day: str) -> str:
    return formats.day(pd.Timestamp(day))


render()

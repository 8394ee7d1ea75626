"""Filters, stored in the URL: a link shows the same view. A value that cannot be used is replaced, with a notice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from biz_insights import labels
from streamlit_dashboard.formats import plain

ALL = "\0all"
"""The option for all values. No name in the data is equal to it."""

PRESETS = {"28d": 28, "90d": 90, "12m": 365, "24m": 730}
PRESET_LABELS = {
    "28d": "Last 28 days",
    "90d": "Last 90 days",
    "12m": "Last 12 months",
    "24m": "Last 24 months",
    "all": "All days",
    "custom": "From … to …",
}


@dataclass
class Filters:
    """The filters of one page.

    Attributes:
        page: name of the page, part of the widgets' keys.
        subject: names in the URL that say what the page is about, such as a customer; Reset does not remove them.
        active: filters that differ from their default, name → value in the URL.
        names: names of all filters so far.
        notices: what to say about values that could not be used.
    """

    page: str
    subject: tuple[str, ...] = ()
    active: dict[str, str] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def row(self) -> AbstractContextManager[Any]:
        """Return the row of the filters."""
        return st.container(horizontal=True, vertical_alignment="bottom", key=f"filters-{self.page}")

    def choice(
        self,
        name: str,
        label: str,
        options: Sequence[str],
        default: str,
        text: Callable[[str], str] = str,
        *,
        width: int = 210,
        drops: Sequence[str] = (),
    ) -> str:
        """Ask for one of several values. `drops`: filters whose values have no meaning once this one has changed."""
        self.names.append(name)
        shown = dict(zip(options, labels.distinct([text(option) for option in options]), strict=True))
        value = st.query_params.get(name, default)
        if value == "all" and ALL in shown and value not in shown:
            value = ALL
        if value not in shown:
            self.notices.append(f"{label} “{value}” of the link is not in the data. Shown instead: {shown[default]}.")
            value = default
        key = f"filter-{self.page}-{name}"
        _show(key, value)
        chosen = st.selectbox(
            label,
            options,
            format_func=shown.__getitem__,
            key=key,
            on_change=_store,
            args=(key, name, default, drops),
            width=width,
        )
        if chosen != default:
            self.active[name] = chosen
        return chosen

    def dates(self, first: date, last: date, default: str = "12m") -> tuple[date, date]:
        """Ask for the first and last day, both counted: a preset that ends with the last day, or from … to …."""
        custom = "from" in st.query_params or "to" in st.query_params
        if custom and "range" not in st.query_params:
            st.query_params["range"] = "custom"
        text = PRESET_LABELS.__getitem__
        preset = self.choice("range", "Period", tuple(PRESET_LABELS), default, text, width=180, drops=("from", "to"))
        self.names += ["from", "to"]
        if preset == "all":
            return first, last
        if preset != "custom":
            return max(first, last - timedelta(days=PRESETS[preset] - 1)), last
        begin = self._day("from", max(first, last - timedelta(days=PRESETS["90d"] - 1)), first, last)
        end = self._day("to", last, first, last)
        if begin > end:
            self.notices.append("The link's period ends before it begins. Shown instead: the same days in order.")
            begin, end = end, begin
        key = f"filter-{self.page}-days"
        if not _half_chosen(key):
            _show(key, (begin, end))
        st.date_input(
            "Days",
            min_value=first,
            max_value=last,
            key=key,
            on_change=_store_days,
            args=(key,),
            width=250,
            format="YYYY-MM-DD",
        )
        self.active |= {"from": begin.isoformat(), "to": end.isoformat()}
        self.active.pop("range", None)
        return begin, end

    def _day(self, name: str, default: date, first: date, last: date) -> date:
        given = st.query_params.get(name)
        if given is None:
            return default
        try:
            value = date.fromisoformat(given)
        except ValueError:
            self.notices.append(f"“{given}” of the link is not a date. Shown instead: {default}.")
            return default
        if not first <= value <= last:
            self.notices.append(
                f"{value} of the link is outside the data ({first} to {last}). Shown instead: {default}."
            )
            return default
        return value

    def currency(self, frame: pd.DataFrame, by: str = "orders") -> str:
        """Return the currency to show. Ask for it only if there are several, because amounts of two are never added.

        The default is the currency with the most `by`: orders or customers, because amounts cannot be compared.
        """
        there = sorted(frame["currency"].dropna().unique()) if "currency" in frame.columns else []
        if len(there) <= 1:
            return str(there[0]) if there else ""
        most = str(frame.groupby("currency")[by].sum().idxmax())
        return self.choice("currency", "Currency", [str(code) for code in there], most, width=110)

    def reset(self) -> None:
        """Show a button that removes all filters of the page, if any is set."""
        unknown = [name for name in st.query_params if name not in (*self.names, *self.subject)]
        if self.active or self.notices or unknown:
            icon, key = ":material/restart_alt:", f"reset-{self.page}"
            st.button("Reset", icon=icon, on_click=_remove_filters, args=(self.subject,), key=key)

    def tell(self) -> None:
        """Say which values of the link could not be used."""
        for notice in self.notices:
            st.warning(plain(notice), icon=":material/link_off:")


def or_all(shown: Mapping[Any, str], everything: str) -> Callable[[str], str]:
    """Return the texts of a choice between values of the data and `ALL` of them, which is called `everything`."""
    return lambda option: everything if option == ALL else shown[option]


def _remove_filters(subject: tuple[str, ...]) -> None:
    st.query_params.from_dict({name: st.query_params[name] for name in subject if name in st.query_params})


def _store(key: str, name: str, default: str, drops: Sequence[str]) -> None:
    """Write a changed filter to the URL, or remove it there if it is the default."""
    value = st.session_state[key]
    for dropped in drops:
        st.query_params.pop(dropped, None)
    if value == default:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = value
    st.query_params.pop("page", None)


def _store_days(key: str) -> None:
    if not _half_chosen(key):
        st.query_params["from"], st.query_params["to"] = (day.isoformat() for day in st.session_state[key])


def _half_chosen(key: str) -> bool:
    """Return whether the calendar has a first day and still needs the last."""
    return len(st.session_state.get(key, (None, None))) < 2


def _show(key: str, value: object) -> None:
    """Put a value into a field if it shows another. Writing to a field removes what is being typed into it."""
    if st.session_state.get(key) != value:
        st.session_state[key] = value


def between(frame: pd.DataFrame, column: str, days: tuple[date, date]) -> pd.DataFrame:
    """Return the rows whose date is in the period, both ends counted."""
    first, last = pd.Timestamp(days[0]), pd.Timestamp(days[1])
    return frame[(frame[column] >= first) & (frame[column] <= last)]

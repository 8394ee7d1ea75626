"""A filter set by hand, and filters of one page set one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from playwright.sync_api import Page

from tests.streamlit_dashboard.browser.marts import Marts
from tests.streamlit_dashboard.browser.screen import choose, choose_days

Shown = tuple[Callable[[Page], Any], Any]
"""How something is read off a page, and what it must then be."""


@dataclass(frozen=True)
class Step:
    """One filter set by hand.

    Attributes:
        field, value: the field's label, and what is chosen there; for the days of a period the first and the last.
        query: what the address then carries of it (None: no such name).
        shows: what the page then shows, by the marts.
    """

    field: str
    value: str | tuple[date, date]
    query: dict[str, str | None]
    shows: Callable[[Marts], Iterable[Shown]]

    def take(self, page: Page) -> None:
        """Set the filter."""
        if isinstance(self.value, str):
            choose(page, self.field, self.value)
        else:
            choose_days(page, *self.value)


@dataclass(frozen=True)
class Journey:
    """Filters of one page, set one after the other; `customer`: whose page it is."""

    page: str
    steps: tuple[Step, ...]
    about: str = ""
    customer: str = ""

    @property
    def name(self) -> str:
        """What a test run calls it."""
        return f"{self.page} {self.about}".strip()

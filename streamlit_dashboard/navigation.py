"""The navigation, derived from the files in pages/: adding a file adds a page, nothing else is edited.

A page file begins with a docstring (what it answers) and constants that are read without running it: `TITLE`, `ICON`,
`SECTION`, `ORDER`, and if needed `LISTED = False` (reached by links only) and `ROLE` (who may open it).
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

PAGES = Path(__file__).parent / "pages"
SECTIONS = ("", "Customers", "Sales", "Data")


@dataclass(frozen=True)
class PageFile:
    """One page as its file describes it."""

    path: Path
    title: str
    about: str
    icon: str
    section: str
    order: int
    listed: bool
    role: str | None

    @property
    def name(self) -> str:
        return self.path.stem


@cache
def page_files(folder: Path = PAGES) -> tuple[PageFile, ...]:
    """Return all pages, in the order of the navigation.

    Raises:
        ValueError: a file does not set a constant, or names an unknown section.
    """
    found = [_page_file(path) for path in sorted(folder.glob("*.py")) if path.stem != "__init__"]
    return tuple(sorted(found, key=lambda page: (SECTIONS.index(page.section), page.order, page.name)))


def _page_file(path: Path) -> PageFile:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    constants: dict[str, Any] = {
        target.id: statement.value.value
        for statement in tree.body
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    missing = [name for name in ("TITLE", "ICON", "SECTION", "ORDER") if name not in constants]
    about = ast.get_docstring(tree) or ""
    if missing or not about:
        raise ValueError(f"{path}: a page needs a docstring and {', '.join(missing) or 'its constants'}")
    if constants["SECTION"] not in SECTIONS:
        raise ValueError(f"{path}: SECTION {constants['SECTION']!r} is unknown; use one of {SECTIONS}")
    return PageFile(
        path=path,
        title=constants["TITLE"],
        about=about.split("\n\n")[0].replace("\n", " "),
        icon=constants["ICON"],
        section=constants["SECTION"],
        order=constants["ORDER"],
        listed=constants.get("LISTED", True),
        role=constants.get("ROLE"),
    )


def address(name: str) -> str:
    """Return how links inside the app name a page."""
    return str((PAGES / f"{name}.py").resolve())


def sections(roles: frozenset[str]) -> dict[str, list[Any]]:
    """Return the pages by section, without those that need a role which the viewer does not have."""
    shown: dict[str, list[Any]] = {}
    for page in page_files():
        if page.role is None or page.role in roles:
            made = st.Page(
                page.path.resolve(),
                title=page.title,
                icon=page.icon,
                url_path=page.name,
                default=page == page_files()[0],
                visibility="visible" if page.listed else "hidden",
            )
            shown.setdefault(page.section, []).append(made)
    return shown


def go(name: str, **query: str) -> None:
    """Open a page, with its filters."""
    st.switch_page(address(name), query_params=query)

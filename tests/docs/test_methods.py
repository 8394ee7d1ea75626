"""The methods page covers every mart, and says of each the same five things."""

from __future__ import annotations

import re

import pytest

from biz_insights.gold.definition import tables_of
from biz_insights.quality.suites import load_suite
from docs.build import DOCS

TEXT = (DOCS / "methods.md").read_text(encoding="utf-8")
SECTIONS = {title.lower(): body for title, body in re.findall(r"^## (.+)\n((?:(?!^## ).*\n)*)", TEXT, re.MULTILINE)}
SAID = ("Question.", "Definition.", "Assumes.", "Limits.")


@pytest.mark.parametrize("mart", [table.name for table in tables_of("marts")])
def test_every_mart_has_its_section(mart: str):
    """A mart of its own has a section; a table that belongs to one is named in it."""
    sections = [body for body in SECTIONS.values() if f"(data-dictionary.md#{mart})" in body]
    assert len(sections) == 1, f"docs/methods.md must link to {mart} in one section"
    for said in SAID:
        assert f"**{said}**" in sections[0], f"the section of {mart} does not say: {said}"


def test_the_rules_that_question_a_setting_are_explained():
    suites = ("silver_order_items", "row_ledger")
    measuring = [rule.name for suite in suites for rule in load_suite(suite).rules if rule.flag]
    assert len(measuring) == 3
    assert all(f"`{name}`" in TEXT for name in measuring)


def test_every_method_has_its_source():
    references = SECTIONS["references"]
    for author in ("Batislam", "Fader", "Bühlmann", "Wilson", "Anscombe", "Efron", "Chamandy", "Roth"):
        assert f"- {author}" in references

"""Diagrams: drawn from the text beside them, and the data model is that of the SQL files."""

from __future__ import annotations

import re

from biz_insights.gold.definition import gold_tables
from docs.build import DOCS
from docs.render import drawn_from, stale_diagrams

DIAGRAMS = DOCS / "diagrams"


def test_every_diagram_is_drawn_from_its_source():
    sources = sorted(DIAGRAMS.glob("*.dot"))
    assert len(sources) == 4
    assert stale_diagrams(DIAGRAMS) == [], "run `make docs` with Graphviz installed and commit the SVG files"


def test_a_changed_source_shows(tmp_path):
    for path in DIAGRAMS.glob("laptop.*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    assert stale_diagrams(tmp_path) == []
    source = tmp_path / "laptop.dot"
    source.write_text(source.read_text() + "// changed\n")
    assert stale_diagrams(tmp_path) == [source]
    (tmp_path / "laptop.svg").unlink()
    assert drawn_from(tmp_path / "laptop.svg") is None


def test_an_svg_names_no_machine():
    for path in DIAGRAMS.glob("*.svg"):
        assert re.search(r"/(?:home|root|work|tmp)/", path.read_text(encoding="utf-8")) is None


def test_the_data_model_shows_every_gold_table_and_what_it_reads():
    text = (DIAGRAMS / "data-model.dot").read_text(encoding="utf-8")
    drawn = set(re.findall(r"(\w+) -> (\w+)", text))
    tables = gold_tables()
    assert len(tables) >= 17
    read = {(source, table.name) for table in tables.values() for source in table.reads}
    assert {edge for edge in drawn if edge[1] in tables} == read


def test_every_arrow_of_the_data_model_joins_two_boxes():
    text = (DIAGRAMS / "data-model.dot").read_text(encoding="utf-8")
    boxes = set(re.findall(r"^\s+(\w+) \[(?:label|shape)", text, re.MULTILINE)) | {
        name for name, table in gold_tables().items() if table.kind == "views"
    }
    assert {end for edge in re.findall(r"(\w+) -> (\w+)", text) for end in edge} - boxes == set()


def test_every_diagram_is_shown_somewhere():
    pages = "\n".join(path.read_text(encoding="utf-8") for path in DOCS.glob("*.md"))
    for path in DIAGRAMS.glob("*.svg"):
        assert f"(diagrams/{path.name})" in pages

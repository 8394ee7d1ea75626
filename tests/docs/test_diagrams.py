"""Diagrams: drawn from the text beside them; the data model is generated from the SQL files and the declarations."""

from __future__ import annotations

import re
import shutil

from biz_insights.gold.definition import GOLD_FOLDER, gold_tables
from biz_schema.score_tables import SCORE_TABLES
from biz_schema.silver_tables import SILVER_TABLES
from biz_schema.source_tables import SOURCE_TABLES
from docs.build import DOCS
from docs.data_model import data_model
from docs.render import drawn_from, stale_diagrams

DIAGRAMS = DOCS / "diagrams"
NEW_MART = """-- about: Orders by currency.
-- grain: currency x as_of_date
-- partition: as_of_date
-- reads: gold_daily_sales_by_store
-- denominator: guests in
-- columns:
--   currency: currency of the orders
SELECT 1
"""


def arrows(text: str) -> set[tuple[str, str]]:
    """Return the pairs that a diagram joins: what is read, and what is made from it."""
    return set(re.findall(r"(\w+) -> (\w+)", text))


def boxes(text: str) -> set[str]:
    """Return the names of a diagram's boxes."""
    return set(re.findall(r"^\s+(\w+) \[label=<<table", text, re.MULTILINE))


def test_every_diagram_is_drawn_from_its_source():
    assert list(DIAGRAMS.glob("*.dot"))
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


def test_the_committed_data_model_is_up_to_date():
    committed = (DIAGRAMS / "data-model.dot").read_text(encoding="utf-8")
    assert committed == data_model(), "docs/diagrams/data-model.dot: run `make docs` and commit the result"


def test_the_data_model_shows_every_gold_table_and_what_it_reads():
    tables = gold_tables()
    assert tables
    read = {(source, table.name) for table in tables.values() for source in table.reads}
    assert {edge for edge in arrows(data_model()) if edge[1] in tables} == read


def test_every_table_has_a_box_and_every_arrow_joins_two_of_them():
    text = data_model()
    declared = {*gold_tables(), *SCORE_TABLES, *SILVER_TABLES, *(table.name for table in SOURCE_TABLES)}
    assert boxes(text) == declared
    assert {end for arrow in arrows(text) for end in arrow} <= declared


def test_a_new_sql_file_appears_in_the_data_model(tmp_path):
    shutil.copytree(GOLD_FOLDER, tmp_path / "gold")
    (tmp_path / "gold" / "marts" / "mart_currencies.sql").write_text(NEW_MART, encoding="utf-8")
    text = data_model(tmp_path / "gold")
    assert boxes(text) - boxes(data_model()) == {"mart_currencies"}
    assert arrows(text) - arrows(data_model()) == {("gold_daily_sales_by_store", "mart_currencies")}


def test_every_diagram_is_shown_somewhere():
    pages = "\n".join(path.read_text(encoding="utf-8") for path in DOCS.glob("*.md"))
    for path in DIAGRAMS.glob("*.svg"):
        assert f"(diagrams/{path.name})" in pages

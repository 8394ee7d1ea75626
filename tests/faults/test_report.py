"""docs/reliability.md is what the stored results say, and the results are those of today's passes."""

from __future__ import annotations

import json
from pathlib import Path

from tests.faults.passes import PASSES
from tests.faults.record import RESULTS
from tests.faults.report import DOCUMENT, defined_tests, document


def test_the_document_is_made_from_the_results() -> None:
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    assert DOCUMENT.read_text(encoding="utf-8") == document(results, results["bad_inputs"])


def test_the_results_are_of_passes_that_exist() -> None:
    entries = json.loads(RESULTS.read_text(encoding="utf-8"))["entries"]
    assert {entry["name"] for entry in entries if entry["group"] == "faults"} <= set(PASSES)
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    others = [entry["name"].partition(", seed")[0] for entry in entries if entry["group"] != "faults"]
    assert [name for name in others if name not in tests] == []


def test_every_recorded_fault_was_survived_without_loss() -> None:
    entries = json.loads(RESULTS.read_text(encoding="utf-8"))["entries"]
    assert entries
    for entry in entries:
        assert entry["survived"] == entry["points"] > 0, entry["name"]
        assert (entry["rows_lost"], entry["inconsistencies"]) == (0, 0), entry["name"]
        assert entry["polls"] > 0, entry["name"]


def test_bad_inputs_are_counted_and_not_typed() -> None:
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    assert results["bad_inputs"] >= defined_tests() > 30


def test_what_was_not_survived_can_be_seen() -> None:
    entry = {
        "group": "faults", "name": "a kind", "points": 7, "survived": 0, "cleared": 2, "polls": 5,
        "inconsistencies": 3, "rows_lost": 4, "seconds": 30.0, "seconds_without": 20.0,
    }  # fmt: skip
    text = document({"cores": 2, "entries": [entry]}, 11)
    assert "| a kind | 7 | 0 | 2 | 5 | 3 | 1.5 |" in text
    assert all(name in text for name in PASSES), "what was not played can be seen, too"
    assert "| rows lost | 4 |" in text and "| sources and files unlike the sample tried | 11 |" in text

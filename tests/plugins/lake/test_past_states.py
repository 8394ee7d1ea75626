"""The state of a table in an earlier release: changes walked back, and a gap in them refused."""

from __future__ import annotations

import pytest

from biz_insights.errors import PermanentError
from biz_insights.identity import fingerprint
from biz_insights.lake.past_states import PastPartition, RecordedChange, state_at

HISTORY = [
    RecordedChange(1, "d1", "added", "", "s3://a1", "f1"),
    RecordedChange(1, "d2", "added", "", "s3://a2", "f2"),
    RecordedChange(2, "d1", "replaced", "s3://a1", "s3://b1", "g1"),
    RecordedChange(3, "d2", "removed", "s3://a2", "", "f2"),
    RecordedChange(3, "d3", "added", "", "s3://c3", "h3"),
    RecordedChange(5, "d1", "replaced", "s3://b1", "s3://e1", "i1"),
]
NOW = {"d1": PastPartition("s3://e1", "i1"), "d3": PastPartition("s3://c3", "h3")}


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        (5, {"d1": ("s3://e1", "i1"), "d3": ("s3://c3", "h3")}),
        (4, {"d1": ("s3://b1", "g1"), "d3": ("s3://c3", "h3")}),
        (2, {"d1": ("s3://b1", "g1"), "d2": ("s3://a2", "f2")}),
        (1, {"d1": ("s3://a1", "f1"), "d2": ("s3://a2", "f2")}),
        (0, {}),
    ],
)
def test_the_changes_are_walked_back(release: int, expected: dict[str, tuple[str, str]]) -> None:
    # In any order: a query returns rows in none.
    found = state_at("t", release, NOW, reversed(HISTORY))
    assert {value: (part.location, part.fingerprint) for value, part in found.items()} == expected


@pytest.mark.parametrize("missing", [change for change in HISTORY if change.release > 1], ids=str)
def test_a_missing_record_is_refused(missing: RecordedChange) -> None:
    """Without the record of a change in between, the state before it cannot be known."""
    history = [change for change in HISTORY if change != missing]
    if missing.change == "added":
        # The partition would be in every earlier release.
        assert "d3" in state_at("t", 1, NOW, history)
        return
    with pytest.raises(PermanentError, match="publish_history does not lead back to release 1 of t: d"):
        state_at("t", 1, NOW, history)


def test_a_fingerprint_that_nobody_knows_is_that_of_no_build() -> None:
    """Where a lake was published before there was a history, only the location is recorded."""
    history = [RecordedChange(2, "d1", "replaced", "s3://old", "s3://new", "n")]
    found = state_at("t", 1, {"d1": PastPartition("s3://new", "n")}, history)
    assert found == {"d1": PastPartition("s3://old", fingerprint("s3://old"))}

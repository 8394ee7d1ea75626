"""What the commands for operators print, and which arguments they refuse."""

from __future__ import annotations

import argparse
from datetime import datetime

import pytest

from biz_insights.lake.holds import Hold
from mwaa.local_runner import __main__ as command
from mwaa.local_runner.environment import LocalRunError
from mwaa.local_runner.operation_texts import history_text, quarantine_text

HOLD = Hold(2, "manual-3", "2026-02-03T04:00:00+00:00", "wrong price", {"2024-01-02": "f"})


def rows(*releases: int) -> list[dict[str, object]]:
    return [
        {
            "release": number,
            "published_at": datetime(2026, 2, number, 4),
            "run": f"manual-{number}",
            "process_date": "2024-01-04",
            "added": 0,
            "replaced": 1_234,
            "removed": 0,
        }
        for number in releases
    ]


def test_the_history_marks_what_is_current_and_what_is_held() -> None:
    lines = history_text("gold_x", "", rows(1, 3), HOLD).splitlines()
    assert lines[2].split() == ["1", "2026-02-01", "04:00", "2024-01-04", "0", "1,234", "0", "manual-1", "<-", "held"]
    assert lines[3].endswith("manual-3  <- current")
    assert "lift it with make rollback TABLE=gold_x LIFT=1" in lines[-1]
    assert "held" not in history_text("gold_x", "2024-01-02", rows(1, 3), None)


def test_an_empty_quarantine_says_so() -> None:
    assert quarantine_text([], [], "") == "no row is in quarantine\n"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["rollback", "gold_x"], "TO= is not the number of a release; make history TABLE=gold_x lists them"),
        (["rollback", "gold_x", "--to", "1.5"], "TO=1.5 is not the number of a release"),
        (["rollback", "gold_x", "--lift", "--to", "3"], "LIFT=1 lifts the hold of the whole table"),
        (["rollback", "gold x", "--to", "3"], "TABLE=gold x has characters that no table and no partition has"),
        (["rollback", "", "--to", "3"], "TABLE= is missing"),
    ],
)
def test_arguments_of_a_rollback_that_make_no_sense_are_refused(given: list[str], message: str) -> None:
    from mwaa.local_runner.operations import rollback_conf

    with pytest.raises(LocalRunError) as caught:
        rollback_conf(command.parser().parse_args(given))
    assert message in str(caught.value)


def test_the_arguments_become_the_parameters_of_the_dag() -> None:
    from mwaa.local_runner.operations import rollback_conf

    given = ["rollback", "gold_x", "--to", "3", "--partition", "2024-01-02", "--reason", "it's wrong"]
    arguments: argparse.Namespace = command.parser().parse_args(given)
    assert rollback_conf(arguments) == {
        "table": "gold_x",
        "release": 3,
        "partition": "2024-01-02",
        "reason": "it's wrong",
        "lift": False,
    }

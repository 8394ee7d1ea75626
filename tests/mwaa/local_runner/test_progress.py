"""The progress of a run: a line for each task, and the seconds of each stage."""

import io

import pytest

from mwaa.local_runner.progress import Progress, stage_seconds


@pytest.fixture
def console() -> io.StringIO:
    return io.StringIO()


def test_seconds_of_tasks_side_by_side_count_once():
    spans = [
        ("facts", 0.0, 10.0),
        ("facts", 2.0, 4.0),
        ("facts", 8.0, 12.0),
        ("marts", 5.0, 6.0),
        ("facts", 20.0, 21.0),
    ]
    assert stage_seconds(spans) == {"facts": 13.0, "marts": 1.0}


def test_each_finished_task_has_a_line_and_an_error_another(console):
    with Progress(console) as progress:
        progress.begin("daily", " for 2024-02-17")
        for event in (
            ("running", "bronze.build", -1, ""),
            ("running", "marts.a.build", 2, ""),
            ("success", "bronze.build", -1, ""),
            ("failed", "marts.a.build", 2, "no such column"),
            ("skipped", "facts.b.plan", -1, ""),
        ):
            progress.on_event(event)
    lines = console.getvalue().splitlines()
    assert lines[0] == "daily for 2024-02-17"
    assert [line.split()[1:3] for line in lines[1:3]] == [["✓", "bronze.build"], ["✗", "marts.a.build"]]
    assert lines[3].strip() == "no such column"
    assert lines[4].endswith("nothing to do")
    assert progress.failures == [("marts.a.build", "no such column")]


def test_a_task_without_a_group_belongs_to_its_dag(console):
    with Progress(console) as progress:
        progress.begin("load_source_database", "")
        progress.on_event(("running", "check_files", -1, ""))
        progress.on_event(("success", "check_files", -1, ""))
    assert list(progress.seconds) == ["load_source_database"]

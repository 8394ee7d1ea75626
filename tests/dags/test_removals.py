"""The DAGs that remove something: they report unless told otherwise, hold the lease, and keep an id to themselves."""

from __future__ import annotations

from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import DAG

DAGS_FOLDER = Path(__file__).resolve().parents[2] / "dags"


@pytest.fixture(scope="module")
def dags() -> dict[str, DAG]:
    bag = DagBag(str(DAGS_FOLDER))
    assert bag.import_errors == {}
    return dict(bag.dags)


@pytest.mark.parametrize("name", ["lake_maintenance", "forget_customer"])
def test_every_task_of_the_work_has_the_lease(dags: dict[str, DAG], name: str) -> None:
    dag = dags[name]
    take, end = dag.get_task("lake.take_lease"), dag.get_task("lake.end_lease")
    assert take.is_setup and end.is_teardown
    work = set(dag.task_ids) - {take.task_id, end.task_id}
    assert work <= take.get_flat_relative_ids(upstream=False)
    assert {task for task in work if not task.endswith("announce")} <= end.get_flat_relative_ids(upstream=True)


def test_removing_is_off_by_default(dags: dict[str, DAG]) -> None:
    assert dags["lake_maintenance"].params["apply"] is False
    assert dags["forget_customer"].params["confirm"] == ""


def test_maintenance_runs_weekly_and_never_forgets_by_itself(dags: dict[str, DAG]) -> None:
    assert dags["lake_maintenance"].timetable.summary == "0 12 * * 0"
    assert dags["forget_customer"].schedule is None


def test_without_a_confirmation_nothing_but_the_search_runs(dags: dict[str, DAG]) -> None:
    dag = dags["forget_customer"]
    gate = dag.get_task("is_confirmed")
    assert gate.ignore_downstream_trigger_rules
    before = {"lake.take_lease", "find", "is_confirmed", "lake.end_lease"}
    assert set(dag.task_ids) - before <= gate.get_flat_relative_ids(upstream=False)


def test_the_id_is_in_no_template_and_no_result(dags: dict[str, DAG]) -> None:
    for task in dags["forget_customer"].tasks:
        rendered = [str(getattr(task, field, "")) for field in task.template_fields]
        assert not [text for text in rendered if "params.customer" in text or "params['customer']" in text]


def test_the_customer_is_purged_after_readers_have_moved(dags: dict[str, DAG]) -> None:
    dag = dags["forget_customer"]
    assert "release.switch_release" in dag.get_task("erase.purge").upstream_task_ids
    assert "bronze.rewrite_earlier_dates" in dag.get_task("release.switch_release").upstream_task_ids
    assert "erase.purge" in dag.get_task("erase.prove").upstream_task_ids

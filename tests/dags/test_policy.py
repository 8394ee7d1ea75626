"""Rules that every DAG of this project follows, and the order of the tasks of the daily DAG."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import DAG

from biz_insights.dag.alerts import tell_of_failed_run, tell_of_failed_task
from biz_insights.gold.definition import tables_of
from biz_schema.score_tables import SCORE_TABLES

DAGS_FOLDER = Path(__file__).resolve().parents[2] / "dags"


@pytest.fixture(scope="session")
def dags() -> dict[str, DAG]:
    bag = DagBag(str(DAGS_FOLDER))
    assert bag.import_errors == {}
    return dict(bag.dags)


@pytest.fixture(scope="session")
def daily(dags) -> DAG:
    return dags["business_insights_daily"]


def test_all_dags_are_loaded(dags):
    of_operators = {"replay_quarantine", "rollback_table"}
    assert {"business_insights_daily", "load_source_database"} | of_operators <= set(dags)


def test_every_dag_has_owner_tags_docs_retries_and_one_active_run(dags):
    for dag in dags.values():
        assert dag.tags >= {"business-insights"}
        assert "A task failed: what now" in (dag.doc_md or "")
        assert dag.max_active_runs == 1
        assert not dag.catchup
        assert dag.default_args["owner"] == "data-platform"
        assert dag.default_args["retries"] >= 1
        assert dag.default_args["execution_timeout"]


def test_every_dag_tells_of_failures_and_ends_by_itself(dags):
    for dag in dags.values():
        assert dag.dagrun_timeout
        assert dag.on_failure_callback is tell_of_failed_run
        # Also when the leaves of the run succeeded, so that the run itself is green.
        assert all(task.on_failure_callback == [tell_of_failed_task] for task in dag.tasks)


def test_the_daily_run_is_late_before_it_is_ended(daily):
    (deadline,) = daily.deadline
    assert deadline.callback.path == "biz_insights.dag.alerts.tell_of_late_run"
    # With a deadline from the time when a run was queued, Airflow 3.3.1 cannot clear a task of the run.
    assert type(deadline.reference).__name__ == "DagRunLogicalDateDeadline"
    assert timedelta(hours=1) < deadline.interval < daily.dagrun_timeout < timedelta(days=1)


def test_no_operator_waits_with_a_trigger_of_the_provider(dags):
    """They give up while the work goes on, and do not know causes. These operators have tests on both ways."""
    operators = {type(task).__name__ for dag in dags.values() for task in dag.tasks if hasattr(task, "deferrable")}
    assert operators == {"GlueBuildOperator", "AthenaBuildOperator", "AthenaViewOperator"}


def test_only_a_schedule_a_person_or_a_backfill_starts_a_run(dags):
    for dag in dags.values():
        assert {kind.value for kind in dag.allowed_run_types} == {"scheduled", "manual", "backfill"}


def test_a_task_with_a_limit_of_its_own_does_not_end_before_its_job(daily):
    for name in ("bronze.build", "silver.build", "scores.build"):
        assert daily.get_task(name).execution_timeout is None


def test_the_snapshots_of_a_run_are_deleted_however_the_extract_ended(daily):
    delete = daily.get_task("extract.delete_snapshots")
    assert delete.trigger_rule == "all_done"
    assert delete.upstream_task_ids == {"extract.check_export"}
    # A deletion that fails fails the run.
    assert "extract.delete_snapshots" in daily.get_task("report.announce").get_flat_relative_ids(upstream=True)


def test_what_a_task_returns_is_stored_once(dags):
    for dag in dags.values():
        assert not [task.task_id for task in dag.tasks if getattr(task, "multiple_outputs", False)]


def test_every_gold_sql_file_has_its_task_group(daily):
    for kind in ("facts", "marts"):
        files = {path.stem for path in (DAGS_FOLDER / "gold" / kind).glob("*.sql")}
        groups = {task_id.split(".")[1] for task_id in daily.task_ids if task_id.startswith(f"{kind}.")}
        assert files
        assert groups == files
    views = {path.stem for path in (DAGS_FOLDER / "gold" / "views").glob("*.sql")}
    assert views == {t.split(".")[1] for t in daily.task_ids if t.startswith("views.")}


def test_every_publish_comes_after_an_audit(daily):
    publishes = [task for task in daily.tasks if task.task_id.endswith(".publish")]
    gold = [path for kind in ("facts", "marts") for path in (DAGS_FOLDER / "gold" / kind).glob("*.sql")]
    assert len(publishes) == 3 + len(gold)  # bronze, silver, scores, and each gold table
    for task in publishes:
        audit = task.task_id.removesuffix("publish") + "audit"
        assert audit in task.upstream_task_ids, task.task_id


def test_no_publish_runs_after_a_failed_audit(daily):
    for task in daily.tasks:
        if task.task_id.endswith((".audit", ".publish")):
            assert task.trigger_rule in ("all_success", "none_failed", "none_failed_min_one_success"), task.task_id


def test_a_cleared_glue_task_never_resumes_the_old_run(daily):
    builds = [daily.get_task(name) for name in ("bronze.build", "silver.build", "scores.build")]
    assert all(task.resume_glue_job_on_retry is False for task in builds)


def test_the_sensors_free_their_slots_and_come_before_what_they_wait_for(daily):
    snapshot = daily.get_task("extract.await_snapshot")
    assert snapshot.mode == "reschedule"
    # The rows are counted again when the snapshot is complete.
    assert snapshot.downstream_task_ids == {"extract.count_after", "extract.start_export"}


def test_the_export_sensor_waits_for_complete_and_frees_its_slot(daily):
    sensor = daily.get_task("extract.await_export")
    assert sensor.target_statuses == ["complete"]
    assert set(sensor.error_statuses) == {"failed", "canceled"}
    assert sensor.mode == "reschedule"


def test_a_failed_mart_fails_the_run(daily):
    """The only leaf runs after skipped tasks but not after failed ones, so a failed mart fails the run.

    The end of the lease is a teardown: Airflow does not count it when it decides the state of the run.
    """
    ended = daily.get_task("lake.end_lease")
    assert ended.is_teardown and not ended.on_failure_fail_dagrun
    (leaf,) = (task for task in daily.leaves if not task.is_teardown)
    assert (leaf.task_id, leaf.trigger_rule) == ("report.announce", "none_failed")
    upstream = {task.task_id for task in leaf.get_flat_relatives(upstream=True)}
    assert upstream == set(daily.task_ids) - {"report.announce", "lake.end_lease"}


def test_every_task_that_changes_the_lake_is_between_the_ends_of_the_lease(daily):
    """Clearing one of them clears the set-up and the tear-down too, so it has the lease whenever it runs."""
    taken, ended = daily.get_task("lake.take_lease"), daily.get_task("lake.end_lease")
    assert taken.is_setup and taken.mode == "reschedule"
    within = taken.get_flat_relative_ids(upstream=False) & ended.get_flat_relative_ids(upstream=True)
    outside = {"lake.take_lease", "lake.end_lease", "report.announce"}
    # The deletion of the snapshot changes nothing in the lake.
    assert set(daily.task_ids) - within - outside <= {"extract.delete_snapshots"}
    for name in ("silver.publish", "marts.mart_sales_trends.publish", "release.switch_release"):
        cleared = set(daily.partial_subset(name, include_upstream=False).task_ids)
        assert {"lake.take_lease", "lake.end_lease"} <= cleared, name


def test_readers_are_switched_once_after_everything_that_the_run_publishes(daily):
    switch = daily.get_task("release.switch_release")
    upstream = switch.get_flat_relative_ids(upstream=True)
    published = {name for name in daily.task_ids if name.endswith(".publish") or name.startswith("views.")}
    assert len(published) > 20 and published | {"release.create_reader_views"} <= upstream
    assert switch.trigger_rule == "none_failed"


def test_the_quality_report_is_written_also_after_a_failure(daily):
    report = daily.get_task("report.quality_report")
    assert report.trigger_rule == "all_done"
    audits = {task_id for task_id in daily.task_ids if task_id.endswith(".audit")}
    assert len(audits) > 20 and audits <= report.get_flat_relative_ids(upstream=True)


def test_a_view_waits_for_the_views_of_readers_and_for_those_that_it_reads(daily):
    names = {view.name for view in tables_of("views")}
    for view in tables_of("views"):
        upstream = daily.get_task(f"views.{view.name}").upstream_task_ids
        expected = {f"views.{name}" for name in view.reads if name in names}
        assert upstream == expected | {"release.create_reader_views"}


def test_the_daily_report_is_written_only_when_nothing_failed(daily):
    """It runs after skipped tasks, waits for every task of the layers, and does not wait for the quality report."""
    report = daily.get_task("report.daily_report")
    assert report.trigger_rule == "none_failed"
    upstream = {task.task_id for task in report.get_flat_relatives(upstream=True)}
    after = {"lake.end_lease", *(task_id for task_id in daily.task_ids if task_id.startswith("report."))}
    # The deletion of the snapshots is waited for by the message only.
    assert upstream == set(daily.task_ids) - after - {"extract.delete_snapshots"}
    # No task of a layer runs after a failed one.
    assert {daily.get_task(task_id).trigger_rule for task_id in upstream} <= {"all_success", "none_failed"}


def test_the_message_reads_tasks_that_exist(daily):
    message = daily.get_task("report.announce").message
    pulled = re.findall(r"task_ids='([^']+)'", message)
    assert sorted(pulled) == ["report.daily_report", "report.quality_report"]
    assert set(pulled) <= set(daily.task_ids)


def test_only_marts_that_read_the_scores_wait_for_them(daily):
    waiting = set()
    for table in tables_of("marts"):
        upstream = daily.get_task(f"marts.{table.name}.plan").get_flat_relative_ids(upstream=True)
        assert ("scores.publish" in upstream) == bool(set(table.reads) & set(SCORE_TABLES)), table.name
        waiting |= {table.name} if "scores.publish" in upstream else set()
    assert 0 < len(waiting) < len(tables_of("marts"))
    before = daily.get_task("scores.plan").get_flat_relative_ids(upstream=True)
    assert {task_id for task_id in before if task_id.startswith("facts.")} == {
        f"facts.{table}.{step}"
        for table in (
            "gold_customer_day",
            "gold_customer_day_by_quarter",
            "gold_customer_totals_before_cutoff",
            "gold_customer_day_sample_before_cutoff",
        )
        for step in ("plan", "build", "audit", "publish")
    }


def test_the_check_for_orders_can_be_waived_for_one_run(daily):
    parameter = daily.params.get_param("accept_no_orders")
    assert (parameter.value, parameter.schema["type"]) == (False, "boolean")


@pytest.mark.parametrize("dag_id", ["replay_quarantine", "rollback_table"])
def test_a_dag_for_operators_works_under_the_lease_and_ends_with_a_report(dags, dag_id):
    dag = dags[dag_id]
    assert dag.schedule is None
    lease = dag.get_task("lake.take_lease")
    assert lease.is_setup and not lease.upstream_task_ids
    assert set(dag.task_ids) - {"lake.take_lease"} == lease.get_flat_relative_ids(upstream=False)
    assert [task.task_id for task in dag.leaves] == ["lake.end_lease"]
    (last,) = dag.get_task("lake.end_lease").upstream_task_ids - {"lake.take_lease"}
    assert last.startswith("report.report_")
    assert "release.switch_release" in dag.get_task(last).get_flat_relative_ids(upstream=True)


def test_a_replay_exports_nothing_and_compares_the_quarantine_before_readers_move(dags):
    dag = dags["replay_quarantine"]
    assert {task_id for task_id in dag.task_ids if task_id.startswith(("extract.", "bronze."))} == {
        "extract.resolve_process_date"
    }
    compare = dag.get_task("report.compare_quarantine")
    assert "silver.publish" in compare.upstream_task_ids and "release.switch_release" in compare.downstream_task_ids
    assert set(dag.params) == {"reason", "accept_changes"}


def test_a_rollback_is_audited_before_it_is_published(dags):
    dag = dags["rollback_table"]
    assert dag.get_task("rollback.publish").upstream_task_ids >= {"rollback.plan", "rollback.audit"}
    planned = dag.get_task("facts.gold_customer_day.plan").get_flat_relative_ids(upstream=True)
    assert {"rollback.publish", "rollback.lift", "lake.check_files"} <= planned
    assert set(dag.params) == {"table", "release", "partition", "reason", "lift"}


def test_a_dag_that_builds_bronze_first_asks_for_the_list_of_forgotten_customers(dags):
    checked = {
        dag_id: dag.get_task("lake.check_files") for dag_id, dag in dags.items() if "lake.check_files" in dag.task_ids
    }
    asks = {dag_id for dag_id, task in checked.items() if task.op_kwargs.get("builds_bronze")}
    assert asks == {dag_id for dag_id, dag in dags.items() if "bronze.build" in dag.task_ids} != set()
    for dag_id in asks:
        before = dags[dag_id].get_task("bronze.build").get_flat_relative_ids(upstream=True)
        assert "lake.check_files" in before

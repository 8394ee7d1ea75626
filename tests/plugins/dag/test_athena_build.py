"""SQL in Athena: causes, leftovers and waits, whatever the environment's `default_deferrable`."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from airflow.exceptions import AirflowException
from airflow.providers.amazon.aws.operators.athena import AthenaOperator
from botocore.exceptions import ClientError

from biz_insights.dag import athena_build, athena_queries
from biz_insights.dag.athena_build import AthenaBuildOperator, AthenaViewOperator
from biz_insights.dag.athena_queries import Purpose, wait_for_success
from biz_insights.errors import PermanentError
from biz_insights.settings import Settings
from tests.plugins.dag.both_paths import context, run

BUILD_DATABASE = "biz_insights_build"
PURPOSE = Purpose("building t", "fix the SQL")
AWS = {"aws_conn_id": None, "region_name": "us-east-1"}


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(athena_build, "load_settings", lambda: Settings(poll_seconds=0.1))


@pytest.fixture(params=[False, True], ids=["waiting", "deferred"])
def environment(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set `default_deferrable`, which the provider reads when it is imported."""
    function = AthenaOperator.__init__
    while not (function.__kwdefaults__ or {}).get("sleep_time"):
        function = function.__wrapped__
    monkeypatch.setitem(function.__kwdefaults__, "deferrable", request.param)


@pytest.fixture
def glue(aws: Callable[[str], Any]) -> Any:
    return aws("glue")


@pytest.fixture
def table() -> str:
    return f"gold_{uuid.uuid4().hex[:8]}"


def build(table: str, *selects: str) -> AthenaBuildOperator:
    return AthenaBuildOperator(
        task_id="build",
        table=table,
        partition="order_date",
        plan={"selects": list(selects)},
        database=BUILD_DATABASE,
        workgroup="business-insights-build",
        **AWS,
    )


def view(name: str, query: str) -> AthenaViewOperator:
    return AthenaViewOperator(
        task_id=name,
        view=name,
        query=f"CREATE OR REPLACE VIEW {name} AS\n{query}",
        database="biz_insights",
        workgroup="business-insights-read",
        **AWS,
    )


def tables(glue: Any, prefix: str) -> list[str]:
    return sorted(
        entry["Name"]
        for page in glue.get_paginator("get_tables").paginate(DatabaseName=BUILD_DATABASE)
        for entry in page["TableList"]
        if entry["Name"].startswith(prefix)
    )


def day(number: int) -> str:
    return f"SELECT {number} AS orders, '2024-01-0{number}' AS order_date"


@pytest.mark.usefixtures("endpoint", "environment")
def test_each_select_becomes_a_table(glue, table):
    names = run(build(table, day(1), day(2)), context())
    assert names == tables(glue, table) and len(names) == 2


@pytest.mark.usefixtures("endpoint", "environment")
@pytest.mark.parametrize("select", ["SELEC 1", "SELECT no_such_column AS a, '2024-01-01' AS order_date"])
def test_a_mistake_in_the_sql_of_a_table_is_permanent(table, select):
    with pytest.raises(PermanentError, match=rf"building {table}: .*clear this table's plan task"):
        run(build(table, day(1), select), context())


@pytest.mark.usefixtures("endpoint", "environment")
@pytest.mark.parametrize("select", ["SELEC 1", "SELECT no_such_column"])
def test_a_mistake_in_the_sql_of_a_view_is_permanent(select):
    with pytest.raises(PermanentError, match=r"creating view v_test: .*dags/gold/views/, deploy it"):
        run(view("v_test", select), context())


@pytest.mark.usefixtures("endpoint", "environment")
def test_a_view_is_created(glue):
    assert run(view("v_fine", "SELECT 1 AS a"), context())
    assert glue.get_table(DatabaseName="biz_insights", Name="v_fine")["Table"]["TableType"] == "VIRTUAL_VIEW"
    glue.delete_table(DatabaseName="biz_insights", Name="v_fine")


@pytest.mark.usefixtures("endpoint")
def test_a_try_drops_the_tables_of_earlier_tries_of_its_run_only(glue, table):
    first = run(build(table, day(1), day(2)), context())
    foreign = run(build(table, day(1)), context(run_id="manual__2"))
    longer = run(build(f"{table}_long", day(1)), context())
    second = run(build(table, day(1)), context(try_number=2))
    assert tables(glue, table) == sorted([*foreign, *longer, *second])
    assert not set(first) & set(second)


@pytest.mark.usefixtures("endpoint")
def test_a_candidate_that_an_audit_made_stays(glue, table):
    (built,) = run(build(table, day(1)), context())
    candidate = built.removesuffix("_p0")
    glue.create_table(DatabaseName=BUILD_DATABASE, TableInput={"Name": candidate})
    run(build(table, day(1)), context(try_number=2))
    assert candidate in tables(glue, table) and built not in tables(glue, table)


class Query:
    """A hook whose query has one status after the other."""

    def __init__(self, *statuses: dict[str, Any] | Exception) -> None:
        self.statuses = list(statuses)
        self.stopped: list[str] = []

    def get_query_info(self, query_id: str) -> dict[str, Any]:
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        if isinstance(status, Exception):
            raise status
        return {"QueryExecution": {"Status": status}}

    def stop_query(self, query_id: str) -> None:
        self.stopped.append(query_id)


def test_a_query_may_take_more_than_120_questions():
    wait_for_success(Query(*[{"State": "RUNNING"}] * 300, {"State": "SUCCEEDED"}), "q1", 0.001, PURPOSE)


def test_a_throttled_question_is_asked_again():
    throttled = ClientError({"Error": {"Code": "ThrottlingException"}}, "GetQueryExecution")
    wait_for_success(Query(throttled, throttled, {"State": "SUCCEEDED"}), "q1", 0.001, PURPOSE)


def test_a_cancelled_query_is_tried_again_and_says_so():
    query = Query({"State": "CANCELLED", "StateChangeReason": "Bytes scanned limit was exceeded"})
    with pytest.raises(AirflowException, match=r"q1 was cancelled.*\(Bytes scanned limit.*tried again") as raised:
        wait_for_success(query, "q1", 0.001, PURPOSE)
    assert not isinstance(raised.value, PermanentError)


def test_a_fault_of_athena_may_be_retried():
    status = {"State": "FAILED", "StateChangeReason": "INTERNAL_ERROR", "AthenaError": {"ErrorCategory": 1}}
    with pytest.raises(AirflowException, match="building t: INTERNAL_ERROR") as raised:
        wait_for_success(Query(status), "q1", 0.001, PURPOSE)
    assert not isinstance(raised.value, PermanentError)


def test_a_query_that_does_not_end_is_stopped(monkeypatch):
    monkeypatch.setattr(athena_queries, "LONGEST_SECONDS", 0.05)
    query = Query({"State": "RUNNING"})
    with pytest.raises(AirflowException, match="has been stopped"):
        wait_for_success(query, "q1", 0.01, PURPOSE)
    assert query.stopped == ["q1"]


def test_the_longest_wait_is_longer_than_athena_s_own_limit():
    assert athena_queries.LONGEST_SECONDS > 240 * 60
    assert athena_build.BUILD_TIMEOUT.total_seconds() > athena_queries.LONGEST_SECONDS


def test_one_failed_statement_stops_the_others(monkeypatch, table):
    """The others would be billed for nothing, and nobody would read what they build."""
    stopped: list[str] = []

    class Hook:
        def run_query(self, statement: str, *_: Any) -> str:
            return "bad" if "bad" in statement else "long"

        def get_query_info(self, query_id: str) -> dict[str, Any]:
            state = {"bad": "FAILED", "long": "CANCELLED" if stopped else "RUNNING"}[query_id]
            return {"QueryExecution": {"Status": {"State": state}}}

        def stop_query(self, query_id: str) -> None:
            stopped.append(query_id)

    monkeypatch.setattr(AthenaBuildOperator, "hook", Hook())
    monkeypatch.setattr(athena_build, "drop_earlier_tries", lambda *_: [])
    monkeypatch.setattr(athena_build.session, "client", lambda *_: None)
    with pytest.raises(AirflowException, match=r"FAILED \(query bad\)"):
        build(table, "long", "bad").execute(context())
    assert set(stopped) == {"long"}

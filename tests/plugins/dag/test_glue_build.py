"""Glue builds on the endpoint, deferred and not: waits, causes, and nothing that runs on."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.exceptions import AirflowException
from airflow.sdk.exceptions import TaskDeferred
from botocore.exceptions import ClientError

from biz_insights.dag import glue_build, glue_runs
from biz_insights.dag.glue_build import GlueBuildOperator
from biz_insights.errors import PermanentError
from biz_insights.settings import Settings
from tests.plugins.dag.both_paths import context, resume_after_failure, run, trigger_of

ARTEFACTS = "business-insights-artefacts"
QUICK, SLOW = "print(1)", "import time\ntime.sleep(60)"
JOB_ERROR = "class JobError(Exception):\n    pass\nraise JobError('table t lacks column c')"


@pytest.fixture(params=[False, True], ids=["waiting", "deferred"])
def deferrable(request: pytest.FixtureRequest) -> bool:
    return request.param


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glue_build, "load_settings", lambda: Settings(poll_seconds=0.1))


@pytest.fixture
def glue(aws: Callable[[str], Any]) -> Any:
    return aws("glue")


@pytest.fixture
def make_job(aws: Callable[[str], Any]) -> Callable[..., str]:
    """Return a function that creates a job from a script: `make_job(script, **job fields)`."""

    def make(script: str, **fields: Any) -> str:
        name = f"build-{uuid.uuid4().hex[:8]}"
        aws("s3").put_object(Bucket=ARTEFACTS, Key=f"test/{name}.py", Body=script.encode())
        command = {"Name": "glueetl", "ScriptLocation": f"s3://{ARTEFACTS}/test/{name}.py"}
        role = "arn:aws:iam::123456789012:role/business-insights-glue"
        aws("glue").create_job(Name=name, Role=role, Command=command, GlueVersion="6.0", **fields)
        return name

    return make


def build(job: str, deferrable: bool = False) -> GlueBuildOperator:
    return GlueBuildOperator(
        task_id="build", job_name=job, deferrable=deferrable, aws_conn_id=None, region_name="us-east-1"
    )


def state(glue: Any, job: str, run_id: str) -> str:
    return glue.get_job_run(JobName=job, RunId=run_id)["JobRun"]["JobRunState"]


def await_state(glue: Any, job: str, run_id: str, *wanted: str) -> None:
    until = time.monotonic() + 30
    while state(glue, job, run_id) not in wanted:
        assert time.monotonic() < until, state(glue, job, run_id)
        time.sleep(0.05)


def only_run(glue: Any, job: str) -> str:
    (found,) = glue.get_job_runs(JobName=job)["JobRuns"]
    return found["Id"]


def test_a_build_returns_the_id_of_its_own_run(glue, make_job, deferrable):
    job = make_job(QUICK)
    first = run(build(job, deferrable), context())
    second = run(build(job, deferrable), context(try_number=2))
    assert first != second
    shown = glue.get_job_run(JobName=job, RunId=second)["JobRun"]
    assert shown["JobRunState"] == "SUCCEEDED"
    assert shown["Arguments"]["--run_key"] == "daily/silver.build/manual__1"


def test_an_error_that_no_retry_helps_is_permanent(make_job, deferrable):
    with pytest.raises(PermanentError, match=r"FAILED: JobError: table t lacks column c"):
        run(build(make_job(JOB_ERROR), deferrable), context())


def test_any_other_error_may_be_retried(make_job, deferrable):
    with pytest.raises(AirflowException, match="FAILED: OSError: connection lost") as raised:
        run(build(make_job("raise OSError('connection lost')"), deferrable), context())
    assert not isinstance(raised.value, PermanentError)


def test_a_run_that_reaches_the_job_s_timeout_is_not_repeated(make_job, deferrable):
    # In the tests' endpoint a minute of a Glue timeout has three seconds.
    with pytest.raises(PermanentError, match="timeout of 1 minutes"):
        run(build(make_job(SLOW, Timeout=1), deferrable), context())


def test_a_stopped_run_has_not_built_everything(glue, make_job):
    job = make_job(SLOW)
    operator = build(job, deferrable=True)
    with pytest.raises(TaskDeferred):
        operator.execute(context())
    run_id = only_run(glue, job)
    glue.batch_stop_job_run(JobName=job, JobRunIds=[run_id])
    await_state(glue, job, run_id, "STOPPED")
    with pytest.raises(AirflowException, match="is STOPPED; clear the task"):
        operator.execute_complete(context(), {"run_id": run_id})


def test_a_run_may_take_more_than_75_questions(make_job, deferrable, monkeypatch):
    monkeypatch.setattr(glue_build, "load_settings", lambda: _Impatient())
    assert run(build(make_job("import time\ntime.sleep(4)"), deferrable), context()).startswith("jr_")


class _Impatient:
    poll_seconds = 0.02


@pytest.mark.parametrize("poll_seconds", [0.1, 15.0, 300.0])
def test_the_wait_is_that_of_the_job_for_any_poll_seconds(glue, make_job, poll_seconds, monkeypatch):
    monkeypatch.setattr(glue_build, "load_settings", lambda: Settings(poll_seconds=poll_seconds))
    job = make_job(QUICK, Timeout=480)
    with pytest.raises(TaskDeferred) as raised:
        build(job, deferrable=True).execute(context())
    started = glue.get_job_runs(JobName=job)["JobRuns"][0]["StartedOn"]
    until = datetime.fromtimestamp(raised.value.trigger.until, UTC)
    assert until == started + timedelta(minutes=480) + glue_runs.START_SLACK
    assert raised.value.timeout > until - datetime.now(UTC)


def test_the_timeout_of_a_run_comes_before_that_of_its_job(make_job, glue):
    job = make_job(QUICK, Timeout=7)
    assert glue_runs.timeout_minutes(glue, {"JobName": job, "Timeout": 3}) == 3
    assert glue_runs.timeout_minutes(glue, {"JobName": job}) == 7


def test_a_task_has_no_other_limit_than_its_job(make_job):
    operator = GlueBuildOperator(task_id="build", job_name="j", execution_timeout=timedelta(hours=3))
    assert operator.execution_timeout is None


def test_a_run_that_is_given_up_is_stopped(glue, make_job, deferrable, monkeypatch):
    monkeypatch.setattr(glue_runs, "START_SLACK", timedelta(minutes=-480))
    job = make_job(SLOW, Timeout=480)
    with pytest.raises(AirflowException, match="has been stopped; the next try") as raised:
        run(build(job, deferrable), context())
    assert not isinstance(raised.value, PermanentError)
    assert state(glue, job, only_run(glue, job)) == "STOPPED"


def test_a_question_that_is_refused_stops_the_run(glue, make_job, deferrable, monkeypatch):
    def denied(*_: Any) -> None:
        raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetJobRun")

    monkeypatch.setattr(glue_runs, "read_run", denied)
    job = make_job(SLOW)
    with pytest.raises(ClientError):
        run(build(job, deferrable), context())
    await_state(glue, job, only_run(glue, job), "STOPPED")


def test_a_try_stops_what_earlier_tries_left_and_nothing_else(glue, make_job, deferrable):
    job = make_job(QUICK, ExecutionProperty={"MaxConcurrentRuns": 5})
    keys = {name: glue_runs.run_key(context(run_id=name)["ti"]) for name in ("manual__1", "manual__2")}
    slow = make_job(SLOW, ExecutionProperty={"MaxConcurrentRuns": 5})
    left, other = (glue.start_job_run(JobName=slow, Arguments={"--run_key": keys[name]})["JobRunId"] for name in keys)
    # The job is repaired meanwhile.
    location = glue.get_job(JobName=job)["Job"]["Command"]
    update = {"Role": "r", "Command": location, "GlueVersion": "6.0", "ExecutionProperty": {"MaxConcurrentRuns": 5}}
    glue.update_job(JobName=slow, JobUpdate=update)
    new = run(build(slow, deferrable), context(try_number=2))
    assert state(glue, slow, left) == "STOPPED"
    assert state(glue, slow, other) in ("STARTING", "RUNNING")
    assert state(glue, slow, new) == "SUCCEEDED"
    glue.batch_stop_job_run(JobName=slow, JobRunIds=[other])


def test_a_try_waits_for_a_place(glue, make_job, deferrable):
    job = make_job("import time\ntime.sleep(2)", ExecutionProperty={"MaxConcurrentRuns": 1})
    foreign = glue.start_job_run(JobName=job)["JobRunId"]
    assert run(build(job, deferrable), context()) != foreign
    assert state(glue, job, foreign) == "SUCCEEDED"


def test_a_try_without_a_place_says_what_to_do(glue, make_job, monkeypatch):
    monkeypatch.setattr(glue_build, "PLACE_SECONDS", 0.3)
    job = make_job(SLOW, ExecutionProperty={"MaxConcurrentRuns": 1})
    foreign = glue.start_job_run(JobName=job)["JobRunId"]
    with pytest.raises(AirflowException, match=r"no place for another run.*raise the job's MaxConcurrentRuns"):
        run(build(job), context())
    glue.batch_stop_job_run(JobName=job, JobRunIds=[foreign])


def test_clearing_a_deferred_task_stops_its_run(glue, make_job):
    job = make_job(SLOW)
    with pytest.raises(TaskDeferred) as raised:
        build(job, deferrable=True).execute(context())
    # What the triggerer calls when somebody clears or marks the task, and not when it restarts.
    asyncio.run(trigger_of(raised.value).on_kill())
    await_state(glue, job, only_run(glue, job), "STOPPED")


def deferred_run(operator: GlueBuildOperator, given: dict[str, Any]) -> TaskDeferred:
    with pytest.raises(TaskDeferred) as raised:
        operator.execute(given)
    return raised.value


@pytest.mark.parametrize("error", ["Trigger failure", "Trigger timeout"])
def test_a_lost_trigger_does_not_hide_how_the_run_ended(glue, make_job, error):
    for script, expected in ((QUICK, None), (JOB_ERROR, PermanentError)):
        job, given = make_job(script), context()
        deferred_run(build(job, deferrable=True), given)
        run_id = only_run(glue, job)
        await_state(glue, job, run_id, "SUCCEEDED", "FAILED")
        if expected:
            with pytest.raises(expected, match="JobError"):
                resume_after_failure(build(job, True), given, error)
        else:
            assert resume_after_failure(build(job, True), given, error) == run_id


def test_a_lost_trigger_leaves_no_run(glue, make_job):
    job, given = make_job(SLOW), context()
    deferred_run(build(job, deferrable=True), given)
    with pytest.raises(AirflowException, match="has been stopped"):
        resume_after_failure(build(job, True), given, "Trigger timeout")
    assert state(glue, job, only_run(glue, job)) == "STOPPED"


def resume(operator: GlueBuildOperator, deferred: TaskDeferred, event: dict[str, Any], given: dict[str, Any]) -> str:
    """Resume as a worker does: with what the deferral stored, and the event of a trigger."""
    return operator.resume_execution(deferred.method_name, {**(deferred.kwargs or {}), "event": event}, given)


def test_an_event_of_a_cleared_try_is_given_to_nobody_by_a_try_that_has_deferred(glue, make_job):
    """Airflow hands it to the try that followed, which waits on for its own run."""
    job = make_job(QUICK, ExecutionProperty={"MaxConcurrentRuns": 5})
    stopped = glue.start_job_run(JobName=job, Arguments={"--run_key": "that of a cleared try"})["JobRunId"]
    given = context(try_number=2)
    deferred = deferred_run(build(job, deferrable=True), given)
    started = deferred.kwargs["started"]
    assert started != stopped and deferred.kwargs["attempt"] == 2
    with pytest.raises(TaskDeferred) as again:
        resume(build(job, True), deferred, {"run_id": stopped}, given)
    assert (trigger_of(again.value).run_id, again.value.kwargs) == (started, deferred.kwargs)
    await_state(glue, job, started, "SUCCEEDED")
    assert resume(build(job, True), again.value, {"run_id": started}, given) == started


def test_a_try_that_has_not_deferred_begins_when_it_gets_the_event_of_a_cleared_try(glue, make_job):
    job = make_job(QUICK, ExecutionProperty={"MaxConcurrentRuns": 5})
    cleared = deferred_run(build(job, deferrable=True), context())
    given = context(try_number=2)
    with pytest.raises(TaskDeferred) as begun:
        resume(build(job, True), cleared, {"run_id": cleared.kwargs["started"]}, given)
    started = begun.value.kwargs["started"]
    assert started != cleared.kwargs["started"] and begun.value.kwargs["attempt"] == 2
    await_state(glue, job, started, "SUCCEEDED")
    assert resume(build(job, True), begun.value, {"run_id": started}, given) == started


def test_a_throttled_question_is_asked_again():
    asked = []

    class Throttled:
        def get_job_run(self, **_: Any) -> dict[str, Any]:
            asked.append(1)
            if len(asked) < 3:
                raise ClientError({"Error": {"Code": "ThrottlingException"}}, "GetJobRun")
            return {"JobRun": {"JobRunState": "SUCCEEDED"}}

    assert glue_runs.wait_for_end(Throttled(), "job", "jr_1", datetime.now(UTC) + timedelta(seconds=30), 0.01)
    assert len(asked) == 3

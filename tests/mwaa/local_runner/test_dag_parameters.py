"""Parameters of the daily DAG on the command line."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG, Param

from mwaa.local_runner.dag_parameters import check_parameters, read_parameters
from mwaa.local_runner.environment import REPOSITORY, LocalRunError
from tests.mwaa.local_runner.commands import one_error, run_command


@pytest.fixture
def dag() -> DAG:
    params: dict[str, Any] = {
        "full_refresh": Param(False, type="boolean", description="Build everything again."),
        "accept": Param([], type="array", items={"type": "string", "format": "date"}),
        "process_date": Param(None, type=["null", "string"]),
    }
    return DAG("daily", schedule=None, params=params)


def test_values_are_json_and_what_is_not_json_is_a_text(dag: DAG) -> None:
    given = read_parameters(["full_refresh=true", 'accept=["2024-01-31"]', "note=a=b", "day=2024-01-31"])
    assert given == {"full_refresh": True, "accept": ["2024-01-31"], "note": "a=b", "day": "2024-01-31"}
    check_parameters(dag, {name: given[name] for name in ("full_refresh", "accept")})
    assert dag.params["full_refresh"] is False  # checking sets nothing


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        (["full_refresh"], "parameter 'full_refresh' is not NAME=VALUE; write for example"),
        (["full refresh=true"], "parameter 'full refresh=true' is not NAME=VALUE"),
        (["a=1", "a=2"], "parameter a is given twice"),
    ],
)
def test_a_wrong_entry_is_refused(entries: list[str], message: str) -> None:
    with pytest.raises(LocalRunError, match=message):
        read_parameters(entries)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"full_refesh": True}, "daily has no parameter full_refesh; its parameters are accept, full_refresh, proc"),
        ({"full_refresh": "yes"}, r'parameter full_refresh="yes" is not allowed \(.*not of type.*Build everything'),
        ({"accept": [7]}, r"parameter accept=\[7\] is not allowed"),
        ({"process_date": "2024-01-31"}, "give it as DATE=YYYY-MM-DD"),
    ],
)
def test_a_parameter_that_the_dag_does_not_take_is_refused(dag: DAG, given: dict[str, Any], message: str) -> None:
    with pytest.raises(LocalRunError, match=message):
        check_parameters(dag, given)


def test_a_wrong_entry_is_one_line_of_make_run(tmp_path: Path) -> None:
    assert "is not NAME=VALUE" in one_error(run_command(tmp_path, "run", "--param", "full_refresh"))


def test_make_passes_parameters_on() -> None:
    def printed(*words: str) -> str:
        command = ["make", "--dry-run", "--always-make", "run", *words]
        return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout

    assert "--param full_refresh=true" in printed("FULL_REFRESH=1")
    assert "--param" not in printed("FULL_REFRESH=0")
    assert "--param 'full_refresh=true' --param 'accept=[1,2]'" in printed("PARAMS=full_refresh=true accept=[1,2]")

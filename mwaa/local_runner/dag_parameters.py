"""Parameters of the daily DAG on the command line: `--param NAME=VALUE`, checked as Airflow's form does."""

from __future__ import annotations

import json
from copy import copy
from typing import Any

from mwaa.local_runner.environment import LocalRunError


def read_parameters(given: list[str]) -> dict[str, Any]:
    """Return the values by name. A value is JSON; what is not JSON is a text.

    Raises:
        LocalRunError: an entry is not NAME=VALUE, or a name is given twice.
    """
    found: dict[str, Any] = {}
    for entry in given:
        name, equals, value = entry.partition("=")
        if not equals or not name.isidentifier():
            raise LocalRunError(f"parameter {entry!r} is not NAME=VALUE; write for example PARAMS='full_refresh=true'")
        if name in found:
            raise LocalRunError(f"parameter {name} is given twice; give it once")
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
    return found


def check_parameters(dag: Any, given: dict[str, Any]) -> None:
    """Check names and values against the DAG's params.

    Raises:
        LocalRunError: a parameter is unknown or its value is not allowed.
    """
    from airflow.sdk.exceptions import ParamValidationError

    for name, value in given.items():
        if name not in dag.params:
            raise LocalRunError(
                f"{dag.dag_id} has no parameter {name}; its parameters are {', '.join(sorted(dag.params))}"
            )
        if name == "process_date":
            raise LocalRunError("the day is not given as a parameter; give it as DATE=YYYY-MM-DD")
        param = dag.params.get_param(name)
        try:
            copy(param).resolve(value)
        except ParamValidationError as error:
            reason = str(error).strip().splitlines()[0]
            raise LocalRunError(
                f"parameter {name}={json.dumps(value)} is not allowed ({reason}); {param.description or 'correct it'}"
            ) from error

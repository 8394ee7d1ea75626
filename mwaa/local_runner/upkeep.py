"""`make maintenance` and `make forget`: the DAGs that remove something."""

from __future__ import annotations

import argparse
import shutil

import boto3

from biz_insights.aws import s3
from biz_insights.settings import Settings
from mwaa.local_runner.endpoint_process import running
from mwaa.local_runner.environment import LocalRunError, State
from mwaa.local_runner.operator_dag import OperatorDag, run_operator_dag


def maintenance(state: State, arguments: argparse.Namespace) -> int:
    """Run `lake_maintenance`, and print its report. Return the exit code."""
    conf = {"apply": arguments.apply}
    dag = OperatorDag("lake_maintenance", conf, _report, has_jobs=False, after_failure="")
    return run_operator_dag(state, dag)


def forget(state: State, arguments: argparse.Namespace) -> int:
    """Run `forget_customer`, and print what it found, or the receipt. Return the exit code.

    Raises:
        LocalRunError: there is no id, or the confirmation is another text.
    """
    customer, confirm = arguments.customer, arguments.confirm
    if not customer.strip():
        raise LocalRunError("CUSTOMER is empty; try make forget CUSTOMER=<user id>")
    if confirm and confirm.strip() != customer.strip():
        raise LocalRunError("CONFIRM is not the same text as CUSTOMER, so nothing was changed; repeat the user id")
    dag = OperatorDag(
        "forget_customer",
        {"customer": customer, "app_name": arguments.app, "confirm": confirm},
        _receipt if confirm else _survey,
        has_jobs=bool(confirm),
        is_secret=True,
        after_failure="",
    )
    code = run_operator_dag(state, dag)
    if confirm and code == 0:
        _forget_cached_rows(state)
    return code


def _forget_cached_rows(state: State) -> None:
    """Delete the rows that the endpoint's Athena has cached. They are of files that no longer exist."""
    if running(state):
        print("The endpoint is still in use. When it has stopped, delete the folder athena/ of the state.")
        return
    shutil.rmtree(state.root / "athena", ignore_errors=True)


def _report(session: boto3.session.Session, settings: Settings, run: str) -> str:
    return _message(session, settings.lake_uri(f"ops/maintenance/{run}/report.json"))


def _survey(session: boto3.session.Session, settings: Settings, run: str) -> str:
    return _message(session, settings.lake_uri(f"erasure/surveys/{run}.json"))


def _receipt(session: boto3.session.Session, settings: Settings, run: str) -> str:
    return _message(session, settings.lake_uri(f"erasure/receipts/{run}.json"))


def _message(session: boto3.session.Session, uri: str) -> str:
    return str(s3.get_json(session, uri)["message"])

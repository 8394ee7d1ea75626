"""The commands for operators on the command line. What they do is imported when one of them runs."""

from __future__ import annotations

import argparse
import logging
import os
from collections.abc import Callable
from typing import Any

from mwaa.local_runner import dag_runs
from mwaa.local_runner.environment import State, airflow_environment
from mwaa.local_runner.exclusive import exclusive

BUILDS = ("replay", "rollback", "forget")
"""Those of the commands that run a DAG and may build the lake again, which needs as much space as `make run`."""

RUNS = (*BUILDS, "maintenance")
"""Those of the commands that run a DAG."""

COMMANDS = ("quarantine", "history", *RUNS)


def add_commands(commands: Any) -> None:
    """Add the commands to the parser of the command line."""
    quarantine = commands.add_parser("quarantine", help="what is in quarantine, why, and what to do about it")
    quarantine.add_argument("--reason", default="", help="one reason (default: all)")
    replay = commands.add_parser("replay", help="build silver again from the published batch, after a rule was fixed")
    replay.add_argument("--reason", default="", help="report one reason (default: all)")
    replay.add_argument("--accept-changes", action="store_true", help="publish in spite of the volume guard")
    history = commands.add_parser("history", help="the releases that changed a table")
    history.add_argument("table")
    history.add_argument("--partition", default="", help="one partition value (default: all)")
    rollback = commands.add_parser("rollback", help="take a table back to an earlier release and hold it there")
    rollback.add_argument("table")
    rollback.add_argument("--to", default="", metavar="RELEASE", help="number of the release to go back to")
    rollback.add_argument("--partition", default="", help="one partition value (default: all that differ)")
    rollback.add_argument("--reason", default="", help="why, for those who find the table held later")
    rollback.add_argument("--lift", action="store_true", help="lift the hold of the table instead")
    maintenance = commands.add_parser("maintenance", help="report what the lake no longer needs, or remove it")
    maintenance.add_argument("--apply", action="store_true", help="remove what the report lists")
    forget = commands.add_parser("forget", help="report where the lake names a customer, or forget the customer")
    forget.add_argument("customer", help="user id, as the source has it")
    forget.add_argument("--app", default="", help="ordering channel (default: every channel)")
    forget.add_argument("--confirm", default="", help="the user id once more: forget the customer")


def run_operation_command(state: State, arguments: argparse.Namespace) -> int:
    """Run one of the commands. Return the exit code."""
    # Airflow reads its configuration when it is imported.
    os.environ.update(airflow_environment(state))
    os.environ.update(dag_runs.executor_environment())
    # Standard output is for the report.
    logging.getLogger("botocore").setLevel(logging.WARNING)
    logging.getLogger("airflow").setLevel(logging.WARNING)
    command = _command(arguments.command)
    if arguments.command not in RUNS:
        return command(state, arguments)
    with exclusive(state, f"make {arguments.command}"):
        return command(state, arguments)


def _command(name: str) -> Callable[[State, argparse.Namespace], int]:
    if name in ("maintenance", "forget"):
        from mwaa.local_runner import upkeep

        return upkeep.maintenance if name == "maintenance" else upkeep.forget
    from mwaa.local_runner import operations

    commands = {
        "quarantine": operations.quarantine,
        "history": operations.history,
        "replay": operations.replay,
        "rollback": operations.rollback,
    }
    return commands[name]

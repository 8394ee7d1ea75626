"""Command line behind the Makefile: `python -m mwaa.local_runner run|query|maintenance|forget|…`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from mwaa.local_runner.dag_parameters import read_parameters
from mwaa.local_runner.environment import REPOSITORY, LocalRunError, State
from mwaa.local_runner.exclusive import exclusive
from mwaa.local_runner.failures import READ_NEEDS, RUN_NEEDS, explain, require_usable
from mwaa.local_runner.operation_arguments import BUILDS, COMMANDS, add_commands, run_operation_command
from mwaa.local_runner.ownership import end_with_parent, interrupt_on_terminate

for folder in ("plugins", "dags"):
    sys.path.insert(0, str(REPOSITORY / folder))


def parser() -> argparse.ArgumentParser:
    """Return the parser of the commands and their options."""
    top = argparse.ArgumentParser(prog="python -m mwaa.local_runner", description=__doc__)
    top.add_argument("--state", type=Path, default=REPOSITORY / ".local", help="folder for everything that is not code")
    top.add_argument(
        "--end-with-parent", action="store_true", help="end when the process that started this one ends (for make)"
    )
    commands = top.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="load source files and publish the marts")
    run.add_argument(
        "--source",
        help="folder with order_items.csv and, if any, the other two files (default: a generated sample)",
    )
    run.add_argument("--date", help="last complete day, YYYY-MM-DD (default: the source's)")
    run.add_argument("--deferrable", action="store_true", help="let operators wait in a triggerer, as on MWAA")
    run.add_argument(
        "--param",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="parameter of the daily DAG, its value as JSON, e.g. full_refresh=true (can be given several times)",
    )
    query = commands.add_parser("query", help="run one SQL statement and print its result as CSV")
    query.add_argument("sql")
    commands.add_parser("prepare", help="create the empty Airflow database that first runs copy (once, 10 s)")
    ui = commands.add_parser("airflow", help="serve the Airflow UI over the local endpoint")
    ui.add_argument("--port", type=int, default=8080)
    boards = commands.add_parser("dashboard", help="serve the dashboards over the published tables")
    boards.add_argument("--port", type=int, default=8501)
    add_commands(commands)
    return top


def main() -> int:
    """Run one command. What the user can fix is printed as one line, and the exit code is 1."""
    from biz_insights.settings import SettingsError

    arguments = parser().parse_args()
    state = State(arguments.state.resolve())
    interrupt_on_terminate()
    if arguments.end_with_parent:
        end_with_parent()
    try:
        return _run_command(arguments, state)
    except (LocalRunError, SettingsError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    except Exception as error:
        line = explain(error, state)
        if line is None:
            raise
        print(f"error: {line}", file=sys.stderr)
        return 1


def _run_command(arguments: argparse.Namespace, state: State) -> int:
    if arguments.command == "prepare":
        from mwaa.local_runner.dag_runs import prepare_metadata

        print(prepare_metadata())
        return 0
    state.create()
    require_usable(state, RUN_NEEDS if arguments.command in ("run", "airflow", *BUILDS) else READ_NEEDS)
    if arguments.command == "run":
        from mwaa.local_runner.run import run

        parameters = read_parameters(arguments.param)
        with exclusive(state, "make run"):
            return run(state, arguments.source or None, arguments.date or None, parameters, arguments.deferrable)
    if arguments.command in COMMANDS:
        return run_operation_command(state, arguments)
    if arguments.command == "query":
        from mwaa.local_runner.queries import query

        return query(state, arguments.sql)
    if arguments.command == "dashboard":
        from mwaa.local_runner.dashboard import dashboard

        return dashboard(state, arguments.port)
    from mwaa.local_runner.airflow_ui import airflow

    with exclusive(state, "make airflow"):
        return airflow(state, arguments.port)


if __name__ == "__main__":
    sys.exit(main())

"""Airflow as MWAA runs it: API server, scheduler with workers, triggerer and DAG processor, each a process of its own.

Each part can be killed and started again, as MWAA does when a part ends. The settings below are ones that MWAA lets an
operator change too. They are short here, so that a test does not wait minutes until a lost worker is noticed.
"""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from mwaa.local_aws.process_guard import guard
from mwaa.local_runner import dag_runs
from mwaa.local_runner.environment import REPOSITORY, State, airflow_environment
from tests.scheduler.sources import SETTINGS

LOOPBACK = "127.0.0.1"
START_SECONDS = 240
PARTS: Mapping[str, tuple[str, ...]] = {
    "api-server": ("--host", LOOPBACK, "--workers", "1", "--port"),
    "scheduler": ("--skip-serve-logs",),
    "dag-processor": (),
    "triggerer": ("--skip-serve-logs",),
}
"""The commands and their options. The API server comes first: a task that starts before it answers is lost."""

SHORT_TIMES = {
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
    "AIRFLOW__SCHEDULER__JOB_HEARTBEAT_SEC": "2",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "20",
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "5",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_SEC": "2",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "20",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "3",
    "AIRFLOW__TRIGGERER__JOB_HEARTBEAT_SEC": "2",
    "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "20",
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "600",
}
RETRY_DELAYS = {"business_insights_daily.py": "timedelta(minutes=2)", "load_source_database.py": "timedelta(minutes=1)"}
"""By DAG file: its `retry_delay`, the only text in which the DAGs of these tests differ from those of the project."""

PRELOADED = """
# Airflow reads this file when a part starts. Task processes are forks of the scheduler: what they need is imported
# once, before the forks.
import sys

if "scheduler" in sys.argv:
    import airflow.providers.amazon.aws.operators.athena
    import airflow.providers.amazon.aws.operators.glue
    import airflow.providers.amazon.aws.operators.rds
    import airflow.providers.amazon.aws.operators.sns
    import airflow.sdk.execution_time.task_runner
    import pyathena
    from biz_insights.quality.engine import great_expectations

    great_expectations()
"""


class AirflowService:
    """The parts of one Airflow over the metadata database of a state folder.

    Args:
        state: the folder of the laptop.
        environment: variables of the endpoint.
    """

    def __init__(self, state: State, environment: Mapping[str, str]) -> None:
        self.state = state
        self.port = _free_port()
        self.url = f"http://{LOOPBACK}:{self.port}"
        self._parts: dict[str, subprocess.Popen[Any]] = {}
        self._groups: list[int] = []
        self._environment = {
            **os.environ,
            **airflow_environment(state),
            **environment,
            **SHORT_TIMES,
            **SETTINGS,
            "AIRFLOW__CORE__DAGS_FOLDER": str(copied_dags(state.root / "dags")),
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__PARALLELISM": "4",
            "AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE": "True",
            "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": "False",
            # A machine with much to do takes longer than some seconds to end a process.
            "BIZ_INSIGHTS_RESCHEDULE_SECONDS": "15",
            "AIRFLOW__API__BASE_URL": self.url,
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(32),
            "AIRFLOW__CORE__FERNET_KEY": "",
        }

    def __enter__(self) -> AirflowService:
        dag_runs.migrate_metadata(self.state)
        self.state.logs.mkdir(parents=True, exist_ok=True)
        config = self.state.airflow_home / "config"
        config.mkdir(exist_ok=True)
        (config / "airflow_local_settings.py").write_text(PRELOADED)
        try:
            self.start("api-server")
            until = time.monotonic() + START_SECONDS
            while not _answers(self.port):
                if self._parts["api-server"].poll() is not None or time.monotonic() > until:
                    raise RuntimeError(f"Airflow's API server did not start; see {self.log('api-server')}")
                time.sleep(0.2)
            for part in list(PARTS)[1:]:
                self.start(part)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        # Tasks are in process groups of their own, and the workers of a killed scheduler have lost their parent.
        processes = [process for process in psutil.process_iter() if _group(process) in self._groups]
        for process in [*processes, *(child for parent in processes for child in _children(parent))]:
            _kill(process)
        for part in self._parts.values():
            part.wait()
        for group in self._groups:
            guard.remove(group)

    def start(self, part: str) -> None:
        """Start a part, also again after it was killed."""
        options = [*PARTS[part], *([str(self.port)] if part == "api-server" else [])]
        with self.log(part).open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "airflow", part, *options],
                env=self._environment,
                cwd=REPOSITORY,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._parts[part] = process
        self._groups.append(process.pid)
        guard.add(process.pid)

    def kill(self, part: str) -> None:
        """End a part at once, and the process that the triggerer has for its triggers.

        The workers of the scheduler go on, as they do on MWAA, where they are machines of their own.
        """
        process = psutil.Process(self._parts[part].pid)
        for each in [process, *([] if part == "scheduler" else _children(process))]:
            _kill(each)
        self._parts[part].wait()

    def kill_worker(self, task_instance: str) -> None:
        """Kill the worker of a task, and the process of the task.

        Args:
            task_instance: the id of the task instance, which the titles of both processes contain.

        Raises:
            LookupError: no worker runs the task.
        """
        found = [
            process
            for process in _children(psutil.Process(self._parts["scheduler"].pid))
            if _runs(process, task_instance)
        ]
        if not found:
            raise LookupError(f"no worker runs the task instance {task_instance}")
        for process in found:
            _kill(process)

    def log(self, part: str) -> Path:
        """Return the path of a part's log."""
        return self.state.logs / f"{part}.log"


def copied_dags(folder: Path) -> Path:
    """Copy the DAG files, with retries after a second. Return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, delay in RETRY_DELAYS.items():
        text = (REPOSITORY / "dags" / name).read_text()
        assert text.count(f'"retry_delay": {delay}') == 1, f"{name} has another retry_delay than {delay}"
        (folder / name).write_text(text.replace(f'"retry_delay": {delay}', '"retry_delay": timedelta(seconds=1)'))
    return folder


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        found: list[psutil.Process] = process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    return found


def _group(process: psutil.Process) -> int:
    try:
        return os.getpgid(process.pid)
    except ProcessLookupError:
        return 0


def _runs(process: psutil.Process, task_instance: str) -> bool:
    try:
        return any(task_instance in argument for argument in process.cmdline())
    except psutil.NoSuchProcess:
        return False


def _kill(process: psutil.Process) -> None:
    with suppress(psutil.NoSuchProcess):
        process.kill()

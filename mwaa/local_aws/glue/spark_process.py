"""One Glue job run as a process: PySpark with two cores over the endpoint's folders.

The script gets Glue's arguments, and reads and writes `s3://`. Hadoop's ViewFS maps the buckets to folders
(`spark_settings`), so the script is the same as on Glue.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from mwaa.local_aws.glue.job_errors import last_exception
from mwaa.local_aws.glue.job_modules import require_modules
from mwaa.local_aws.glue.spark_settings import spark_environment
from mwaa.local_aws.glue.warm_spark import Lease, WarmSpark
from mwaa.local_aws.layout import StateLayout
from mwaa.local_aws.process_guard import guard
from mwaa.local_aws.services import state

STOP_GRACE_SECONDS = 5.0
LOG_TAIL_BYTES = 1_000_000


@dataclass(frozen=True)
class RunRequest:
    """A run to start; `arguments` are Glue's, with the leading dashes in the keys."""

    job_name: str
    run_id: str
    script_uri: str
    arguments: dict[str, str]


@dataclass(frozen=True)
class Outcome:
    """How a run ended: a Glue state and, unless it is SUCCEEDED or STOPPED, the reason."""

    status: str
    message: str | None = None


@dataclass(frozen=True)
class SparkSettings:
    """What all runs share: the state folder, the AWS environment for the script's boto3, and the warm Spark."""

    layout: StateLayout
    environment: dict[str, str]
    driver_memory: str = "2g"
    warm: WarmSpark | None = None


class SparkProcess:
    """Starts, waits for and stops one run."""

    def __init__(self, request: RunRequest, settings: SparkSettings) -> None:
        self._request = request
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._lease: Lease | None = None
        self._lock = threading.Lock()
        self._started = time.time()
        self._output = settings.layout.glue / f"{request.run_id}.out"
        self.log = settings.layout.glue / f"{request.run_id}.log"
        self.stop_requested = False

    def start(self) -> None:
        """Start the script.

        Raises:
            FileNotFoundError: the script, a library or Java is missing.
            ValueError: a module that the job asks for is not installed in that version.
        """
        require_modules(self._request.arguments.get("--additional-python-modules", ""))
        script = self._local_copy(self._request.script_uri, "the job's ScriptLocation")
        if shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
            raise FileNotFoundError("Spark needs Java 17 and there is no 'java' on PATH: install a JRE 17, e.g. "
                                    "openjdk-17-jre-headless")  # fmt: skip
        folder = self._settings.layout.glue / self._request.run_id
        folder.mkdir(parents=True, exist_ok=True)
        environment = {
            **os.environ,
            **self._settings.environment,
            **spark_environment(folder, self._settings.layout, self._request.arguments, self._settings.driver_memory),
        }
        libraries = self._request.arguments.get("--extra-py-files", "")
        for uri in library_uris(libraries):
            self._local_copy(uri, "--extra-py-files")
        environment["PYTHONPATH"] = python_path(self._settings.layout, libraries)
        if self._settings.warm:
            self._lease = self._settings.warm.acquire(self._request.arguments, environment["PYTHONPATH"])
            environment.update(self._lease.environment if self._lease else {})
        with self._output.open("wb") as output, self.log.open("wb") as log, self._lock:
            if self.stop_requested:
                self._end_lease(is_clean=True)
                return
            self._process = subprocess.Popen(
                [sys.executable, "-u", str(script), *glue_arguments(self._request)],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=log,
                # A process group of its own, so that a stop also reaches Java and the Python workers.
                start_new_session=True,
            )
            guard.add(self._process.pid)

    def wait(self, timeout_seconds: float) -> Outcome:
        """Wait until the run ends or its timeout is over."""
        process = self._process
        if process is None:
            return Outcome("STOPPED")
        try:
            code = process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            self._end_group()
            self._end_lease(is_clean=False)
            return Outcome("TIMEOUT")
        finally:
            guard.remove(process.pid)
            shutil.rmtree(self._settings.layout.glue / self._request.run_id, ignore_errors=True)
        # Read this before Java's log is appended: the cause is the last exception of the script.
        message = last_exception(_tail(self.log)) or f"Command failed with exit code {code}"
        self._end_lease(is_clean=not self.stop_requested)
        if self.stop_requested:
            return Outcome("STOPPED")
        return Outcome("SUCCEEDED") if code == 0 else Outcome("FAILED", message)

    def stop(self) -> None:
        """End the run's processes: SIGTERM first, SIGKILL after STOP_GRACE_SECONDS."""
        with self._lock:
            self.stop_requested = True
        self._end_group()

    def publish_logs(self, log_group: str) -> None:
        """Write what the run printed to CloudWatch Logs: `<group>/output` and `<group>/error`, stream = run id."""
        for suffix, path in (("output", self._output), ("error", self.log)):
            _put_log_events(f"{log_group}/{suffix}", self._request.run_id, _tail(path), self._started)
        if self._output.exists() and self._output.stat().st_size:
            with self.log.open("ab") as log, self._output.open("rb") as output:
                log.write(b"\n--- standard output ---\n")
                shutil.copyfileobj(output, log)
        self._output.unlink(missing_ok=True)

    def _end_lease(self, is_clean: bool) -> None:
        if self._lease is None:
            return
        logged = self._lease.end(is_clean)
        self._lease = None
        with self.log.open("ab") as log:
            log.write(logged)

    def _end_group(self) -> None:
        process = self._process
        if process is None:
            return
        for sign in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, sign)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOP_GRACE_SECONDS)
                # The first process of the group has ended; this ends its workers that still run.
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                return

    def _local_copy(self, uri: str, what: str) -> Path:
        path = self._settings.layout.object_path(uri)
        if not path.is_file():
            raise FileNotFoundError(f"{what} {uri} does not exist: upload it and start the run again")
        return path


def library_uris(extra_py_files: str) -> list[str]:
    """Return the URIs in Glue's `--extra-py-files`."""
    return [name.strip() for name in extra_py_files.split(",") if name.strip()]


def python_path(layout: StateLayout, extra_py_files: str) -> str:
    """Return the PYTHONPATH of a run with these `--extra-py-files`; they need not be uploaded yet."""
    return os.pathsep.join(str(layout.object_path(uri)) for uri in library_uris(extra_py_files))


def glue_arguments(request: RunRequest) -> list[str]:
    """Return the script's arguments in Glue's order; an argument without a value is passed as its name alone."""
    passed = {
        "--JOB_NAME": request.job_name,
        "--JOB_ID": f"j_{request.run_id[3:]}",
        "--JOB_RUN_ID": request.run_id,
        "--job-bookmark-option": "job-bookmark-disable",
        **request.arguments,
    }
    return [part for key, value in passed.items() for part in ((key, value) if value != "" else (key,))]


def _tail(path: Path) -> str:
    if not path.exists():
        return ""
    with path.open("rb") as log:
        log.seek(max(0, path.stat().st_size - LOG_TAIL_BYTES))
        return log.read().decode("utf-8", "replace")


def _put_log_events(group: str, stream: str, text: str, started: float) -> None:
    from moto.logs.models import logs_backends

    from mwaa.local_aws.layout import ACCOUNT_ID, REGION

    with state.service_lock("logs"):
        logs = logs_backends[ACCOUNT_ID][REGION]
        if group not in logs.groups:
            logs.create_log_group(group, {})
        if stream not in logs.groups[group].streams:
            logs.create_log_stream(group, stream)
        timestamp = int(max(started, time.time()) * 1000)
        events = [{"timestamp": timestamp, "message": line} for line in text.splitlines() if line.strip()]
        if events:
            logs.put_log_events(group, stream, events)
    state.touch("logs")

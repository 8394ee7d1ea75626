"""The endpoint as one object: starts every server, provisions, and puts all away again.

with LocalEndpoint(Path(".local")) as endpoint:
    os.environ.update(endpoint.environment)   # boto3, Airflow, PyAthena, awswrangler and the AWS CLI follow
"""

from __future__ import annotations

import json
import logging
import os
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

from mwaa.local_aws.errors import EndpointError
from mwaa.local_aws.layout import ACCESS_KEY, REGION, SECRET_KEY, StateLayout
from mwaa.local_aws.rds.postgres import Postgres
from mwaa.local_aws.server.lock import StateLock
from mwaa.local_aws.services import state

logger = logging.getLogger("mwaa.local_aws")

_started_in_this_process = threading.Lock()


class LocalEndpoint:
    """AWS on loopback over one state folder; a context manager.

    One at a time in a process (moto keeps its state in module globals), and one process at a time on a state
    folder. `environment` is complete once started.
    """

    def __init__(
        self,
        state_dir: Path | str,
        *,
        port: int = 0,
        s3_port: int = 0,
        driver_memory: str = "2g",
        warm_spark: bool = False,
        seconds_per_timeout_minute: float = 60.0,
    ) -> None:
        """Port 0 picks a free one. `driver_memory` is a Glue run's Java heap; `warm_spark` keeps a Spark ready for
        the next run, for who is about to start several."""
        self.layout = StateLayout.at(state_dir)
        self.environment: dict[str, str] = {}
        self._ports = (port, s3_port)
        self._driver_memory = driver_memory
        self._warm_spark = warm_spark
        self._seconds_per_minute = seconds_per_timeout_minute
        self._stack: list[tuple[str, Any]] = []

    def __enter__(self) -> LocalEndpoint:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Bring everything up and write `endpoint.json`.

        Raises EndpointError: a port or the state folder is in use, or the saved state cannot be read.
        """
        if not _started_in_this_process.acquire(blocking=False):
            raise EndpointError("this process already runs an endpoint: stop it first, or start another process")
        self._stack.append(("process lock", _started_in_this_process.release))
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End jobs and servers and save the state. Stopping twice is fine."""
        while self._stack:
            name, undo = self._stack.pop()
            try:
                undo()
            except Exception:
                logger.exception("stopping the endpoint: %s", name)

    def client(self, service: str) -> Any:
        """A boto3 client of this endpoint, whatever the process's own AWS settings are."""
        from mwaa.local_aws.server.provisioning import client_factory

        return client_factory(self.environment)(service)

    def skip_export_tables(self, *tables: str) -> None:
        """Make later exports leave out these tables (`schema.table`) and still say COMPLETE; none: export all."""
        self.layout.skipped_export_tables.write_text("\n".join(tables))

    def _start(self) -> None:
        self._lock_state_folder()
        self._log_to_file()
        postgres = Postgres(self.layout)
        starting = _Background(postgres.start)
        # PostgreSQL starts while Python imports moto: each takes about a second.
        from mwaa.local_aws.s3.s3_server import S3Server
        from mwaa.local_aws.server.aws_server import AwsServer

        self._quiet_libraries()
        port, s3_port = self._ports
        try:
            aws = AwsServer(port)
            self._stack.append(("aws socket", aws.close))
            s3 = S3Server(self.layout.s3, s3_port)
            self._stack.append(("s3 socket", s3.close))
            self.environment = _environment(aws.url, s3.url)
            self._load_state()
        finally:
            error = starting.join()
            if error is None:
                self._stack.insert(2, ("postgres", postgres.stop))
        if error is not None:
            raise error
        self._install_executors(postgres)
        s3.start()
        aws.start()

        from mwaa.local_aws.server.provisioning import provision

        provision(self.environment, postgres)
        self._warm_up()
        self._write_ready_file()

    def _warm_up(self) -> None:
        """With all buckets there: a Spark reads the buckets that it was started with."""
        from mwaa.local_aws.glue.glue_catalog import local_glue_backends
        from mwaa.local_aws.glue.glue_jobs import runner

        jobs = [job for _, _, backend in local_glue_backends().iter_backends() for job in backend.jobs.values()]
        if jobs:
            runner().keep_warm(jobs[0])

    def _load_state(self) -> None:
        from mwaa.local_aws import athena
        from mwaa.local_aws.server.service_table import backends_of

        store = state.StateStore(self.layout.aws, backends_of)
        self._stack.append(("forget state", _reset_backends))
        _reset_backends()
        athena.install(self.layout.s3, self.layout.scan_cache)
        store.start()
        self._stack.append(("state", store.stop))
        self._stack.append(("athena", athena.uninstall))

    def _install_executors(self, postgres: Postgres) -> None:
        from mwaa.local_aws.glue.glue_catalog import local_glue_backends
        from mwaa.local_aws.glue.glue_jobs import JobRunner, install_runner
        from mwaa.local_aws.glue.spark_process import SparkSettings
        from mwaa.local_aws.glue.warm_spark import WarmSpark
        from mwaa.local_aws.rds.rds_backend import LocalRdsBackend, RdsEngine, rds_backends
        from mwaa.local_aws.services import sns

        for _, _, backend in local_glue_backends().iter_backends():
            backend.fail_interrupted_runs()
        for _, _, rds in rds_backends.iter_backends():
            rds.fail_interrupted()
        warm = WarmSpark(self.layout, self.environment, self._driver_memory) if self._warm_spark else None
        settings = SparkSettings(self.layout, self.environment, self._driver_memory, warm)
        runner = JobRunner(settings, self._seconds_per_minute)
        install_runner(runner)
        self._stack.append(("glue jobs", lambda: install_runner(None)))
        self._stack.append(("glue runs", runner.close))
        engine = RdsEngine(postgres, self.layout)
        LocalRdsBackend.engine = engine
        self._stack.append(("rds threads", engine.close))
        sns.install_message_folder(self.layout.sns)
        self._stack.append(("sns", lambda: sns.install_message_folder(None)))

    def _lock_state_folder(self) -> None:
        lock = StateLock(self.layout.root)
        if not lock.acquire():
            raise EndpointError(
                f"{self.layout.root} is already served by process {lock.holder()}: use its endpoint.json, "
                f"or stop it with `python -m mwaa.local_aws stop --state {self.layout.root}`"
            )
        self._stack.append(("state folder lock", lock.release))
        # A killed predecessor's: nobody may take it for this one's.
        self.layout.ready_file.unlink(missing_ok=True)

    def _log_to_file(self) -> None:
        handler = logging.FileHandler(self.layout.log_file, delay=True)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        handler.setLevel(logging.WARNING)
        for name in ("mwaa.local_aws", "nanio", "uvicorn", "werkzeug"):
            logging.getLogger(name).addHandler(handler)
            self._stack.append(("log", lambda name=name: logging.getLogger(name).removeHandler(handler)))

    def _quiet_libraries(self) -> None:
        # An unknown action is the caller's to see, in the answer; none of these libraries may write to the console.
        logging.getLogger("mwaa.local_aws").propagate = False
        for name in ("werkzeug", "nanio", "uvicorn"):
            logging.getLogger(name).setLevel(logging.WARNING)
            logging.getLogger(name).propagate = False

    def _write_ready_file(self) -> None:
        content = json.dumps({"pid": os.getpid(), "environment": self.environment}, indent=1)
        partial = self.layout.ready_file.with_suffix(".partial")
        partial.write_text(content)
        partial.chmod(0o600)
        partial.replace(self.layout.ready_file)
        self._stack.append(("ready file", lambda: self.layout.ready_file.unlink(missing_ok=True)))


class _Background:
    """Runs a call on a thread; `join` gives the exception it raised, if any."""

    def __init__(self, call: Any) -> None:
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(call,), daemon=True)
        self._thread.start()

    def _run(self, call: Any) -> None:
        try:
            call()
        except BaseException as error:
            self._error = error

    def join(self) -> BaseException | None:
        self._thread.join()
        return self._error


def _environment(aws_url: str, s3_url: str) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": aws_url,
        "AWS_ENDPOINT_URL_S3": s3_url,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        # Without this, clients on a laptop look for an EC2 instance's credentials first.
        "AWS_EC2_METADATA_DISABLED": "true",
        # Clients that read Parquet on threads need it too (see mwaa/local_aws/__init__.py).
        "ARROW_DEFAULT_MEMORY_POOL": "system",
    }


def _reset_backends() -> None:
    from moto.core.base_backend import BackendDict

    BackendDict.reset()

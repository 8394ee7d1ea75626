"""The endpoint as one object: it starts every server, creates the declared resources, and stops everything again.

with LocalEndpoint(Path(".local"), provisioning=Path("provisioning.toml")) as endpoint:
    os.environ.update(endpoint.environment)   # for boto3, Airflow, PyAthena, awswrangler and the AWS CLI
"""

from __future__ import annotations

import json
import logging
import os
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

from mwaa.local_aws.errors import EndpointError, StateUnsavedError
from mwaa.local_aws.layout import REGION, StateLayout
from mwaa.local_aws.private_folder import write_private
from mwaa.local_aws.rds.postgres import Postgres
from mwaa.local_aws.server.lock import StateLock
from mwaa.local_aws.server.provisioning_file import read_provisioning
from mwaa.local_aws.services import moto_internals, state
from mwaa.local_aws.state_keys import StateKeys, open_keys

logger = logging.getLogger("mwaa.local_aws")

_started_in_this_process = threading.Lock()


class LocalEndpoint:
    """AWS services on 127.0.0.1 over one state folder; a context manager.

    A process can run one endpoint at a time (moto's state is in module globals), and a state folder can be served by
    one process at a time. `environment` is complete after the start.
    """

    def __init__(
        self,
        state_dir: Path | str,
        *,
        provisioning: Path | str | None = None,
        port: int = 0,
        s3_port: int = 0,
        driver_memory: str = "2g",
        warm_spark: bool = False,
        seconds_per_timeout_minute: float = 60.0,
        until_unused: bool = False,
    ) -> None:
        """Prepare an endpoint; `start` starts it.

        Args:
            state_dir: folder for everything that the endpoint stores.
            provisioning: TOML file of the resources to create; without one there are none.
            port: port for all services except S3; 0 picks a free one.
            s3_port: port for S3; 0 picks a free one.
            driver_memory: Java heap of a Glue run.
            warm_spark: have a Spark ready for the next Glue run; useful before several runs.
            seconds_per_timeout_minute: how long a minute of a Glue timeout is; tests make it shorter.
            until_unused: say in `endpoint.json` that the last user ends it.

        Raises:
            ProvisioningError: the provisioning file is missing or wrong.
        """
        self._resources = read_provisioning(provisioning)
        self._provisioning_folder = Path(provisioning or ".").resolve().parent
        self.layout = StateLayout.at(state_dir)
        self.environment: dict[str, str] = {}
        self._ports = (port, s3_port)
        self._driver_memory = driver_memory
        self._warm_spark = warm_spark
        self._seconds_per_minute = seconds_per_timeout_minute
        self._until_unused = until_unused
        self._stack: list[tuple[str, Any]] = []

    def __enter__(self) -> LocalEndpoint:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start everything and write `endpoint.json`.

        Raises:
            EndpointError: a port or the state folder is in use, or the saved state cannot be read.
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
        """Stop jobs and servers and save the state. A second call does nothing.

        Raises:
            StateUnsavedError: everything is stopped, and the last changes could not be saved.
        """
        unsaved: StateUnsavedError | None = None
        while self._stack:
            name, undo = self._stack.pop()
            try:
                undo()
            except StateUnsavedError as error:
                unsaved = error
            except Exception:
                logger.exception("stopping the endpoint: %s", name)
        if unsaved is not None:
            raise unsaved

    def client(self, service: str) -> Any:
        """Return a boto3 client of this endpoint; the process's own AWS settings play no part."""
        from mwaa.local_aws.server.provisioning import client_factory

        return client_factory(self.environment)(service)

    def skip_export_tables(self, *tables: str) -> None:
        """Make later exports skip these tables (`schema.table`) and still end COMPLETE; without any, export all."""
        self.layout.skipped_export_tables.write_text("\n".join(tables))

    def _start(self) -> None:
        self._lock_state_folder()
        self._log_to_file()
        keys = open_keys(self.layout.keys, self.layout.aws)
        postgres = Postgres(self.layout, keys.postgres_password)
        # PostgreSQL starts while Python imports moto: each takes about a second.
        starting = _Background(postgres.start)
        from mwaa.local_aws.request_signatures import SignatureCheck
        from mwaa.local_aws.s3.s3_server import S3Server
        from mwaa.local_aws.server.aws_server import AwsServer

        self._quiet_libraries()
        port, s3_port = self._ports
        try:
            signatures = SignatureCheck(keys.access_key, keys.secret_key)
            aws = AwsServer(signatures, port)
            self._stack.append(("aws socket", aws.close))
            s3 = S3Server(self.layout.s3, signatures, s3_port)
            self._stack.append(("s3 socket", s3.close))
            self.environment = _environment(aws.url, s3.url, keys)
            self._load_state(keys)
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

        provision(self.environment, postgres, self._resources, self._provisioning_folder)
        self._prepare_warm_spark()
        self._write_ready_file()

    def _prepare_warm_spark(self) -> None:
        """Start the warm Spark. The buckets must exist: a Spark can read only those that exist at its start."""
        from mwaa.local_aws.glue.glue_catalog import local_glue_backends
        from mwaa.local_aws.glue.glue_jobs import runner

        jobs = [job for _, _, backend in local_glue_backends().iter_backends() for job in backend.jobs.values()]
        if jobs:
            runner().prepare_warm_spark(jobs[0])

    def _load_state(self, keys: StateKeys) -> None:
        from mwaa.local_aws import athena
        from mwaa.local_aws.server.service_table import backends_of
        from mwaa.local_aws.services.state_files import StateFiles

        store = state.StateStore(StateFiles(self.layout.aws, keys, self.layout.keys), backends_of)
        self._stack.append(("reset state", moto_internals.reset_backends))
        moto_internals.reset_backends()
        self.layout.outdated_scan_cache.unlink(missing_ok=True)
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
        # A killed endpoint leaves this file; clients must not take its content for this endpoint's.
        self.layout.ready_file.unlink(missing_ok=True)

    def _log_to_file(self) -> None:
        handler = logging.FileHandler(self.layout.log_file, delay=True)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        handler.setLevel(logging.WARNING)
        for name in ("mwaa.local_aws", "nanio", "uvicorn", "werkzeug"):
            logging.getLogger(name).addHandler(handler)
            self._stack.append(("log", lambda name=name: logging.getLogger(name).removeHandler(handler)))

    def _quiet_libraries(self) -> None:
        # Callers see an unknown action in the answer; these libraries must not write to the console as well.
        logging.getLogger("mwaa.local_aws").propagate = False
        for name in ("werkzeug", "nanio", "uvicorn"):
            logging.getLogger(name).setLevel(logging.WARNING)
            logging.getLogger(name).propagate = False

    def _write_ready_file(self) -> None:
        content = {"pid": os.getpid(), "until_unused": self._until_unused, "environment": self.environment}
        write_private(self.layout.ready_file, json.dumps(content, indent=1).encode())
        self._stack.append(("ready file", lambda: self.layout.ready_file.unlink(missing_ok=True)))


class _Background:
    """Runs a call in a thread; `join` waits for it and returns the exception that it raised, if any."""

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


def _environment(aws_url: str, s3_url: str, keys: StateKeys) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": aws_url,
        "AWS_ENDPOINT_URL_S3": s3_url,
        "AWS_ACCESS_KEY_ID": keys.access_key,
        "AWS_SECRET_ACCESS_KEY": keys.secret_key,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        # Without this, clients first look for the credentials of an EC2 instance.
        "AWS_EC2_METADATA_DISABLED": "true",
        # Clients that read Parquet in threads need this too (see mwaa/local_aws/__init__.py).
        "ARROW_DEFAULT_MEMORY_POOL": "system",
    }

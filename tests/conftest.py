"""Fixtures that every test may use: one endpoint for the session, its clients and its source database."""

from __future__ import annotations

import atexit
import gc
import json
import logging
import os
import shutil
import tempfile

# Before anything imports pyarrow (see mwaa/local_aws/__init__.py).
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
# Before anything imports numpy: arrays are too small to share among threads (the jobs have the same setting).
os.environ.setdefault("OMP_NUM_THREADS", "1")
# A folder of this session's own for temporary files. PostgreSQL runs as another user where tests run as root and must
# get through to them; pytest's common folder is closed to other users again by every other session that starts.
if "PYTEST_DEBUG_TEMPROOT" not in os.environ:
    os.environ["PYTEST_DEBUG_TEMPROOT"] = tempfile.mkdtemp(prefix="business-insights-tests-")
    atexit.register(shutil.rmtree, os.environ["PYTEST_DEBUG_TEMPROOT"], ignore_errors=True)
# Before anything imports Airflow: its settings and logs belong to this session, not to the developer's home.
if "AIRFLOW_HOME" not in os.environ:
    os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="airflow-")
    atexit.register(shutil.rmtree, os.environ["AIRFLOW_HOME"], ignore_errors=True)

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from xdist.scheduler import LoadScopeScheduling

from mwaa.local_aws.server.endpoint import LocalEndpoint
from mwaa.local_runner.environment import PROVISIONING
from tests.streamlit_dashboard.browser.chromium import say_not_run

# It logs each connection that it closes; the last ones after pytest has closed its streams.
logging.getLogger("py4j").setLevel(logging.WARNING)


class FolderScheduling(LoadScopeScheduling):
    """Run a folder's tests in one process: they share an endpoint, a Spark, and pipeline runs that build on each other.

    (`--dist loadgroup` would do the same, but it loses its group names with pytest 9.2.)
    """

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.split("::")[0].rpartition("/")[0]


def pytest_unconfigure() -> None:
    """Return what the dashboards have loaded to the garbage collector, from which they exclude it.

    Otherwise DuckDB's binding reports objects that were never freed, after pytest's summary.
    """
    gc.unfreeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end which browser tests could not run."""
    say_not_run(terminalreporter)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FolderScheduling:
    """Distribute the tests for `-n 2`."""
    return FolderScheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the longest folders first, while the other process runs the rest."""
    longest = ["integration", "scheduler", "operations", "faults", "upkeep"]
    items.sort(key=lambda item: [item.path.parent.name != name for name in longest])


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalEndpoint]:
    """Start an endpoint with the project's resources; its environment is set in this process for the session."""
    with pytest.MonkeyPatch.context() as patch:
        for inherited in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
            patch.delenv(inherited, raising=False)
        # Glue counts timeouts in minutes; here a minute has three seconds.
        with LocalEndpoint(
            tmp_path_factory.mktemp("endpoint"), provisioning=PROVISIONING, seconds_per_timeout_minute=3.0
        ) as running:
            for name, value in running.environment.items():
                patch.setenv(name, value)
            yield running


@pytest.fixture(scope="session")
def aws(endpoint: LocalEndpoint) -> Callable[[str], Any]:
    """Return a function that returns boto3 clients of the endpoint: `aws("glue")`."""
    from mwaa.local_aws.server.provisioning import client_factory

    return client_factory(endpoint.environment)


@pytest.fixture
def database(aws: Callable[[str], Any]) -> Iterator[psycopg.Connection]:
    """Connect to the source database as the secret says; tables that a test creates are dropped after it."""
    found = aws("secretsmanager").get_secret_value(SecretId="business-insights/source-database")
    secret = json.loads(found["SecretString"])
    with psycopg.connect(
        host=secret["host"],
        port=secret["port"],
        user=secret["username"],
        password=secret["password"],
        dbname=secret["dbname"],
        autocommit=True,
    ) as connection:
        before = _tables(connection)
        yield connection
        for table in _tables(connection) - before:
            connection.execute(f'DROP TABLE "{table}"')


def _tables(connection: psycopg.Connection) -> set[str]:
    rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return {name for (name,) in rows}

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
# Before anything imports numpy, as for the jobs: threads for arrays this small wait for each other.
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
from tests.streamlit_dashboard.browser.chromium import say_not_run

# It speaks of each connection it closes, the last ones when pytest has said its summary and closed its streams.
logging.getLogger("py4j").setLevel(logging.WARNING)


class FolderScheduling(LoadScopeScheduling):
    """A folder's tests stay in one process: they share an endpoint, a Spark, a pipeline whose runs build on each other.

    (`--dist loadgroup` would say the same, but its group names get lost with pytest 9.2.)
    """

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.split("::")[0].rpartition("/")[0]


def pytest_unconfigure() -> None:
    """The dashboards take what they have loaded out of the garbage collector's sight. Back into it, or DuckDB's binding
    complains of what is left, after pytest has said its summary."""
    gc.unfreeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end which browser tests could not run."""
    say_not_run(terminalreporter)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FolderScheduling:
    """How `-n 2` shares the tests out."""
    return FolderScheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest folder first, so that the other process has the rest to do beside it."""
    items.sort(key=lambda item: item.path.parent.name != "integration")


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalEndpoint]:
    """A started, provisioned endpoint; its environment is this process's for the session."""
    with pytest.MonkeyPatch.context() as patch:
        for inherited in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
            patch.delenv(inherited, raising=False)
        # A Glue timeout counts minutes; here a minute is three seconds.
        with LocalEndpoint(tmp_path_factory.mktemp("endpoint"), seconds_per_timeout_minute=3.0) as running:
            for name, value in running.environment.items():
                patch.setenv(name, value)
            yield running


@pytest.fixture(scope="session")
def aws(endpoint: LocalEndpoint) -> Callable[[str], Any]:
    """`aws("glue")` gives a boto3 client of the endpoint; clients are made once."""
    from mwaa.local_aws.server.provisioning import client_factory

    return client_factory(endpoint.environment)


@pytest.fixture
def database(aws: Callable[[str], Any]) -> Iterator[psycopg.Connection]:
    """A connection as the secret describes it, to an empty schema; what a test creates is dropped afterwards."""
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

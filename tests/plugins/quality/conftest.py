"""A small stand-in for each side of an audit: candidates in SQLite, or in the laptop endpoint's Athena."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest

from mwaa.local_runner.environment import PROVISIONING
from tests.dags.gold.harness import Lake
from tests.plugins.quality.samples import QUERY, SqliteSettings, gold_lake
from tests.plugins.quality.score_reports import report_rows

ROOT = Path(__file__).resolve().parents[3]
START_SECONDS = 120


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The laptop endpoint in a process of its own; the value is the environment that leads clients to it."""
    state = tmp_path_factory.mktemp("endpoint")
    command = [sys.executable, "-m", "mwaa.local_aws", "serve", "--state", str(state)]
    command += ["--provisioning", str(PROVISIONING)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not (ready := state / "endpoint.json").exists():
            assert process.poll() is None, f"the endpoint ended with code {process.returncode}; its log is in {state}"
            assert time.monotonic() < deadline, f"the endpoint was not ready after {START_SECONDS} s"
            time.sleep(0.05)
        yield json.loads(ready.read_text())["environment"]
    finally:
        process.terminate()
        process.wait(timeout=60)


@pytest.fixture
def session(endpoint: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """boto3 session on the endpoint; the test's own environment leads there too."""
    for name, value in endpoint.items():
        monkeypatch.setenv(name, value)
    return boto3.session.Session(region_name="us-east-1")


@pytest.fixture(scope="session")
def gold() -> Lake:
    """Silver rows, every gold table built from them and what the scores job reports, in DuckDB."""
    made = gold_lake()
    for name, rows in report_rows().items():
        made.insert(name, rows)
    return made


@pytest.fixture
def settings(orders: SqliteSettings, lake_bucket: str, published: str) -> SqliteSettings:
    """`orders` with a lake bucket and a published database to write to."""
    return replace(
        orders,
        published_database=published,
        operations_database=published,
        results_uri=f"s3://{lake_bucket}/athena-results/",
        quality_uri=f"s3://{lake_bucket}/quality/",
        ops_uri=f"s3://{lake_bucket}/ops/",
    )


@pytest.fixture
def orders(tmp_path: Path) -> SqliteSettings:
    """Settings whose build database holds the table `orders`: ids 0–9, two amounts negative, one status odd."""
    file = tmp_path / "build.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE orders (id INTEGER, amount INTEGER, status TEXT)")
        connection.executemany(
            "INSERT INTO orders VALUES (?, ?, ?)",
            [(i, -i if i in (3, 7) else i, "odd" if i == 5 else "paid") for i in range(10)],
        )
    connection.close()
    return SqliteSettings(
        region="us-east-1",
        build_database="build",
        published_database="published",
        operations_database="published",
        workgroup="read",
        results_uri="s3://lake/athena-results/",
        quality_uri="s3://lake/quality/",
        ops_uri="s3://lake/ops/",
        suites_folder=tmp_path / "expectations",
        file=file,
    )


@pytest.fixture
def write_suite(orders: SqliteSettings) -> Callable[..., Path]:
    """Writes the suite of `orders` and the queries of its rules: `write_suite(rule(…), sql_rule(…), about="…")`."""

    def write(*rules: Any, file: str = "orders", **fields: Any) -> Path:
        path = orders.suites_folder / "silver" / f"{file}.json"
        queries = path.with_suffix("")
        shutil.rmtree(queries, ignore_errors=True)
        queries.mkdir(parents=True)
        stated = [dict(rule) for rule in rules]
        for rule in stated:
            if QUERY in rule:
                (queries / f"{rule['sql']}.sql").write_text(rule.pop(QUERY))
        document = {"about": "Orders.", "key": ["id"], "fix": "data engineer: fix the orders", "rules": stated}
        path.write_text(json.dumps(document | fields))
        return path

    return write

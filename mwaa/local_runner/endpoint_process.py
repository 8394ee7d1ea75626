"""The local endpoint as a process: use the one that serves the state folder, or start one and stop it afterwards."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from mwaa.local_aws.server.lock import is_served
from mwaa.local_runner.environment import PROVISIONING, REPOSITORY, LocalRunError, State

START_SECONDS = 60


def running(state: State) -> dict[str, str] | None:
    """Return the environment of the endpoint that serves this state, or None when there is none."""
    # The lock says whether it runs: an endpoint that was killed leaves its file.
    if not is_served(state.root) or not state.endpoint_file.exists():
        return None
    return json.loads(state.endpoint_file.read_text())["environment"]


@contextmanager
def endpoint(state: State, *options: str) -> Iterator[dict[str, str]]:
    """Return the environment with which AWS clients use the endpoint.

    If no endpoint runs, one is started with these options of `mwaa.local_aws serve`, and stopped after the block.
    """
    joined = running(state)
    if joined is not None:
        yield joined
        return
    state.logs.mkdir(parents=True, exist_ok=True)
    with (state.logs / "endpoint.log").open("ab") as log:
        process = _start(state, log, options)
        try:
            yield _wait_ready(state, process)
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _start(state: State, log: IO[bytes], options: tuple[str, ...]) -> subprocess.Popen[Any]:
    command = [sys.executable, "-m", "mwaa.local_aws", "serve", "--state", str(state.root)]
    return subprocess.Popen(
        [*command, "--provisioning", str(PROVISIONING), *options],
        cwd=REPOSITORY,
        stdout=log,
        stderr=log,
        # Ctrl-C at the terminal is for the run, which then stops the endpoint.
        start_new_session=True,
    )


def _wait_ready(state: State, process: subprocess.Popen[Any]) -> dict[str, str]:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        environment = running(state)
        if environment is not None:
            return environment
        if process.poll() is not None:
            break
        time.sleep(0.05)
    lines = (state.logs / "endpoint.log").read_text(errors="replace").strip().splitlines()
    raise LocalRunError(
        f"the local endpoint did not start: {lines[-1] if lines else 'it printed nothing'} "
        f"(log: {state.logs / 'endpoint.log'})"
    )

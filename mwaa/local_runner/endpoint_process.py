"""The laptop endpoint as a process beside this one: joined when it runs already, started and stopped when not."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from mwaa.local_aws.server.lock import is_served
from mwaa.local_runner.environment import REPOSITORY, LaptopError, State

START_SECONDS = 60


def running(state: State) -> dict[str, str] | None:
    """Environment of an endpoint that serves this state already, None where there is none."""
    # The lock says whether it lives: the file outlasts an endpoint that was killed.
    if not is_served(state.root) or not state.endpoint_file.exists():
        return None
    return json.loads(state.endpoint_file.read_text())["environment"]


@contextmanager
def endpoint(state: State, *options: str) -> Iterator[dict[str, str]]:
    """The environment that makes AWS clients talk to the endpoint; what was started here, with these options of
    `mwaa.local_aws serve`, ends here."""
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
    return subprocess.Popen(
        [sys.executable, "-m", "mwaa.local_aws", "serve", "--state", str(state.root), *options],
        cwd=REPOSITORY,
        stdout=log,
        stderr=log,
        # A Ctrl-C at the terminal is for the run; the endpoint is stopped after it, in order.
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
    raise LaptopError(
        f"the laptop endpoint did not start: {lines[-1] if lines else 'it said nothing'} "
        f"(log: {state.logs / 'endpoint.log'})"
    )

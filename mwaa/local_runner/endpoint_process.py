"""The local endpoint as a process: use the one that serves the state folder, or start one. Its last user ends it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from mwaa.local_aws.server.lock import StateLock, is_served
from mwaa.local_aws.server.users import Membership
from mwaa.local_runner.environment import PROVISIONING, REPOSITORY, LocalRunError, State
from mwaa.local_runner.ownership import close_in_forks

START_SECONDS = 60
STOP_SECONDS = 30


def running(state: State) -> dict[str, str] | None:
    """Return the environment of the endpoint that serves this state, or None when there is none.

    Raises:
        LocalRunError: one runs, and its file cannot be read.
    """
    content = _ready_content(state)
    return None if content is None else content["environment"]


@contextmanager
def endpoint(state: State, *options: str) -> Iterator[dict[str, str]]:
    """Return the environment with which AWS clients use the endpoint.

    If no endpoint runs, one is started with these options of `mwaa.local_aws serve`. It runs until its last user has
    left, whoever started it, and also when users were killed.

    Raises:
        LocalRunError: it does not start, or could not save its state at the end.
    """
    state.create()
    membership = Membership(state.root)
    close_in_forks(membership.descriptor)
    process: subprocess.Popen[Any] | None = None
    log_start = 0
    try:
        joined = running(state)
        if joined is None:
            state.logs.mkdir(parents=True, exist_ok=True)
            with (state.logs / "endpoint.log").open("ab") as log:
                log_start = log.tell()
                process = _start(state, log, options)
            joined = _wait_ready(state, process, log_start)
            if StateLock(state.root).holder() != str(process.pid):
                process.wait()  # another command started one at the same time, which this one uses
                process = None
        yield joined
    finally:
        _leave(state, membership, process)
    if process is not None and process.returncode:
        raise LocalRunError(f"the local endpoint ended with an error: {_last_line(state, log_start)}")


def _ready_content(state: State) -> dict[str, Any] | None:
    # The lock says whether it runs: an endpoint that was killed leaves its file.
    if not is_served(state.root) or not state.endpoint_file.exists():
        return None
    try:
        content: dict[str, Any] = json.loads(state.endpoint_file.read_text())
        if int(content["pid"]) != int(StateLock(state.root).holder()):
            return None  # the file of an endpoint that was killed; the one that runs has not written its own yet
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError) as error:
        raise LocalRunError(
            f"{state.endpoint_file} cannot be read ({type(error).__name__}: {error}) while process "
            f"{StateLock(state.root).holder()} serves {state.root}: end that process with `kill`, then run again"
        ) from error
    return content


def _start(state: State, log: IO[bytes], options: tuple[str, ...]) -> subprocess.Popen[Any]:
    command = [sys.executable, "-m", "mwaa.local_aws", "serve", "--until-unused", "--state", str(state.root)]
    return subprocess.Popen(
        [*command, "--provisioning", str(PROVISIONING), *options],
        cwd=REPOSITORY,
        stdout=log,
        stderr=log,
        # Ctrl-C at the terminal is for this command, which then leaves the endpoint.
        start_new_session=True,
    )


def _wait_ready(state: State, process: subprocess.Popen[Any], log_start: int) -> dict[str, str]:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        environment = running(state)
        if environment is not None:
            return environment
        # Of two commands that start one at the same time, the second finds the state served, and joins.
        if process.poll() is not None and not is_served(state.root):
            break
        time.sleep(0.05)
    raise LocalRunError(
        f"the local endpoint did not start: {_last_line(state, log_start)} (log: {state.logs / 'endpoint.log'})"
    )


def _last_line(state: State, log_start: int) -> str:
    with (state.logs / "endpoint.log").open("rb") as log:
        log.seek(log_start)
        lines = log.read().decode("utf-8", "replace").strip().splitlines()
    return lines[-1].removeprefix("error: ") if lines else "it printed nothing"


def _leave(state: State, membership: Membership, process: subprocess.Popen[Any] | None) -> None:
    """Leave; the last user waits for the endpoint's end, so that the state is complete when the command ends."""
    try:
        if membership.is_last():
            _stop(state, process)
        elif membership.is_closing():
            _wait_for_end(state, process)
    finally:
        membership.leave()


def _stop(state: State, process: subprocess.Popen[Any] | None) -> None:
    content = _ready_content(state)
    if content is not None and content.get("until_unused"):
        os.kill(int(content["pid"]), signal.SIGTERM)
    elif process is not None:
        process.terminate()
    else:
        return  # somebody serves it by hand
    _wait_for_end(state, process)


def _wait_for_end(state: State, process: subprocess.Popen[Any] | None) -> None:
    deadline = time.monotonic() + STOP_SECONDS
    while is_served(state.root) and time.monotonic() < deadline:
        if process is not None:
            process.poll()
        time.sleep(0.02)
    if is_served(state.root):
        os.kill(int(StateLock(state.root).holder()), signal.SIGKILL)
    if process is not None:
        process.wait()

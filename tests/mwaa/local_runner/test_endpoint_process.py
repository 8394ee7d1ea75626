"""An endpoint serves until its last user has left, whoever started it and however the users end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mwaa.local_aws.server.lock import StateLock, is_served
from mwaa.local_runner.environment import REPOSITORY
from tests.mwaa.local_runner.commands import one_error, run_command, wait_until

USER = """
import sys
from pathlib import Path
from mwaa.local_runner.endpoint_process import endpoint
from mwaa.local_runner.environment import State
with endpoint(State(Path(sys.argv[1]))) as environment:
    print(environment["AWS_ENDPOINT_URL"], flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "state").mkdir(mode=0o700)
    yield tmp_path / "state"
    if is_served(tmp_path / "state"):
        os.kill(int(StateLock(tmp_path / "state").holder()), signal.SIGKILL)


def user(state: Path) -> subprocess.Popen[str]:
    """Start a user; it stays until its input is closed."""
    return subprocess.Popen(
        [sys.executable, "-c", USER, str(state)],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def leave(process: subprocess.Popen[str]) -> None:
    process.communicate(timeout=60)
    assert process.returncode == 0


def test_an_endpoint_outlives_its_starter_while_others_use_it(state: Path) -> None:
    starter, joined = user(state), None
    try:
        first = address(starter)
        joined = user(state)
        assert address(joined) == first
        pid = StateLock(state).holder()
        leave(starter)
        assert StateLock(state).holder() == pid
        late = user(state)
        assert address(late) == first
        joined.kill()
        joined.wait()
        leave(late)
        # The last user waits for the end, so that the state can be copied or deleted.
        assert not is_served(state)
    finally:
        for process in (starter, joined):
            if process is not None:
                process.kill()


def test_an_endpoint_ends_when_its_only_user_is_killed(state: Path) -> None:
    only = user(state)
    address(only)
    only.kill()
    only.wait()
    wait_until(lambda: not is_served(state), 60)


def test_two_users_that_start_at_once_share_one_endpoint(state: Path) -> None:
    both = [user(state), user(state)]
    assert len({address(process) for process in both}) == 1
    for process in both:
        leave(process)
    assert not is_served(state)


@pytest.mark.parametrize(
    ("damage", "cause"),
    [
        (lambda aws: (aws / "glue.pickle").write_bytes((aws / "glue.pickle").read_bytes()[:500]), "glue.pickle is cut"),
        (lambda aws: (aws / "glue.pickle").unlink(), "glue.pickle is missing"),
        (lambda aws: (aws.parent / "endpoint.key").write_bytes(b"{"), "endpoint.key cannot be read"),
        (lambda aws: (aws.parent / "endpoint.key").unlink(), "endpoint.key is missing"),
    ],
    ids=["cut off", "missing", "key cut off", "key missing"],
)
def test_damaged_state_is_one_line_and_nothing_is_overwritten(state: Path, damage: Any, cause: str) -> None:
    leave_after_start(state)
    damage(state / "aws")
    before = {path.name: path.read_bytes() for path in (state / "aws").iterdir()}
    line = one_error(run_command(state, "query", "select 1"))
    assert cause in line and "restore" in line
    assert {path.name: path.read_bytes() for path in (state / "aws").iterdir()} == before


def leave_after_start(state: Path) -> None:
    process = user(state)
    address(process)
    leave(process)


def test_an_unreadable_ready_file_names_the_process(state: Path) -> None:
    process = user(state)
    address(process)
    ready = state / "endpoint.json"
    content = ready.read_text()
    ready.write_text(content[:30])
    try:
        line = one_error(run_command(state, "query", "select 1"))
        assert f"{ready} cannot be read" in line
        assert f"process {json.loads(content)['pid']} serves" in line
    finally:
        ready.write_text(content)
        leave(process)


def test_state_that_could_not_be_saved_is_an_error_of_the_command(state: Path) -> None:
    leave_after_start(state)
    process = user(state)
    address(process)
    before = (state / "aws" / "glue.pickle").read_bytes()
    (state / "aws").rename(state / "elsewhere")
    process.communicate(timeout=60)
    assert process.returncode == 1
    log = (state / "logs" / "endpoint.log").read_text()
    line = log.strip().splitlines()[-1]
    assert line.startswith("error: the last changes of glue, ")
    assert f"could not be saved in {state / 'aws' / 'glue.pickle'} (No such file or directory): free space" in line
    assert (state / "elsewhere" / "glue.pickle").read_bytes() == before

"""One run or one Airflow at a time works on a state; the message says what holds it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mwaa.local_runner.environment import REPOSITORY, LocalRunError, State
from mwaa.local_runner.exclusive import exclusive
from tests.mwaa.local_runner.commands import one_error, run_command

HOLDER = """
import sys
from pathlib import Path
from mwaa.local_runner.environment import State
from mwaa.local_runner.exclusive import exclusive
with exclusive(State(Path(sys.argv[1])), sys.argv[2]):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(state: Path, command: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(state), command],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


@pytest.mark.parametrize("first", ["make run", "make airflow"])
@pytest.mark.parametrize("second", ["run", "airflow"])
def test_a_second_command_is_refused_and_names_the_first(tmp_path: Path, first: str, second: str) -> None:
    tmp_path.chmod(0o700)
    process = holder(tmp_path, first)
    try:
        line = one_error(run_command(tmp_path, second))
    finally:
        process.kill()
        process.wait()
    assert re.match(
        rf"`make {second}` cannot start: `{first}` \(process {process.pid}, since \d{{4}}-\d\d-\d\d .*\) already works "
        rf"on {tmp_path}; wait for its end, or end it with `kill {process.pid}`",
        line,
    )
    # The system has released what the killed process held.
    with exclusive(State(tmp_path), "make run"):
        pass


def test_queries_join_a_state_that_is_held(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    process = holder(tmp_path, "make run")
    try:
        done = run_command(tmp_path, "query", "select 1 as one")
    finally:
        process.kill()
        process.wait()
    assert (done.returncode, done.stdout) == (0, "one\n1\n")


def test_a_holder_without_a_name_is_refused_too(tmp_path: Path) -> None:
    with exclusive(State(tmp_path), "make run"):
        (tmp_path / "command.lock").write_bytes(b"")
        with (
            pytest.raises(LocalRunError, match="another command already works on"),
            exclusive(State(tmp_path), "make airflow"),
        ):
            pass

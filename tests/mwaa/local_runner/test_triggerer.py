"""The triggerer of a deferrable run: it ends with the run, and a run does not wait for one that has ended."""

import os
import signal
import subprocess
import sys
import time

import pytest

from mwaa.local_runner import triggerer as module
from mwaa.local_runner.environment import REPOSITORY, LocalRunError, State
from mwaa.local_runner.triggerer import triggerer

RUN = """
import os, sys, time
from pathlib import Path
from mwaa.local_runner import triggerer
from mwaa.local_runner.environment import State
start = triggerer.subprocess.Popen
def starting(*arguments, **options):
    process = start(*arguments, **options)
    print(process.pid, flush=True)
    return process
triggerer.subprocess.Popen = starting
with triggerer.triggerer(State(Path(sys.argv[1]))):
    time.sleep(60)
"""


def is_alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def await_end(pid: int) -> None:
    until = time.monotonic() + 30
    while is_alive(pid):
        assert time.monotonic() < until, f"process {pid} runs on"
        time.sleep(0.05)


@pytest.fixture
def started(monkeypatch) -> list[subprocess.Popen]:
    """The triggerers that a test starts."""
    found = []
    start = subprocess.Popen
    monkeypatch.setattr(module.subprocess, "Popen", lambda *a, **k: found.append(start(*a, **k)) or found[-1])
    return found


def test_it_ends_with_the_block(tmp_path, started):
    with triggerer(State(tmp_path)) as check:
        check()
    assert not is_alive(started[0].pid)


def test_a_run_does_not_wait_for_a_triggerer_that_has_ended(tmp_path, started):
    with triggerer(State(tmp_path)) as check:
        os.killpg(started[0].pid, signal.SIGKILL)
        started[0].wait()
        with pytest.raises(LocalRunError, match=r"triggerer ended with code -9.*triggerer\.log, then run again"):
            check()


def test_it_ends_when_the_run_is_killed(tmp_path):
    run = subprocess.Popen(
        [sys.executable, "-c", RUN, str(tmp_path)], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )
    assert run.stdout is not None
    pid = int(run.stdout.readline())
    run.kill()
    run.wait()
    run.stdout.close()
    await_end(pid)

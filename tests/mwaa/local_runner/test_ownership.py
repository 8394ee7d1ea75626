"""A command that is killed leaves no process: not the endpoint, PostgreSQL, Spark or the workers."""

from __future__ import annotations

import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mwaa.local_aws.server.lock import is_served
from mwaa.local_runner.environment import REPOSITORY
from tests.mwaa.local_runner.commands import Descendants, runner, wait_until


@pytest.fixture
def descendants(tmp_path: Path) -> Iterator[Descendants]:
    started = Descendants(tmp_path / "state")
    yield started
    started.kill()


@pytest.mark.parametrize("killed", ["the runner", "make"])
def test_a_killed_run_leaves_no_process(killed: str, descendants: Descendants, tmp_path: Path) -> None:
    words = runner(descendants.state, "--end-with-parent", "run")
    if killed == "make":
        # As make does: a process that waits for the runner. (`true` keeps the shell from becoming the runner.)
        words = ["sh", "-c", f"{shlex.join(words)}; true"]
    process = descendants.start(words, tmp_path / "output")
    # By then everything runs: endpoint, PostgreSQL, a warm Spark and the workers.
    wait_until(lambda: "extract" in (tmp_path / "output").read_text() or process.poll() is not None)
    commands = " ".join(wait_until(lambda: len(descendants.alive()) >= 9 and descendants.alive()).values())
    assert all(part in commands for part in ("mwaa.local_aws serve", "bin/postgres", "spark_gateway", "java"))
    process.send_signal(signal.SIGKILL)
    process.wait()
    wait_until(lambda: not descendants.alive(), 60)
    assert not is_served(descendants.state)


def test_a_killed_airflow_leaves_no_process(descendants: Descendants, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    process = descendants.start(runner(descendants.state, "airflow", "--port", port), tmp_path / "output")
    wait_until(lambda: "Airflow  http" in (tmp_path / "output").read_text() or process.poll() is not None)
    commands = " ".join(descendants.alive().values())
    assert all(part in commands for part in ("airflow scheduler", "airflow triggerer", "mwaa.local_aws serve"))
    process.send_signal(signal.SIGKILL)
    process.wait()
    wait_until(lambda: not descendants.alive(), 60)


def test_a_killed_endpoint_takes_its_processes_along(descendants: Descendants, tmp_path: Path) -> None:
    process = descendants.start([sys.executable, "-c", GUARDED_CHILD], tmp_path / "output")
    wait_until(lambda: "ready" in (tmp_path / "output").read_text())
    assert sum(command.startswith("sleep 1000") for command in descendants.alive().values()) == 1
    process.send_signal(signal.SIGKILL)
    process.wait()
    wait_until(lambda: not descendants.alive(), 30)


GUARDED_CHILD = """
import subprocess, time
from mwaa.local_aws.process_guard import guard
ended = subprocess.Popen(["sleep", "0"], start_new_session=True)
guard.add(ended.pid)
ended.wait()
guard.remove(ended.pid)
child = subprocess.Popen(["sh", "-c", "sleep 1000 & wait"], start_new_session=True)
guard.add(child.pid)
time.sleep(0.5)
print("ready", flush=True)
time.sleep(1000)
"""


FORKS = """
import os
from mwaa.local_runner import ownership
ownership.forks_end_with_this_process()
if os.fork() == 0:
    # In a worker: the number of the pipe's closed end goes to the next file that is opened.
    opened = os.open(os.devnull, os.O_RDONLY)
    if os.fork() == 0:
        os.fstat(opened)
        print("still open", flush=True)
        os._exit(0)
    os.wait()
    os._exit(0)
os.wait()
"""


def test_a_fork_of_a_fork_keeps_the_files_that_were_opened_between() -> None:
    done = subprocess.run([sys.executable, "-c", FORKS], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout == "still open\n", done.stderr

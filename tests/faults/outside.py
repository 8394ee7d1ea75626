"""Faults from outside of the tasks: Spark, the run, the database or the endpoint is killed or restarted."""

from __future__ import annotations

import json
import os
import pwd
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from mwaa.local_aws.rds.pgserver_internals import binaries
from mwaa.local_aws.server.lock import StateLock, is_served
from mwaa.local_runner.environment import PROVISIONING, REPOSITORY
from tests.faults.lab import Playing

JOBS = {"bronze.build": "bronze", "silver.build": "silver", "scores.build": "customer_scores"}
"""The tasks that run a Glue job, with the name of its script."""


def kill_spark(happened: list[str], kills_each: int = 2) -> Callable[[Playing], None]:
    """Kill the Java of each Glue job while it runs, in its first tries."""

    def meanwhile(playing: Playing) -> None:
        for task in JOBS:
            for number in range(1, kills_each + 1):
                started = playing.wait_for(lambda task=task, number=number: _starts(playing, task) >= number)  # type: ignore[misc]
                if not started:
                    return
                while _ends(playing, task) < number and playing.process.poll() is None:
                    # A job that is a second or two old has begun to read or to write. It may have waited for its Java.
                    time.sleep(1.0 * number)
                    for pid in spark_processes(playing.state.root):
                        _kill(pid)
                if _ends(playing, task, "success"):
                    break
                happened.append(f"{task} try {number}: Spark was killed")

    return meanwhile


def spark_processes(state: Path) -> list[int]:
    """Return the Java processes of a state's Spark."""
    return [pid for pid, words in processes(state) if Path(words[0]).name == "java"]


def processes(state: Path) -> list[tuple[int, list[str]]]:
    """Return the processes whose command, folder or environment names the state: id and words of the command."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        try:
            command, environment = (folder / "cmdline").read_bytes(), (folder / "environ").read_bytes()
            where = os.fsencode(os.readlink(folder / "cwd"))
        except OSError:
            continue
        words = command.decode("utf-8", "replace").split("\0")
        if words[0] and any(os.fsencode(state) in about for about in (command, environment, where)):
            found.append((int(folder.name), words))
    return found


def kill_run(happened: list[str], seed: int, times: int = 3) -> Callable[[Playing], None]:
    """Kill the process of the run at random moments, with its workers, and start the same run again each time."""

    def meanwhile(playing: Playing) -> None:
        chance = random.Random(seed)
        for number in range(times):
            before = len(playing.events())
            tasks = chance.randint(20, 120)
            if not playing.wait_for(lambda before=before, tasks=tasks: len(playing.events()) >= before + tasks):  # type: ignore[misc]
                return
            last = playing.events()[-1].split(" ", 3)[2]
            os.killpg(playing.process.pid, signal.SIGKILL)
            playing.process.wait()
            happened.append(f"the run was killed, kill {number + 1}, at {last}")
            playing.start()

    return meanwhile


def restart_database(happened: list[str], tasks: tuple[str, ...]) -> Callable[[Playing], None]:
    """Restart PostgreSQL at once, without a shutdown of its sessions, when each of the tasks begins."""

    def meanwhile(playing: Playing) -> None:
        for task in tasks:
            if not playing.wait_for(lambda task=task: _starts(playing, task)):  # type: ignore[misc]
                return
            restart_postgres(playing.state.root / "postgres")
            happened.append(f"{task}: the database was restarted")

    return meanwhile


def restart_postgres(data: Path) -> None:
    """Restart the server of a data folder as after a crash, with the options that it was started with."""
    owner = pwd.getpwuid(data.stat().st_uid)
    # The state is open to the group of this user only.
    account = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    words = [str(binaries() / "pg_ctl"), "restart", "-D", str(data), "-m", "immediate", "-w"]
    with (data.parent / "logs" / "restart.log").open("ab") as log:
        subprocess.run(
            [*words, "-l", str(data / "server.log")],
            check=True,
            stdout=log,
            stderr=log,
            cwd="/",
            **account,
        )


def restart_endpoint(
    happened: list[str], sign: signal.Signals, after_tasks: tuple[int, ...]
) -> Callable[[Playing], None]:
    """Stop or kill the endpoint when so many tasks have changed, and start it again on its ports."""

    def meanwhile(playing: Playing) -> None:
        for count in after_tasks:
            if not playing.wait_for(lambda count=count: len(playing.events()) >= count):  # type: ignore[misc]
                return
            state = playing.state
            environment = json.loads(state.endpoint_file.read_text())["environment"]
            ports = [urlsplit(environment[name]).port for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3")]
            os.kill(endpoint_pid(state.root), sign)
            while is_served(state.root):
                time.sleep(0.05)
            words = ["serve", "--until-unused", "--warm-spark", "--state", str(state.root), "--provisioning"]
            words += [str(PROVISIONING), "--port", str(ports[0]), "--s3-port", str(ports[1])]
            with (state.logs / "endpoint.log").open("ab") as log:
                subprocess.Popen(
                    [sys.executable, "-m", "mwaa.local_aws", *words],
                    cwd=REPOSITORY, stdout=log, stderr=log, start_new_session=True,
                )  # fmt: skip
            while not state.endpoint_file.exists():
                time.sleep(0.05)
            happened.append(f"the endpoint got {sign.name} after {count} changes of tasks")

    return meanwhile


def endpoint_pid(state: Path) -> int:
    """Return the process that serves a state."""
    return int(StateLock(state).holder())


def _starts(playing: Playing, task: str) -> int:
    return sum(1 for line in playing.events() if line.split(" ", 3)[1:3] == ["running", task])


def _ends(playing: Playing, task: str, *states: str) -> int:
    wanted = states or ("success", "failed")
    return sum(1 for line in playing.events() if line.split(" ", 3)[2] == task and line.split(" ", 3)[1] in wanted)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return

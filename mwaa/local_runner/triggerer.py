"""Airflow's triggerer beside a deferrable run: it waits for what the tasks started, as on MWAA.

It is a process of its own, started after the workers, and ends with the run's process, however that ends: it reads
its standard input, which then closes.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from mwaa.local_runner.environment import REPOSITORY, LocalRunError, State

LOG = "triggerer.log"


@contextmanager
def triggerer(state: State) -> Iterator[Callable[[], None]]:
    """Run the triggerer while the block runs. Return a function that raises LocalRunError when it has ended."""
    state.logs.mkdir(parents=True, exist_ok=True)
    with (state.logs / LOG).open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "mwaa.local_runner.triggerer"],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            # It starts a process of its own for the triggers; both get the signals of this group.
            start_new_session=True,
        )

    def check() -> None:
        if process.poll() is not None:
            raise LocalRunError(
                f"Airflow's triggerer ended with code {process.returncode}, so deferred tasks would wait for ever; "
                f"see {state.logs / LOG}, then run again"
            )

    try:
        yield check
    finally:
        _end(process)


def _end(process: subprocess.Popen[Any]) -> None:
    # The run has ended, so no trigger is of use any more. Asked politely, the triggerer takes ten seconds.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdin:
        process.stdin.close()


def _end_with_parent() -> None:
    # Not through sys.stdin: its lock, held at the interpreter's end, is a fatal error.
    os.read(0, 1)
    os.killpg(os.getpgrp(), signal.SIGKILL)


def main() -> None:
    """Serve until the process that started this one ends."""
    # Before the slow import: the other process may end meanwhile.
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from airflow.__main__ import main as airflow

    sys.argv = ["airflow", "triggerer", "--skip-serve-logs"]
    airflow()


if __name__ == "__main__":
    main()

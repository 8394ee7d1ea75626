"""Copies of one published state, each with its endpoint, on which scripts are played with faults."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from biz_insights.settings import Settings
from mwaa.local_runner.botocore_loader import share_loader
from mwaa.local_runner.endpoint_process import endpoint
from mwaa.local_runner.environment import REPOSITORY, LocalRunError, State
from tests.faults.crash_points import Faults, write_faults
from tests.faults.outcome import Outcome, look
from tests.faults.readers import Reader, Seen
from tests.faults.sources import DAY_A, DAY_B, sources
from tests.integration.conftest import Laptop

SECONDS = 3600
"""Longest time for one script."""
Script = list[dict[str, Any]]


@dataclass
class Played:
    """What came of a script.

    Attributes:
        steps: for each step: `outcome`, the tasks that the operator `cleared`, `seconds`, `failures`.
        happened: one line for each fault that happened.
        calls: by task, the calls to AWS of its last try.
        outcome: the state of the lake after it.
        seen: what readers saw meanwhile.
    """

    steps: list[dict[str, Any]]
    happened: list[str]
    calls: dict[str, list[str]]
    outcome: Outcome
    seen: Seen
    log: Path

    @property
    def seconds(self) -> float:
        """Seconds of all steps."""
        return sum(step["seconds"] for step in self.steps)


@dataclass
class Lab:
    """The states of one session, below `folder`."""

    folder: Path

    @cached_property
    def sources(self) -> tuple[Path, Path]:
        """The folders of the two sources."""
        found = self.folder / "sources"
        return (found / "a", found / "b") if (found / "b").exists() else sources(found)

    @property
    def run_b(self) -> dict[str, Any]:
        """The step that brings the second source."""
        return {"source": str(self.sources[1]), "date": DAY_B}

    @cached_property
    def first(self) -> Played:
        """The first source published as release 1. Its state is copied, never changed."""
        return self._once("base", {"source": str(self.sources[0]), "date": DAY_A})

    @cached_property
    def base(self) -> Path:
        """The state after the first source."""
        assert self.first
        return self.folder / "base"

    @cached_property
    def reference(self) -> Played:
        """The second source run without faults, on a copy of `base`; its state stays for operator actions."""
        assert self.base
        return self._once("reference", self.run_b, self.base)

    def _once(self, name: str, step: dict[str, Any], on: Path | None = None) -> Played:
        """Play a step without faults, or read what came of it in an earlier session of this folder."""
        stored = self.folder / f"{name}.played"
        if stored.exists():
            found: Played = pickle.loads(stored.read_bytes())
            return found
        if on is not None:
            self.copy(on, name)
        played = self._play(name, [step], {})
        assert played.steps[0]["outcome"] == "success", (played.steps, played.log)
        stored.write_bytes(pickle.dumps(played))
        return played

    def copy(self, state: Path, name: str) -> Path:
        """Copy a state whose endpoint is stopped, with the owners of its files."""
        target = self.folder / name
        if not target.is_mount():
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir()
        subprocess.run(["cp", "-a", f"{state}/.", str(target)], check=True)
        for left in ("endpoint.json", "endpoint.lock", "endpoint.users", "command.lock"):
            (target / left).unlink(missing_ok=True)
        return target

    def play(
        self,
        name: str,
        script: Script,
        faults: Faults | None = None,
        *,
        on: Path | None = None,
        meanwhile: Callable[[Playing], None] | None = None,
        retry_seconds: float = 0.0,
    ) -> Played:
        """Play a script on a copy of `base`, or of another state, while readers poll.

        Args:
            name: folder of the copy.
            script: see `tests.faults.chaos`.
            faults: by task, the faults of its first tries.
            on: the state to copy.
            meanwhile: called while the script is played, to break something from outside.
            retry_seconds: how long Airflow waits before it retries a task.
        """
        self.copy(on or self.base, name)
        return self._play(name, script, faults or {}, meanwhile, retry_seconds)

    def _play(
        self,
        name: str,
        script: Script,
        faults: Faults,
        meanwhile: Callable[[Playing], None] | None = None,
        retry_seconds: float = 0.0,
    ) -> Played:
        # Readers make a client for each query, which would otherwise read the descriptions of its service each time.
        share_loader()
        state = State(self.folder / name)
        state.create()
        played: Played | None = None
        try:
            with endpoint(state, "--warm-spark") as environment:
                laptop = Laptop(state, environment, Settings())
                with Reader(laptop.query) as reader:
                    playing = Playing(self.folder, name, script, faults, retry_seconds)
                    try:
                        if meanwhile is not None:
                            meanwhile(playing)
                        result = playing.result()
                    finally:
                        playing.end()
                found = look(laptop)
                played = Played(result["steps"], result["happened"], result["calls"], found, reader.seen, playing.log)
        except LocalRunError:
            # A test has killed the endpoint and started another one, whose end is the one that matters.
            if played is None:
                raise
        assert played is not None
        return played


class Playing:
    """The process that plays a script, while it runs."""

    def __init__(self, folder: Path, name: str, script: Script, faults: Faults, retry_seconds: float) -> None:
        self.state = State(folder / name)
        self._prefix = folder / f"{name}.play"
        self._script, self._retry_seconds = script, retry_seconds
        self._faults = faults
        self.parts = self._prefix.with_suffix(".parts")
        self.log = self._prefix.with_suffix(".log")
        shutil.rmtree(self.parts, ignore_errors=True)
        self.process = self.start()

    def start(self) -> subprocess.Popen[bytes]:
        """Start the process, or start it again after it was killed."""
        script, faults = self._prefix.with_suffix(".script"), self._prefix.with_suffix(".faults")
        script.write_text(json.dumps(self._script))
        write_faults(self._faults, faults)
        words = ["--state", str(self.state.root), "--script", str(script), "--faults", str(faults)]
        words += ["--result", str(self._prefix), "--retry-seconds", str(self._retry_seconds)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.chaos", *words],
                cwd=REPOSITORY,
                env={**os.environ, "PYTHONPATH": os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "plugins")])},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self.process

    def events(self) -> list[str]:
        """Return the changes of tasks so far: `<time> <state> <task> <error>`."""
        path = self.parts / "events"
        return path.read_text().splitlines() if path.exists() else []

    def wait_for(self, condition: Callable[[], Any], seconds: float = SECONDS) -> Any:
        """Wait until `condition` is true and return it; None when the process has ended before."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if found := condition():
                return found
            if self.process.poll() is not None:
                return None
            time.sleep(0.05)
        raise TimeoutError(f"the condition did not become true within {seconds:.0f} s; see {self.log}")

    def result(self) -> dict[str, Any]:
        """Wait for the end, and return the result."""
        code = self.process.wait(timeout=SECONDS)
        assert code == 0, self.log.read_text(errors="replace")[-3000:]
        found: dict[str, Any] = json.loads(self._prefix.read_text())
        return found

    def end(self) -> None:
        """Kill the process if it still runs."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, 9)
            self.process.wait()

"""One Airflow and one lake for the whole folder, and a second lake on which the same days are published undisturbed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from biz_insights.settings import Settings
from mwaa.local_runner.endpoint_process import endpoint
from mwaa.local_runner.environment import State
from mwaa.local_runner.source import upload_source
from tests.integration.conftest import Laptop
from tests.scheduler.airflow_service import AirflowService
from tests.scheduler.lake_state import LakeState
from tests.scheduler.rest_api import LOAD, RestApi
from tests.scheduler.sources import DAYS, MORNING_AFTER, SETTINGS, sources

Contents = dict[str, str]

collect_ignore = (
    [] if os.environ.get("SCHEDULER") == "all" else ["test_operators.py", "test_kills.py", "test_older_run.py"]
)
"""`make test` runs the fast part only, `make test-scheduler` everything."""


@dataclass(frozen=True)
class Shop:
    """The lake under test, and the Airflow that works on it.

    Attributes:
        airflow: its processes.
        api: its REST API.
        lake: what is published.
    """

    airflow: AirflowService
    api: RestApi
    lake: LakeState

    def load(self, source: Path) -> None:
        """Put other files in place, and load them into the source database."""
        laptop = self.lake.laptop
        upload_source(laptop.client("s3"), laptop.settings.source_bucket, laptop.settings.source_prefix, source)
        self.api.run(LOAD)


@dataclass
class Undisturbed:
    """The contents of a lake on which `make run` published one day after another.

    Attributes:
        root: folder of its state, which starts as a copy of the first day's.
    """

    root: Path
    _found: dict[tuple[tuple[Path, str], ...], Contents] = field(default_factory=dict)
    _done: tuple[tuple[Path, str], ...] = ()

    def after(self, *steps: tuple[Path, str]) -> Contents:
        """Return the contents after these runs, each of a source and a day. Steps only ever go on from those before."""
        if steps not in self._found:
            assert steps[: len(self._done)] == self._done, "a lake does not go back"
            with endpoint(State(self.root), "--warm-spark") as environment:
                laptop = Laptop(State(self.root), environment, Settings())
                for number in range(len(self._done), len(steps)):
                    done = laptop.run(*steps[number], SETTINGS)
                    assert done.returncode == 0, done.stdout + done.stderr
                self._found[steps] = LakeState(laptop).contents()
            self._done = steps
        return self._found[steps]


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Both sources."""
    return sources(tmp_path_factory.mktemp("files"))


@pytest.fixture(scope="session")
def first_day(tmp_path_factory: pytest.TempPathFactory, files: tuple[Path, Path]) -> Path:
    """A state on which the first day is published."""

    if os.environ.get("SCHEDULER_BASE"):
        return Path(os.environ["SCHEDULER_BASE"])
    state = State(tmp_path_factory.mktemp("first_day") / "state")
    state.create()
    done = Laptop(state, {}, Settings()).run(files[0], DAYS[0])
    assert done.returncode == 0, done.stdout + done.stderr
    return state.root


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, first_day: Path) -> Undisturbed:
    root = tmp_path_factory.mktemp("undisturbed") / "state"
    shutil.copytree(first_day, root, symlinks=True)
    return Undisturbed(root)


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory, first_day: Path) -> Iterator[Shop]:
    state = State(tmp_path_factory.mktemp("shop") / "state")
    shutil.copytree(first_day, state.root, symlinks=True)
    with endpoint(state, "--warm-spark") as environment, AirflowService(state, environment) as airflow:
        api = RestApi(airflow.url)
        api.await_dags()
        yield Shop(airflow, api, LakeState(Laptop(state, environment, Settings())))


@pytest.fixture(scope="session")
def backfilled(shop: Shop) -> list[str]:
    """The runs of a backfill of both other days, in the order in which they worked."""
    # The run of a morning is for the day before.
    runs = shop.api.backfill(f"{DAYS[2]}T00:00:00Z", f"{MORNING_AFTER}T23:00:00Z")
    assert len(runs) == len(DAYS) - 1
    for run in runs:
        shop.api.await_run(run)
    return sorted(runs, key=shop.api.work_span)


@pytest.fixture(scope="session")
def published(shop: Shop, backfilled: list[str], undisturbed: Undisturbed, files: tuple[Path, Path]) -> Contents:
    """What readers see when nothing has disturbed the runs of all three days."""
    days = [shop.api.result(run, "extract.resolve_process_date") for run in backfilled]
    assert sorted(days) == list(DAYS[1:])
    return undisturbed.after(*((files[0], day) for day in days))


@pytest.fixture
def before(published: Contents, shop: Shop) -> Contents:
    """What readers see before a test."""
    assert shop.lake.contents() == published
    return published

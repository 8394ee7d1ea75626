"""Each source runs from start to end in a state of its own, so that no earlier run helps."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from biz_insights.settings import Settings
from mwaa.local_runner.endpoint_process import endpoint
from mwaa.local_runner.environment import State
from tests.first_sources.sources import SOURCES, Source
from tests.integration.conftest import Laptop


@dataclass(frozen=True)
class FirstRun:
    """A source, the laptop that ran it, and the output of the command."""

    source: Source
    laptop: Laptop
    done: subprocess.CompletedProcess[str]


@pytest.fixture(scope="module", params=SOURCES, ids=str)
def first_run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FirstRun]:
    """Run `make run SOURCE=…` without DATE; the endpoint stays up for queries."""
    source = SOURCES[request.param]
    folder = source.write(tmp_path_factory.mktemp("files"))
    state = State(tmp_path_factory.mktemp("laptop"))
    with endpoint(state) as environment:
        laptop = Laptop(state, environment, Settings())
        yield FirstRun(source, laptop, laptop.run(folder, None, source.settings))

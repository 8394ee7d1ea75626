"""One lab for all fault tests, and the record of what they tried."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.faults.lab import Lab
from tests.faults.record import Record


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """States to break. The first use publishes the first source, which takes as long as a run.

    With `FAULTS_LAB=folder` its states stay there, and a later session begins with them.
    """
    given = os.environ.get("FAULTS_LAB")
    folder = Path(given).resolve() if given else tmp_path_factory.mktemp("faults")
    folder.mkdir(parents=True, exist_ok=True)
    return Lab(folder)


@pytest.fixture(scope="session")
def record(lab: Lab) -> Record:
    """What was tried; written to `results.json` when every fault was asked for."""
    return Record(lab)


@pytest.fixture
def state_name(request: pytest.FixtureRequest) -> str:
    """Return a folder name for the state of a test."""
    return "".join(letter if letter.isalnum() else "-" for letter in Path(request.node.name).name)[:60].strip("-")

"""Generated sources shared by the tests of this folder: a tiny one and a small one."""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sample_data import Settings, generate

Row = dict[str, str]


@dataclass(frozen=True)
class Generated:
    """A source read back by the standard csv reader, beside what the generator says of it."""

    folder: Path
    truth: dict[str, Any]
    items: list[Row]
    options: list[Row]
    dates: list[Row]
    customers: list[Row]


def rows_of(path: Path) -> list[Row]:
    """All records of a CSV file as dictionaries."""
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def generated(folder: Path, **settings: Any) -> Generated:
    """Generate into the folder and read everything back."""
    truth = generate(Settings(**settings), folder)
    names = ("order_items", "order_item_options", "date_dim", "truth_customers")
    return Generated(folder, truth, *(rows_of(folder / f"{name}.csv") for name in names))


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Generated:
    """Scale 0.01: about two thousand lines, every quirk at least once."""
    return generated(tmp_path_factory.mktemp("tiny"), scale=0.01)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Generated:
    """Scale 0.05: about ten thousand lines, enough to measure shares."""
    return generated(tmp_path_factory.mktemp("small"), scale=0.05)


@pytest.fixture(scope="session")
def discounted(tmp_path_factory: pytest.TempPathFactory) -> Generated:
    """The tiny source with negative options."""
    return generated(tmp_path_factory.mktemp("discounted"), scale=0.01, negative_options=True)

"""One small published lake for the commands that remove something: two days, a few customers, one of them to forget."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from biz_insights.settings import Settings
from mwaa.local_runner.endpoint_process import endpoint
from mwaa.local_runner.environment import State
from tests.first_sources.sources import LINES, text
from tests.integration.conftest import Laptop

CUSTOMER = "5f84f2848a6be2ee37b12ef4"
CARD = "5566432651930484"
NEIGHBOUR = "630fadf6c4b4205595969d36"
FIRST_DATE, DATE = "2024-01-15", "2024-01-18"
DAYS = [f"2024-01-{day:02}" for day in range(8, 20)]


def lines() -> list[list[object]]:
    """Return two orders a day: one of a customer by turns, one of a guest. One line of the customer is damaged."""
    rows: list[list[object]] = []
    for number, day in enumerate(DAYS):
        user = CUSTOMER if number % 2 else NEIGHBOUR
        card = CARD if number % 4 == 1 else ""
        for order, who, its_card in ((f"o{number}a", user, card), (f"o{number}b", "", "")):
            moment = f"{day}T18:00:00Z"
            rows.append(["App", "s1", moment, order, who, its_card, "FALSE", "USD", "l1", "Food", "Egg", "5.99", 1])
    # Used without a login: the card still names the customer.
    rows.append(
        ["App", "s1", "2024-01-09T19:00:00Z", "o-card", "", CARD, "FALSE", "USD", "l1", "Food", "Egg", "2.00", 1]
    )
    # Quarantined, with its whole text.
    rows.append(
        ["App", "s1", "2024-01-09T20:00:00Z", "o-bad", CUSTOMER, CARD, "FALSE", "USD", "l1", "Food", "Egg", "1", 0]
    )
    return rows


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the source files."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "order_items.csv").write_text(text(LINES, lines()), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory, files: Path) -> Iterator[Laptop]:
    """Return a laptop on which two days were published, one after the other."""
    state = State(tmp_path_factory.mktemp("laptop"))
    with endpoint(state, "--warm-spark") as environment:
        laptop = Laptop(state, environment, Settings())
        for day in (FIRST_DATE, DATE):
            done = laptop.run(files, day)
            assert done.returncode == 0, done.stdout + done.stderr
        yield laptop


def lake_folder(lake: Laptop) -> Path:
    """Return the folder that is the lake bucket."""
    return lake.state.root / "s3" / lake.settings.lake_bucket


def objects(lake: Laptop) -> dict[str, int]:
    """Return the size of every object of the lake, by key, as the files say; without nanio's own folder."""
    root = lake_folder(lake)
    found = (path for path in root.rglob("*") if path.is_file() and ".nanio-meta" not in path.parts)
    return {path.relative_to(root).as_posix(): path.stat().st_size for path in found}


def make_old(lake: Laptop, days: int) -> None:
    """Let every object look as if it was written days ago."""
    moment = time.time() - days * 86_400
    for key in objects(lake):
        os.utime(lake_folder(lake) / key, (moment, moment))

"""One small published lake for all tests of this folder. Each command is the one that `make` calls."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from biz_insights.settings import Settings
from biz_insights.steps.run_context import RunContext
from mwaa.local_runner.endpoint_process import endpoint
from mwaa.local_runner.environment import State
from tests.first_sources.sources import LINES, OPTIONS, noon, option, order, text
from tests.integration.conftest import Laptop

DAYS = 5
PROCESS_DATE = "2024-01-04"
QUARANTINE = {"BIZ_INSIGHTS_NEGATIVE_LINES": "quarantine"}
"""The rule under which the negative line of day 3 is refused, until it is found to be a refund."""


def write_source(folder: Path, prices: dict[int, str]) -> Path:
    """Write orders of 5.99 on five days, one more of another price, a negative line and one without a time."""
    folder.mkdir(exist_ok=True)
    lines = [order(number, noon(number), user=f"u{number % 3}") for number in range(1, DAYS + 1)]
    for number, price in prices.items():
        lines[number - 1][LINES.index("ITEM_PRICE")] = price
    negative = order(93, noon(3), user="u0")
    negative[LINES.index("ITEM_PRICE")] = "-2.50"
    untimed = order(94, "infinity")
    (folder / "order_items.csv").write_text(text(LINES, [*lines, negative, untimed]), encoding="utf-8")
    options = [*(option(number) for number in range(1, DAYS + 1)), option(93)]
    (folder / "order_item_options.csv").write_text(text(OPTIONS, options), encoding="utf-8")
    return folder


class Operator:
    """The lake, and what an operator does with it."""

    def __init__(self, laptop: Laptop, folder: Path) -> None:
        self.laptop, self.folder = laptop, folder

    def publish(self, prices: dict[int, str], settings: dict[str, str] | None = None) -> str:
        """Run `make run` with orders of these prices; return what it prints."""
        source = write_source(self.folder, prices)
        done = self.laptop.run(source, PROCESS_DATE, {**QUARANTINE, **(settings or {})})
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def do(self, *arguments: str, settings: dict[str, str] | None = None) -> str:
        """Run a command that succeeds; return what it prints."""
        done = self.laptop.command(list(arguments), {**QUARANTINE, **(settings or {})})
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def refused(self, *arguments: str) -> str:
        """Run a command that fails with exit code 1; return what it prints."""
        done = self.laptop.command(list(arguments), QUARANTINE)
        assert done.returncode == 1, done.stdout + done.stderr
        return done.stdout + done.stderr

    def sales(self) -> dict[str, str]:
        """Net sales of each day, as readers see them."""
        sql = "SELECT order_date, SUM(net_sales) FROM gold_daily_sales_by_store GROUP BY 1 ORDER BY 1"
        return {str(day): f"{amount:.2f}" for day, amount in self.laptop.query(sql)}

    def context(self, run_id: str) -> RunContext:
        """The context of a task of the DAG `rollback_table`; the environment must be that of the endpoint."""
        return RunContext(self.laptop.settings, run_id, PROCESS_DATE, dag_id="rollback_table")


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """A lake in which nothing is published yet, if a test asks for it before `operator`."""
    state = State(tmp_path_factory.mktemp("laptop"))
    with endpoint(state, "--warm-spark") as environment:
        yield Operator(Laptop(state, environment, Settings()), tmp_path_factory.mktemp("source") / "files")


@pytest.fixture(scope="session")
def first_release(empty: Operator) -> Operator:
    """The lake with its first release."""
    empty.publish({})
    return empty


@pytest.fixture(scope="session")
def operator(first_release: Operator) -> Operator:
    """The lake with two releases: in the second one the order of day 2 costs more."""
    first_release.publish({2: "7.99"})
    return first_release


@pytest.fixture
def in_process(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> Operator:
    """The lake, with the environment in which its tasks run."""
    for name, value in operator.laptop.environment.items():
        monkeypatch.setenv(name, value)
    return operator

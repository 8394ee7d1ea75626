"""One laptop for all integration tests: its endpoint stays up, and each run is the command that `make run` calls."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from biz_insights.lake.catalog import FINGERPRINT, Catalog
from biz_insights.lake.current_release import SLOTS, current_release, slot_database
from biz_insights.lake.slots import read_slot
from biz_insights.settings import Settings
from mwaa.local_runner.endpoint_process import endpoint
from mwaa.local_runner.environment import REPOSITORY, State

PROCESS_DATE = "2023-11-20"
SCALE = "0.02"


@dataclass
class Laptop:
    """A state folder with its endpoint up."""

    state: State
    environment: dict[str, str]
    settings: Settings

    def run(
        self,
        source: Path | None,
        date: str | None = PROCESS_DATE,
        settings: Mapping[str, str] | None = None,
        *parameters: str,
    ) -> subprocess.CompletedProcess[str]:
        """`make run`, as the Makefile calls it, with parameters such as `full_refresh=true`."""
        given = [word for parameter in parameters for word in ("--param", parameter)]
        return self.command(["run", "--source", str(source or ""), "--date", date or "", *given], settings)

    def command(
        self, arguments: list[str], settings: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """`python -m mwaa.local_runner …` on this state."""
        return subprocess.run(
            [sys.executable, "-m", "mwaa.local_runner", "--state", str(self.state.root), *arguments],
            cwd=REPOSITORY,
            env={**os.environ, **(settings or {})},
            capture_output=True,
            text=True,
            timeout=560,
            check=False,
        )

    def client(self, service: str) -> Any:
        """A boto3 client of the endpoint."""
        import boto3

        key = "AWS_ENDPOINT_URL_S3" if service == "s3" else "AWS_ENDPOINT_URL"
        return boto3.client(
            service,
            endpoint_url=self.environment[key],
            region_name=self.settings.region,
            aws_access_key_id=self.environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.environment["AWS_SECRET_ACCESS_KEY"],
        )

    def catalog(self) -> Catalog:
        """The slot that readers see. Before the first release it has no tables."""
        database, glue = self.settings.published_database, self.client("glue")
        release = current_release(glue, database)
        return Catalog(glue, slot_database(database, release.slot if release else SLOTS[1]))

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of one statement in the published database."""
        return list(self._executed(sql).fetchall())

    def result_file(self, sql: str) -> bytes:
        """Return Athena's result file, a CSV: for a large table much faster than fetching the rows."""
        bucket, _, key = self._executed(sql).output_location.removeprefix("s3://").partition("/")
        return self.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()

    def _executed(self, sql: str) -> Any:
        from pyathena import connect

        connection = connect(
            region_name=self.settings.region,
            endpoint_url=self.environment["AWS_ENDPOINT_URL"],
            aws_access_key_id=self.environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.environment["AWS_SECRET_ACCESS_KEY"],
            work_group=self.settings.read_workgroup,
            schema_name=self.settings.published_database,
            poll_interval=0.05,
        )
        return connection.cursor().execute(sql)

    def published(self) -> dict[str, dict[str, tuple[str, str]]]:
        """Location and fingerprint of every partition of every data table that readers see."""
        catalog = self.catalog()
        return {
            name: {
                value: (found.location, found.parameters.get(FINGERPRINT, "")) for value, found in of.contents.items()
            }
            for name, of in read_slot(catalog).items()
        }


def sample(folder: Path, *options: str) -> Path:
    """Generated source files."""
    subprocess.run(
        [sys.executable, "-m", "sample_data", "--out", str(folder), "--scale", SCALE, *options],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
    )
    return folder


def without_orders_before(first_month: str, folder: Path) -> Path:
    """Shorten the history of the files: the time of a run depends on its days more than on its rows."""
    lines, options = folder / "order_items.csv", folder / "order_item_options.csv"
    header, *rows = _read(lines)
    moment, order = header.index("CREATION_TIME_UTC"), header.index("ORDER_ID")
    early = {row[order] for row in rows if row[moment].startswith("20") and row[moment] < first_month}
    _write(lines, [header, *(row for row in rows if row[order] not in early)])
    header, *rows = _read(options)
    order = header.index("ORDER_ID")
    _write(options, [header, *(row for row in rows if row[order] not in early)])
    return folder


def with_refunds(folder: Path) -> Path:
    """Add refunds to the files.

    Half of them are in the same order, by a negative quantity, with their options. The others are in an order of their
    own two hours later, by a negative price.
    """
    lines, options = folder / "order_items.csv", folder / "order_item_options.csv"
    header, *rows = _read(lines)
    at = {name: number for number, name in enumerate(header)}
    option_header, *option_rows = _read(options)
    refunds, refunded_options = [], []
    sold = [row for row in rows if row[at["LINEITEM_ID"]] and float(row[at["ITEM_PRICE"]]) > 0]
    for number, row in enumerate(sold[::25]):
        refund = list(row)
        refund[at["LINEITEM_ID"]] = f"{number:024x}"
        if number % 2:
            refund[at["ITEM_QUANTITY"]] = f"-{row[at['ITEM_QUANTITY']]}"
            refunded_options.append([refund[at["ORDER_ID"]], refund[at["LINEITEM_ID"]], "Size", "Large", "0.50", "1"])
        else:
            refund[at["ITEM_PRICE"]] = f"-{row[at['ITEM_PRICE']]}"
            refund[at["ORDER_ID"]] = f"{number:023x}f"
            moment = row[at["CREATION_TIME_UTC"]]
            refund[at["CREATION_TIME_UTC"]] = f"{moment[:11]}{min(int(moment[11:13]) + 2, 23):02}{moment[13:]}"
        refunds.append(refund)
    _write(lines, [header, *rows, *refunds])
    order = [option_header.index(name) for name in OPTION_COLUMNS]
    _write(options, [option_header, *option_rows, *(_in_order(row, order) for row in refunded_options)])
    return folder


OPTION_COLUMNS = (
    "ORDER_ID", "LINEITEM_ID", "OPTION_GROUP_NAME", "OPTION_NAME", "OPTION_PRICE", "OPTION_QUANTITY"
)  # fmt: skip


def _in_order(row: list[str], order: list[int]) -> list[str]:
    """Return the row's values at the positions of a header."""
    return [value for _, value in sorted(zip(order, row, strict=True))]


def _read(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def _write(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


@pytest.fixture(scope="session")
def source(tmp_path_factory) -> Path:
    files = sample(tmp_path_factory.mktemp("source"), "--seed", "7", "--negative-options")
    return with_refunds(without_orders_before("2022-03", files))


@pytest.fixture(scope="session")
def laptop(tmp_path_factory) -> Iterator[Laptop]:
    state = State(tmp_path_factory.mktemp("laptop"))
    # As `make run` has it: the jobs of all runs share one Java.
    with endpoint(state, "--warm-spark") as environment:
        yield Laptop(state, environment, Settings())


@pytest.fixture(scope="session")
def first_run(laptop, source) -> subprocess.CompletedProcess[str]:
    """Make the first load; every other test of the session needs what it published."""
    done = laptop.run(source)
    assert done.returncode == 0, done.stdout + done.stderr
    return done

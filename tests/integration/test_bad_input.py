"""Bad input: a one-line error that names it and the next step, and the published tables unchanged."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.integration.conftest import PROCESS_DATE

pytestmark = pytest.mark.usefixtures("first_run")


@pytest.fixture
def files(source, tmp_path) -> Path:
    shutil.copytree(source, tmp_path / "files")
    return tmp_path / "files"


@pytest.fixture
def refused(laptop):
    """Run, expect a refusal, and check that nothing published has changed."""

    def run(folder: Path | None, *says: str, date: str | None = PROCESS_DATE) -> None:
        before = laptop.published()
        done = laptop.run(folder, date)
        text = done.stdout + done.stderr
        assert done.returncode == 1, text
        for words in says:
            assert words in text, text
        assert "Traceback" not in text
        assert laptop.published() == before

    return run


def test_a_missing_file(refused, files):
    (files / "order_items.csv").unlink()
    refused(files, "order_items.csv is missing", "found: date_dim.csv, order_item_options.csv")


def test_an_empty_file(refused, files):
    (files / "order_items.csv").write_bytes(b"")
    refused(files, "order_items.csv is empty")


def test_a_folder_that_is_not_there(refused, tmp_path):
    refused(tmp_path / "nowhere", "nowhere", "is not a folder")


def test_a_missing_column(refused, files):
    path = files / "order_items.csv"
    path.write_text(path.read_text().replace("ITEM_PRICE", "PRICE", 1))
    refused(files, "order_items.csv", "lacks column ITEM_PRICE")


def test_a_malformed_row_refuses_the_file_whole_with_its_line(refused, files):
    path = files / "order_item_options.csv"
    lines = path.read_text().splitlines(keepends=True)
    lines.insert(5, "o,l,Size,Large,not-a-price,1\n")
    path.write_text("".join(lines))
    refused(files, "order_item_options.csv line 6", "not-a-price", "nothing was loaded")


def test_a_file_that_is_not_utf8(refused, files):
    path = files / "order_item_options.csv"
    path.write_bytes(path.read_bytes() + "o,l,Größe,Large,1,1\n".encode("latin-1"))
    refused(files, "order_item_options.csv line", "is not UTF-8 at", "nothing was loaded")


def test_a_date_that_reads_two_ways(refused, files):
    path = files / "order_items.csv"
    lines = path.read_text().splitlines(keepends=True)
    fields = lines[1].split(",")
    lines[1] = ",".join([*fields[:2], "03/08/2023 10:00", *fields[3:]])
    path.write_text("".join(lines))
    refused(files, "line 2", "3 August 2023", "8 March 2023", "source_date_format", "nothing was loaded")


@pytest.mark.parametrize("date", ["2031-01-01", "2019-12-31"])
def test_a_day_the_source_does_not_reach(refused, source, date):
    refused(source, f"process_date {date}", date=date)


def test_a_text_that_is_not_a_date(refused, source):
    refused(source, "DATE=20.11.2023 is not a date", date="20.11.2023")


def test_no_java(laptop, source):
    done = laptop.command(["run", "--source", str(source)], {"PATH": "/nonexistent"})
    assert done.returncode == 1
    assert "Java" in done.stderr
    assert done.stderr.count("\n") == 1

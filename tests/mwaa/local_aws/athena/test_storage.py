"""Listing data files: an unchanged folder is not opened again, a changed one always."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from mwaa.local_aws.athena import storage as module
from mwaa.local_aws.athena.storage import Storage


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A partition's folder that was written a minute ago."""
    folder = tmp_path / "lake" / "t"
    folder.mkdir(parents=True)
    (folder / "one.parquet").write_bytes(b"1")
    settle(folder)
    return folder


def settle(folder: Path) -> None:
    then = time.time() - 60
    for path in (*folder.iterdir(), folder):
        os.utime(path, (then, then))


def names(storage: Storage) -> list[tuple[str, int]]:
    return [(os.path.basename(path), size) for path, size in storage.data_files("s3://lake/t/")]


def test_a_folder_that_has_not_changed_is_not_opened_again(tmp_path, folder, monkeypatch):
    storage = Storage(tmp_path)
    assert names(storage) == [("one.parquet", 1)]
    monkeypatch.setattr(module.os, "scandir", lambda _: pytest.fail("opened again"))
    assert names(storage) == [("one.parquet", 1)]


def test_a_new_a_replaced_and_a_lost_file_show_at_once(tmp_path, folder):
    storage = Storage(tmp_path)
    assert names(storage) == [("one.parquet", 1)]
    storage.write("s3://lake/t/two.parquet", b"22")
    assert names(storage) == [("one.parquet", 1), ("two.parquet", 2)]
    storage.write("s3://lake/t/one.parquet", b"333")
    assert names(storage) == [("one.parquet", 3), ("two.parquet", 2)]
    settle(folder)
    assert names(storage) == [("one.parquet", 3), ("two.parquet", 2)]
    (folder / "one.parquet").unlink()
    assert names(storage) == [("two.parquet", 2)]


def test_a_file_shows_once_it_is_filled(tmp_path, folder):
    storage = Storage(tmp_path)
    (folder / "two.parquet").touch()
    settle(folder)
    assert names(storage) == [("one.parquet", 1)]
    with (folder / "two.parquet").open("wb") as file:  # the folder does not change
        file.write(b"22")
    assert names(storage) == [("one.parquet", 1), ("two.parquet", 2)]


def test_what_lies_deeper_shows_although_the_folder_above_has_not_changed(tmp_path, folder):
    storage = Storage(tmp_path)
    (folder / "day=1").mkdir()
    settle(folder)
    assert names(storage) == [("one.parquet", 1)]
    (folder / "day=1" / "two.parquet").write_bytes(b"22")
    assert names(storage) == [("two.parquet", 2), ("one.parquet", 1)]


def test_a_folder_that_has_just_changed_is_looked_at_again(tmp_path, folder, monkeypatch):
    storage = Storage(tmp_path)
    (folder / "two.parquet").write_bytes(b"22")
    opened = []
    scandir = os.scandir
    monkeypatch.setattr(module.os, "scandir", lambda path: opened.append(path) or scandir(path))
    for _ in range(2):
        assert names(storage) == [("one.parquet", 1), ("two.parquet", 2)]
    assert len(opened) == 2

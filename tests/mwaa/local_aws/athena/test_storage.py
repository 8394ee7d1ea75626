"""Listing data files: an unchanged folder is listed once, a changed folder again."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from mwaa.local_aws.athena import storage as storage_module
from mwaa.local_aws.athena.storage import Storage


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a partition's folder that was written a minute ago."""
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


def test_an_unchanged_folder_is_not_listed_again(tmp_path, folder, monkeypatch):
    storage = Storage(tmp_path)
    assert names(storage) == [("one.parquet", 1)]
    monkeypatch.setattr(storage_module.os, "scandir", lambda _: pytest.fail("listed again"))
    assert names(storage) == [("one.parquet", 1)]


def test_new_replaced_and_deleted_files_are_seen_at_once(tmp_path, folder):
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


def test_a_file_is_seen_once_it_has_content(tmp_path, folder):
    storage = Storage(tmp_path)
    (folder / "two.parquet").touch()
    settle(folder)
    assert names(storage) == [("one.parquet", 1)]
    with (folder / "two.parquet").open("wb") as file:  # the folder does not change
        file.write(b"22")
    assert names(storage) == [("one.parquet", 1), ("two.parquet", 2)]


def test_files_in_deeper_folders_are_seen_although_the_folder_above_is_unchanged(tmp_path, folder):
    storage = Storage(tmp_path)
    (folder / "day=1").mkdir()
    settle(folder)
    assert names(storage) == [("one.parquet", 1)]
    (folder / "day=1" / "two.parquet").write_bytes(b"22")
    assert names(storage) == [("two.parquet", 2), ("one.parquet", 1)]


def test_a_folder_that_has_just_changed_is_listed_again(tmp_path, folder, monkeypatch):
    storage = Storage(tmp_path)
    (folder / "two.parquet").write_bytes(b"22")
    opened = []
    scandir = os.scandir
    monkeypatch.setattr(storage_module.os, "scandir", lambda path: opened.append(path) or scandir(path))
    for _ in range(2):
        assert names(storage) == [("one.parquet", 1), ("two.parquet", 2)]
    assert len(opened) == 2

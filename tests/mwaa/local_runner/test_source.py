"""The folder of `make run SOURCE=…`: the files it must have, and those in the source bucket after the upload."""

from pathlib import Path

import pytest

from mwaa.local_runner.environment import LocalRunError, State
from mwaa.local_runner.source import source_folder, upload_source

FILES = ("order_items.csv", "order_item_options.csv", "date_dim.csv")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in FILES:
        (tmp_path / name).write_text("a,b\n1,2\n")
    return tmp_path


class Bucket:
    """The part of S3's client that an upload needs."""

    def __init__(self) -> None:
        self.keys: set[str] = set()

    def upload_file(self, path: str, bucket: str, key: str) -> None:
        assert Path(path).is_file()
        self.keys.add(key)

    def delete_object(self, Bucket: str, Key: str) -> None:
        self.keys.discard(Key)


def test_optional_files_may_be_missing_and_are_then_deleted_in_the_bucket(folder: Path) -> None:
    bucket = Bucket()
    upload_source(bucket, "source", "incoming/", folder)
    assert bucket.keys == {f"incoming/{name}" for name in FILES}
    for name in FILES[1:]:
        (folder / name).unlink()
    assert source_folder(State(folder), str(folder)) == folder
    upload_source(bucket, "source", "incoming/", folder)
    assert bucket.keys == {"incoming/order_items.csv"}


def test_the_order_items_are_required(folder: Path) -> None:
    (folder / "order_items.csv").unlink()
    (folder / "orders.xlsx").touch()
    with pytest.raises(LocalRunError, match=r"order_items\.csv is missing; .*found: .*orders\.xlsx"):
        source_folder(State(folder), str(folder))


@pytest.mark.parametrize("name", FILES)
def test_an_empty_file_is_refused(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"")
    with pytest.raises(LocalRunError, match=rf"{name} is empty"):
        source_folder(State(folder), str(folder))

"""The folder that `make run SOURCE=…` names: what it must hold, and what the source bucket holds afterwards."""

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
    """As much of S3 as an upload needs."""

    def __init__(self) -> None:
        self.keys: set[str] = set()

    def upload_file(self, path: str, bucket: str, key: str) -> None:
        assert Path(path).is_file()
        self.keys.add(key)

    def delete_object(self, Bucket: str, Key: str) -> None:
        self.keys.discard(Key)


def test_options_and_calendar_may_be_missing_and_leave_nothing_of_the_folder_before(folder: Path) -> None:
    bucket = Bucket()
    upload_source(bucket, "source", "incoming/", folder)
    assert bucket.keys == {f"incoming/{name}" for name in FILES}
    for name in FILES[1:]:
        (folder / name).unlink()
    assert source_folder(State(folder), str(folder)) == folder
    upload_source(bucket, "source", "incoming/", folder)
    assert bucket.keys == {"incoming/order_items.csv"}


def test_orders_are_required(folder: Path) -> None:
    (folder / "order_items.csv").unlink()
    (folder / "orders.xlsx").touch()
    with pytest.raises(LocalRunError, match=r"order_items\.csv is missing; .*found: .*orders\.xlsx"):
        source_folder(State(folder), str(folder))


@pytest.mark.parametrize("name", FILES)
def test_no_file_is_of_zero_bytes(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"")
    with pytest.raises(LocalRunError, match=rf"{name} is empty"):
        source_folder(State(folder), str(folder))

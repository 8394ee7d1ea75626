"""The state folder is closed to other users, or refused when they could have changed it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mwaa.local_aws.errors import EndpointError
from mwaa.local_aws.private_folder import open_private, write_private


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_new_folder_is_private(tmp_path: Path) -> None:
    assert open_private(tmp_path / "new" / "state") == ""
    assert mode(tmp_path / "new" / "state") == 0o700


@pytest.mark.parametrize("before", [0o755, 0o750, 0o775])
def test_an_open_folder_is_closed_with_a_note(tmp_path: Path, before: int) -> None:
    tmp_path.chmod(before)
    (tmp_path / "lake").touch()
    assert open_private(tmp_path) == (
        f"{tmp_path} was open to other users of this machine ({before:04o}); now it is private"
    )
    assert mode(tmp_path) & 0o067 == 0
    assert open_private(tmp_path) == ""


def test_a_folder_that_everybody_can_write_is_refused_unless_it_is_empty(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    assert "now it is private" in open_private(tmp_path)
    tmp_path.chmod(0o777)
    (tmp_path / "planted").touch()
    with pytest.raises(EndpointError, match=r"can be written by every user .0777.: check .*chmod 700"):
        open_private(tmp_path)
    assert mode(tmp_path) == 0o777


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_another_user_s_folder_is_refused(tmp_path: Path) -> None:
    os.chown(tmp_path, 12345, 12345)
    with pytest.raises(EndpointError, match=r"belongs to user 12345 and this is user 0: .*chown"):
        open_private(tmp_path)


def test_a_private_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    write_private(tmp_path / "key", b"first")
    write_private(tmp_path / "key", b"second")
    assert (tmp_path / "key").read_bytes() == b"second"
    assert mode(tmp_path / "key") == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["key"]

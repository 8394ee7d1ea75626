"""Saved state is signed: a file that another program wrote, changed or removed is refused and stays as it is."""

from __future__ import annotations

import os
import pickle
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mwaa.local_aws.errors import StateUnreadableError
from mwaa.local_aws.services.state_files import StateFiles
from mwaa.local_aws.state_keys import open_keys


def opened(root: Path) -> StateFiles:
    """Return the files as a new endpoint opens them."""
    (root / "aws").mkdir(exist_ok=True)
    return StateFiles(root / "aws", open_keys(root / "endpoint.key", root / "aws"), root / "endpoint.key")


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    files = opened(tmp_path)
    files.write("glue", b"catalog")
    files.write("kms", b"keys")
    return tmp_path


def test_what_was_written_is_read_by_the_next_endpoint(saved: Path) -> None:
    assert opened(saved).read("glue") == b"catalog"
    assert opened(saved).read("sns") is None
    assert (saved / "aws" / "glue.pickle").stat().st_mode & 0o777 == 0o600
    assert (saved / "endpoint.key").stat().st_mode & 0o777 == 0o600


def changed(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"catalog", b"changed"))


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])


def exchanged(path: Path) -> None:
    path.write_bytes(path.with_name("kms.pickle").read_bytes())


def planted(path: Path) -> None:
    path.write_bytes(pickle.dumps("planted"))


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def removed(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (changed, "is cut off or was changed by another program"),
        (cut_off, "is cut off or was changed by another program"),
        (exchanged, "is cut off or was changed by another program"),
        (planted, "is not signed by this endpoint"),
        (emptied, "is not signed by this endpoint"),
        (removed, "is missing"),
    ],
)
def test_a_file_that_is_not_the_endpoint_s_is_refused_and_stays(saved: Path, damage, reason: str) -> None:  # type: ignore[no-untyped-def]
    path = saved / "aws" / "glue.pickle"
    damage(path)
    before = path.read_bytes() if path.exists() else None
    with pytest.raises(StateUnreadableError, match=f"{path} {reason}.*restore it from a copy, or choose another"):
        opened(saved).read("glue")
    assert (path.read_bytes() if path.exists() else None) == before


def test_a_missing_or_damaged_key_file_is_refused(saved: Path) -> None:
    key = saved / "endpoint.key"
    content = key.read_bytes()
    key.write_bytes(content[:40])
    with pytest.raises(StateUnreadableError, match=r"endpoint\.key cannot be read .*restore it from a copy"):
        opened(saved)
    assert key.read_bytes() == content[:40]
    key.unlink()
    with pytest.raises(StateUnreadableError, match=r"endpoint\.key is missing, and .* is signed with it: restore"):
        opened(saved)
    assert not key.exists()


@pytest.fixture
def earlier_version(tmp_path: Path) -> Path:
    (tmp_path / "aws").mkdir()
    for service in ("glue", "kms"):
        (tmp_path / "aws" / f"{service}.pickle").write_bytes(pickle.dumps(service))
    return tmp_path


def test_files_of_an_earlier_version_are_accepted_once_and_signed(earlier_version: Path) -> None:
    files = opened(earlier_version)
    assert files.read("glue") == pickle.dumps("glue")
    # Killed before all were signed: the next start must not refuse the rest.
    files = opened(earlier_version)
    assert (files.read("glue"), files.read("kms")) == (pickle.dumps("glue"), pickle.dumps("kms"))
    files.sign_all()
    assert opened(earlier_version).read("kms") == pickle.dumps("kms")
    (earlier_version / "aws" / "glue.pickle").write_bytes(pickle.dumps("glue"))
    with pytest.raises(StateUnreadableError, match="is not signed"):
        opened(earlier_version).read("glue")


def test_a_file_of_an_earlier_version_that_others_could_write_is_refused(earlier_version: Path) -> None:
    path = earlier_version / "aws" / "glue.pickle"
    path.chmod(0o666)
    with pytest.raises(StateUnreadableError, match="is not signed, and other users could have written it"):
        opened(earlier_version).read("glue")


@contextmanager
def files_limited_to(size: int) -> Iterator[None]:
    """Let the system refuse larger files, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_save_that_fails_leaves_the_file_before(saved: Path) -> None:
    with files_limited_to(1000), pytest.raises(OSError, match="File too large"):
        opened(saved).write("glue", os.urandom(5000))
    assert opened(saved).read("glue") == b"catalog"
    assert [path.name for path in sorted((saved / "aws").iterdir())] == ["glue.pickle", "kms.pickle"]

"""The order of a listing: S3 sorts keys by their bytes, also across folders, and a page goes on after a key.

nanio visits a folder by the names in it: the folder `a/` before the file `a.metadata`, whose key comes first. Where a
page ended between the two, the next page repeated keys or left some out.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from nanio.errors import InvalidArgument
from nanio.storage.paths import is_internal_name

LAST = "\U0010ffff"
"""Comes after every character: `a/` and this character are after all keys below `a/`."""


def entries(bucket: Path, prefix: str = "", delimiter: str = "", after: str = "") -> Iterator[tuple[str, bool]]:
    """Yield what a listing of a bucket's folder shows after `after`, in the order of the keys.

    Args:
        bucket: folder of the bucket.
        prefix: what the keys begin with.
        delimiter: keys that have it after the prefix are shown as one common prefix.
        after: the key or common prefix after which the listing begins.

    Yields:
        A key or a common prefix, and whether it is a common prefix.
    """
    shown = ""
    for key in _keys(bucket, "", prefix, after, are_folded=delimiter == "/"):
        head, found, _ = key[len(prefix) :].partition(delimiter) if delimiter else (key, "", "")
        if not found:
            yield key, False
        elif (common := f"{prefix}{head}{delimiter}") != shown:
            shown = common
            yield common, True


def token_after(entry: str, is_common_prefix: bool) -> str:
    """Return the continuation token of a page that ends with an entry."""
    last = f"{entry}{LAST}" if is_common_prefix else entry
    return base64.urlsafe_b64encode(last.encode()).decode()


def after_token(token: str) -> str:
    """Return where the listing goes on.

    Raises:
        InvalidArgument: the token is not one of `token_after`.
    """
    try:
        return base64.urlsafe_b64decode(token.encode()).decode()
    except (binascii.Error, UnicodeError) as error:
        raise InvalidArgument("The continuation token provided is incorrect") from error


def _keys(folder: Path, path: str, prefix: str, after: str, *, are_folded: bool) -> Iterator[str]:
    """Yield the keys below a folder. A folder beyond the prefix counts as one, `a/b/`, if it is folded and not empty.

    A folder whose keys all come before `after` is not opened.
    """
    for name, is_folder in _names(folder, path):
        if not is_folder:
            if name.startswith(prefix) and name > after:
                yield name
            continue
        is_wanted = name.startswith(prefix) or prefix.startswith(name)
        if not is_wanted or (name <= after and not after.startswith(name)):
            continue
        inner = _keys(folder / name[len(path) : -1], name, prefix, after, are_folded=are_folded)
        if are_folded and name.startswith(prefix) and name != prefix:
            if next(inner, None) is not None:
                yield name
        else:
            yield from inner


def _names(folder: Path, path: str) -> list[tuple[str, bool]]:
    """Return the files and folders of a folder as keys, folders with a slash at their end, sorted."""
    found: list[tuple[str, bool]] = []
    # A folder can vanish with its last object while it is listed.
    with suppress(FileNotFoundError), os.scandir(folder) as children:
        for child in children:
            if not is_internal_name(child.name):
                is_folder = child.is_dir(follow_symlinks=False)
                found.append((f"{path}{child.name}{'/' if is_folder else ''}", is_folder))
    return sorted(found)

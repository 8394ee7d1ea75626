"""S3 URIs as files: S3 serves the folders below one root as buckets, and the engine reads the same files."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from mwaa.local_aws.athena.athena_errors import AthenaQueryError

# The characters Hive escapes in a partition folder's name (FileUtils.escapePathName), as %XX.
_HIVE_ESCAPED = frozenset("\"#%'*/:=?\\{[]^\x7f") | {chr(code) for code in range(1, 0x20)}
HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"
SETTLED_NS = 2_000_000_000


class Storage:
    """The objects below `root`, with one folder per bucket."""

    def __init__(self, root: Path) -> None:
        self.root = Path(root).absolute()
        # Listings by folder: when the folder changed, and its files.
        self._listings: dict[str, tuple[int, list[tuple[str, int]]]] = {}

    def path(self, uri: str) -> Path:
        """Return the file of `s3://bucket/key`.

        Raises:
            AthenaQueryError: `uri` is not an S3 URI.
        """
        return Path(self._file(uri))

    def _file(self, uri: str) -> str:
        # As text: a query needs a thousand paths, and a Path object for each takes longer than listing the folder.
        scheme, _, rest = uri.partition("://")
        if scheme not in ("s3", "s3a", "s3n") or not rest or ".." in rest.split("/"):
            raise AthenaQueryError(
                f"INVALID_TABLE_PROPERTY: '{uri}' is not a valid S3 location: use s3://bucket/prefix/"
            )
        return os.path.normpath(f"{self.root}/{rest}")

    def uri(self, path: str | Path) -> str:
        """Return the `s3://bucket/key` of a file."""
        return "s3://" + os.path.relpath(path, self.root).replace(os.sep, "/")

    def require_bucket(self, uri: str) -> None:
        """Check that the bucket exists; raises AthenaQueryError when it does not."""
        bucket = self.path(uri).relative_to(self.root).parts[0]
        if not (self.root / bucket).is_dir():
            raise AthenaQueryError(
                f"GENERIC_USER_ERROR: The specified bucket does not exist (Service: Amazon S3; Status Code: 404; "
                f"Error Code: NoSuchBucket): {bucket}"
            )

    def data_files(self, location: str) -> list[tuple[str, int]]:
        """Return (path, bytes) of every data file below a location, at all levels, in the order of their names.

        Empty objects and names that start with `_` or `.` are not data (Hive's rule). A missing folder has no files.
        """
        return sorted(self._walk(self._file(location)))

    def _walk(self, folder: str) -> Iterator[tuple[str, int]]:
        # A checkpoint lists the same 1,400 folders ten times: a folder that has not changed is not listed again.
        now = time.time_ns()
        try:
            changed = os.stat(folder).st_mtime_ns
            known = self._listings.get(folder)
            if known is not None and known[0] == changed:
                yield from known[1]
                return
            entries = [entry for entry in os.scandir(folder) if entry.name[0] not in "_."]
        except (FileNotFoundError, NotADirectoryError):
            return
        found = [(entry.path, entry.stat()) for entry in entries if not entry.is_dir()]
        files = [(path, stat.st_size) for path, stat in found if stat.st_size]
        folders = [entry.path for entry in entries if entry.is_dir()]
        # The folder's time does not show changes in deeper folders, in a file that is being written, or a second change
        # within one clock tick: such listings are not stored.
        latest = max([changed, *(stat.st_mtime_ns for _, stat in found)])
        if not folders and len(files) == len(found) and now - latest > SETTLED_NS:
            self._listings[folder] = (changed, files)
        yield from files
        for inner in folders:
            yield from self._walk(inner)

    def is_empty(self, location: str) -> bool:
        """Return whether there is no object below the location."""
        root = self.path(location)
        return not any(files for _, _, files in os.walk(root))

    def write(self, uri: str, data: bytes) -> None:
        """Write one object; readers see it complete or not at all."""
        path = self.path(uri)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.partial")
        partial.write_bytes(data)
        partial.replace(path)


def hive_folder(keys: list[str], values: list[str | None]) -> str:
    """Return the folder that Hive writes a partition to: `day=2024-01-01/shop=a%2Fb`."""
    return "/".join(f"{key}={_escape(value)}" for key, value in zip(keys, values, strict=True))


def _escape(value: str | None) -> str:
    if value is None or value == "":
        return HIVE_NULL
    return "".join(f"%{ord(c):02X}" if c in _HIVE_ESCAPED else c for c in value)


def as_key(prefix: str) -> str:
    """Return a location with exactly one slash at its end."""
    return prefix.rstrip("/") + "/"

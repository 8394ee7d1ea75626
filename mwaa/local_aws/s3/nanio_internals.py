"""What the endpoint replaces in nanio: how the metadata of an object is found.

nanio stores an object's length and ETag in a file of its own beside the object. Spark, PostgreSQL and exports write
objects as plain files, which nanio does not notice: such an object would keep the length and ETag of the file before.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from nanio.storage.backend import ObjectInfo
from nanio.storage.filesystem import FilesystemStorage
from nanio.storage.metadata import synthesize_metadata_from_stat

HOLDS_FOR = {"nanio": ("0.1.7", "0.2")}
"""By package: the first version that this was checked with, and the first version outside.

It covers `FilesystemStorage._read_or_synthesize_metadata`, `synthesize_metadata_from_stat` and `app.state.storage`.
"""


class FolderStorage(FilesystemStorage):
    """nanio's storage, for folders that other programs also write to."""

    def _read_or_synthesize_metadata(self, bucket: str, key: str, opath: Path) -> ObjectInfo:
        info = super()._read_or_synthesize_metadata(bucket, key, opath)
        if info.etag == '""' or (opath.is_file() and opath.stat().st_size != info.size):
            found = synthesize_metadata_from_stat(opath, key)
            identity = f"{key}|{found.size}|{opath.stat().st_mtime_ns}"
            return replace(found, etag=f'"{hashlib.md5(identity.encode()).hexdigest()}"')
        return info

"""What the endpoint replaces in nanio: how the metadata of an object is found, and how objects are listed.

nanio stores an object's length and ETag in a file of its own beside the object. Spark, PostgreSQL and exports write
objects as plain files, which nanio does not notice: such an object would keep the length and ETag of the file before.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from nanio.errors import NoSuchKey
from nanio.storage.backend import GetObjectResult, ListResult, ObjectInfo
from nanio.storage.filesystem import FilesystemStorage
from nanio.storage.metadata import synthesize_metadata_from_stat
from nanio.storage.paths import object_path

from mwaa.local_aws.s3.conditional_requests import checked_at_the_end
from mwaa.local_aws.s3.listing import after_token, entries, token_after

HOLDS_FOR = {"nanio": ("0.1.7", "0.2")}
"""By package: the first version that this was checked with, and the first version outside.

It covers `FilesystemStorage._read_or_synthesize_metadata`, `_require_bucket_dir`, `list_objects`,
`synthesize_metadata_from_stat` and `app.state.storage`; that `put_object` does not wait between the end of the body
and the change of the file; that every handler calls the storage on the server's event loop; and that
`MultipartManager.complete` and `delete_object` are not coroutines.
"""


class FolderStorage(FilesystemStorage):
    """nanio's storage, for folders that other programs also write to."""

    async def put_object(self, bucket: str, key: str, body: AsyncIterator[bytes], **options: Any) -> ObjectInfo:
        """Store an object (also a copy), unless the request sets a condition that does not hold."""
        return await super().put_object(bucket, key, checked_at_the_end(body, self, bucket, key), **options)

    async def get_object(self, bucket: str, key: str, **part: int | None) -> GetObjectResult:
        """Return an object whose ETag and content belong together, also while it is replaced."""
        info = self.head_object(bucket, key)
        # Opened before anything waits: nanio opens the file later, when it can be another one than the ETag's.
        file = open(object_path(self.data_dir, bucket, key), "rb", opener=_without_links)  # noqa: SIM115
        found = await super().get_object(bucket, key, **part)
        start = found.range_start or 0
        end = info.size - 1 if found.range_end is None else found.range_end
        return replace(found, body=_content(file, start, end - start + 1, self._chunk_size))

    def list_objects(
        self,
        bucket: str,
        *,
        prefix: str = "",
        delimiter: str | None = None,
        max_keys: int = 1000,
        continuation_token: str | None = None,
        start_after: str | None = None,
    ) -> ListResult:
        """Return a page of a listing, in S3's order; keys and common prefixes count towards its size."""
        folder = self._require_bucket_dir(bucket)
        after = after_token(continuation_token) if continuation_token else start_after or ""
        contents: list[ObjectInfo] = []
        common: list[str] = []
        token = None
        for entry, is_common in entries(folder, prefix, delimiter or "", after) if max_keys else ():
            if len(contents) + len(common) == max_keys:
                return ListResult(contents, common, True, token)
            if is_common:
                common.append(entry)
            else:
                # An object can be deleted while its folder is listed.
                with suppress(NoSuchKey, FileNotFoundError):
                    contents.append(
                        self._read_or_synthesize_metadata(bucket, entry, object_path(self.data_dir, bucket, entry))
                    )
            token = token_after(entry, is_common)
        return ListResult(contents, common, False, None)

    def _read_or_synthesize_metadata(self, bucket: str, key: str, opath: Path) -> ObjectInfo:
        info = super()._read_or_synthesize_metadata(bucket, key, opath)
        if info.etag == '""' or (opath.is_file() and _written_by_others(opath, info)):
            found = synthesize_metadata_from_stat(opath, key)
            identity = f"{key}|{found.size}|{opath.stat().st_mtime_ns}"
            return replace(found, etag=f'"{hashlib.md5(identity.encode()).hexdigest()}"')
        return info


def _written_by_others(path: Path, info: ObjectInfo) -> bool:
    found = path.stat()
    # nanio notes the time after it has written the file, and moves the file with its time.
    return found.st_size != info.size or found.st_mtime > info.last_modified.timestamp()


def _without_links(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW)


async def _content(file: BinaryIO, start: int, length: int, chunk_size: int) -> AsyncIterator[bytes]:
    with file:
        file.seek(start)
        while length > 0 and (chunk := await asyncio.to_thread(file.read, min(chunk_size, length))):
            yield chunk
            length -= len(chunk)

"""Footers of Parquet files on S3: how many rows a file holds, from its last bytes only."""

from __future__ import annotations

from typing import Any

from biz_insights.aws import s3
from biz_insights.lake.file_sizes import StoredFile

READS_AT_ONCE = 8
"""Threads that read footers. botocore keeps ten connections to S3 by default."""

FIRST_READ = 64 * 1024
"""Bytes from the end of a file that are read at once. Few footers are longer; those take a second read."""

MAGIC = b"PAR1"
TAIL = 8
"""Bytes at the end of a file: the length of the footer (little endian, 4 bytes) and `MAGIC`."""


class FooterError(ValueError):
    """A file is not a whole Parquet file; the message names it."""


def rows_of_file(client: Any, file: StoredFile) -> int:
    """Return the number of rows of a Parquet file.

    Raises:
        FooterError: the file went away, is cut off, or has a footer that cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    end = _last_bytes(client, file, FIRST_READ)
    if len(end) < TAIL or end[-4:] != MAGIC:
        raise FooterError(f"{file.uri} does not end like a Parquet file")
    length = int.from_bytes(end[-TAIL:-4], "little") + TAIL
    if length > file.size:
        raise FooterError(f"{file.uri} states a footer of {length:,} bytes and has {file.size:,}")
    if length > len(end):
        end = _last_bytes(client, file, length)
    try:
        return int(pq.read_metadata(pa.BufferReader(MAGIC + end[-length:])).num_rows)
    except (pa.ArrowException, OSError) as error:
        raise FooterError(f"{file.uri} has a footer that cannot be read: {error}") from error


def _last_bytes(client: Any, file: StoredFile, count: int) -> bytes:
    """Return the last `count` bytes of a file, or all of it."""
    bucket, key = s3.split_uri(file.uri)
    if not file.size:
        return b""
    try:
        response = client.get_object(Bucket=bucket, Key=key, Range=f"bytes={max(0, file.size - count)}-{file.size - 1}")
    except client.exceptions.NoSuchKey as error:
        raise FooterError(f"{file.uri} is missing") from error
    body: bytes = response["Body"].read()
    return body

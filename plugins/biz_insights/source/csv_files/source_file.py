"""A file in the source bucket: whether it exists, and how to read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from biz_insights.errors import PermanentError
from biz_insights.settings import Settings
from biz_insights.source.csv_files.header import read_header
from biz_schema.source_tables import SOURCE_TABLES_BY_NAME

HEADER_BYTES = 65_536
"""More than any header needs."""


@dataclass(frozen=True)
class SourceFile:
    """A CSV in S3 whose header fits its table; see `header.Header` for its layout.

    An optional file that is missing has neither `etag` nor `columns`: its table will be empty.
    """

    table: str
    bucket: str
    key: str
    etag: str = ""
    size: int = 0
    columns: tuple[str | None, ...] = ()
    delimiter: str = ","
    header_lines: int = 1
    unnamed_tail: int = 0
    notes: tuple[str, ...] = ()

    @property
    def uri(self) -> str:
        """The address, for messages."""
        return f"s3://{self.bucket}/{self.key}"

    @property
    def name(self) -> str:
        """The file name, for notes."""
        return self.key.rpartition("/")[2]

    @property
    def is_missing(self) -> bool:
        """Return whether the file is missing, so that the table will be empty."""
        return not self.etag

    def field(self, column: str) -> str | None:
        """Return the name of a column's field in the staging table; None if the file lacks the column."""
        return field_name(self.columns.index(column)) if column in self.columns else None


def field_name(number: int) -> str:
    """Return the name of a row's field in the staging table; fields are counted from 0."""
    return f"field_{number + 1}"


def check_file(s3: Any, settings: Settings, prefix: str, table: str) -> SourceFile:
    """Check `<prefix><table>.csv`: does it exist, is it a UTF-8 CSV, does it name the columns that its table needs.

    Raises:
        PermanentError: names the file, what is wrong with it and the next step.
    """
    bucket, key = settings.source_bucket, f"{prefix}{table}.csv"
    where = f"s3://{bucket}/{key}"
    without_file = SOURCE_TABLES_BY_NAME[table].without_file
    try:
        head = s3.head_object(Bucket=bucket, Key=key)
    except s3.exceptions.ClientError as error:
        if error.response["Error"]["Code"] not in ("404", "NoSuchKey", "NotFound"):
            raise
        if without_file is not None:
            return SourceFile(table, bucket, key, notes=(f"{table}.csv is missing: {without_file}",))
        raise PermanentError(f"{where} is missing; upload {table}.csv and clear this task") from error
    if head["ContentLength"] == 0:
        optional = "" if without_file is None else ", or delete it: this file may be missing"
        raise PermanentError(f"{where} is empty (0 bytes); upload the file with its header and rows{optional}")
    last = min(head["ContentLength"], HEADER_BYTES) - 1
    start = s3.get_object(Bucket=bucket, Key=key, Range=f"bytes=0-{last}")["Body"].read()
    header = read_header(where, table, start)
    return SourceFile(
        table=table,
        bucket=bucket,
        key=key,
        etag=head["ETag"].strip('"'),
        size=head["ContentLength"],
        columns=header.columns,
        delimiter=header.delimiter,
        header_lines=header.lines,
        unnamed_tail=header.unnamed_tail,
        notes=header.notes,
    )

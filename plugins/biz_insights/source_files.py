"""The three CSV files: checked before the database sees them, then imported in one transaction."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from typing import Any

from biz_insights.errors import PermanentError
from biz_insights.settings import Settings
from biz_insights.source_db import TABLES

HEADER_BYTES = 65_536
"""Enough for the header line of any file of this format."""


@dataclass(frozen=True)
class SourceFile:
    """A CSV in S3 whose header fits its table. ``columns`` are in the file's order."""

    table: str
    key: str
    etag: str
    size: int
    columns: tuple[str, ...]


def check_file(s3: Any, settings: Settings, prefix: str, table: str) -> SourceFile:
    """Look at ``<prefix><table>.csv``: present, not empty, UTF-8, exactly the table's columns.

    Raises:
        PermanentError: names the file, what is wrong with it and the next step.
    """
    bucket, key = settings.source_bucket, f"{prefix}{table}.csv"
    where = f"s3://{bucket}/{key}"
    try:
        head = s3.head_object(Bucket=bucket, Key=key)
    except s3.exceptions.ClientError as error:
        if error.response["Error"]["Code"] not in ("404", "NoSuchKey", "NotFound"):
            raise
        raise PermanentError(f"{where} is missing; upload {table}.csv and clear this task") from error
    if head["ContentLength"] == 0:
        raise PermanentError(f"{where} is empty; upload the file with its header and rows")
    last = min(head["ContentLength"], HEADER_BYTES) - 1
    start = s3.get_object(Bucket=bucket, Key=key, Range=f"bytes=0-{last}")["Body"].read()
    columns = check_header(where, table, start)
    return SourceFile(table, key, head["ETag"].strip('"'), head["ContentLength"], columns)


def check_header(where: str, table: str, start: bytes) -> tuple[str, ...]:
    """Columns that the first line names, in order.

    Args:
        where: the file's name, for the message.
        table: source table it is meant for.
        start: the file's first bytes.

    Raises:
        PermanentError: the line is not UTF-8, or names other columns than the table has.
    """
    line = start.split(b"\n", 1)[0]
    if line.startswith(b"\xef\xbb\xbf"):
        raise PermanentError(f"{where} begins with a byte order mark; save it as UTF-8 without one")
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise PermanentError(f"{where} line 1 is not UTF-8 ({error.reason}); save the file as UTF-8") from error
    names = tuple(name.strip().lower() for name in next(csv.reader(io.StringIO(text)), []))
    expected = set(TABLES[table])
    if missing := [name for name in TABLES[table] if name not in names]:
        raise PermanentError(
            f"{where} lacks column {', '.join(name.upper() for name in missing)}; "
            f"its header must name {', '.join(name.upper() for name in TABLES[table])}"
        )
    if unknown := [name for name in names if name not in expected]:
        raise PermanentError(f"{where} has the unknown column {unknown[0]!r}; remove it or extend the source table")
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise PermanentError(f"{where} names column {twice.upper()} twice")
    if not start.partition(b"\n")[2].strip():
        raise PermanentError(f"{where} has a header and no rows; upload the whole file")
    return names


DDL = (
    "\n".join(
        f"CREATE TABLE IF NOT EXISTS public.{table} (\n    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,\n    "
        + ",\n    ".join(f"{name} {kind}" for name, kind in columns.items())
        + "\n);"
        for table, columns in TABLES.items()
    )
    + """
CREATE TABLE IF NOT EXISTS public.source_load (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_table TEXT NOT NULL,
    file_key TEXT NOT NULL,
    file_etag TEXT NOT NULL,
    loaded_rows BIGINT NOT NULL,
    loaded_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
"""
)
"""The source's tables; ``source_load`` says which file each was last loaded from."""


def load_files(connection: Any, settings: Settings, files: list[SourceFile], force: bool = False) -> dict[str, int]:
    """Create the tables where they are missing and load the files, in the caller's transaction.

    Returns:
        Rows loaded by table; empty when the files are those that were loaded last.
    """
    with connection.cursor() as cursor:
        cursor.execute(DDL)
    if not force and loaded_etags(connection) == {file.table: file.etag for file in files}:
        return {}
    return import_files(connection, settings, files)


def loaded_etags(connection: Any) -> dict[str, str]:
    """ETag of the file that each table was last loaded from."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (source_table) source_table, file_etag FROM public.source_load "
            "ORDER BY source_table, id DESC"
        )
        return dict(cursor.fetchall())


def import_files(connection: Any, settings: Settings, files: list[SourceFile]) -> dict[str, int]:
    """Replace the tables' rows by the files', all or nothing, in the caller's transaction.

    Returns:
        Rows loaded by table.

    Raises:
        PermanentError: a file is refused; names it, the line and the reason. Nothing is loaded.
    """
    import psycopg

    rows: dict[str, int] = {}
    with connection.cursor() as cursor:
        for file in files:
            cursor.execute(f"TRUNCATE public.{file.table} RESTART IDENTITY")
            try:
                cursor.execute(
                    "SELECT aws_s3.table_import_from_s3(%s, %s, %s, aws_commons.create_s3_uri(%s, %s, %s))",
                    (
                        f"public.{file.table}",
                        ",".join(file.columns),
                        "(FORMAT csv, HEADER true, ENCODING 'UTF8')",
                        settings.source_bucket,
                        file.key,
                        settings.region,
                    ),
                )
            except psycopg.DataError as error:
                raise PermanentError(refusal(settings, file, error)) from error
            except (psycopg.errors.InvalidSchemaName, psycopg.errors.UndefinedFunction) as error:
                raise PermanentError(
                    f"database {settings.source_database} lacks the extension aws_s3; as its owner run "
                    "CREATE EXTENSION aws_s3 CASCADE, then clear this task"
                ) from error
            cursor.execute(f"SELECT count(*) FROM public.{file.table}")
            rows[file.table] = cursor.fetchone()[0]
            if rows[file.table] == 0:
                raise PermanentError(
                    f"s3://{settings.source_bucket}/{file.key} has a header and no rows; upload the whole file"
                )
            cursor.execute(
                "INSERT INTO public.source_load (source_table, file_key, file_etag, loaded_rows) "
                "VALUES (%s, %s, %s, %s)",
                (file.table, file.key, file.etag, rows[file.table]),
            )
    return rows


def refusal(settings: Settings, file: SourceFile, error: Any) -> str:
    """One line on why COPY refused a file: the file, the line, the reason, the next step."""
    context = error.diag.context or ""
    line = re.search(r"line (\d+)", context)
    column = re.search(r"column (\w+)", context)
    where = f" line {line[1]}" if line else ""
    where += f" column {column[1].upper()}" if column else ""
    return (
        f"s3://{settings.source_bucket}/{file.key}{where}: {error.diag.message_primary}; "
        f"nothing was loaded; mend the file and clear this task"
    )

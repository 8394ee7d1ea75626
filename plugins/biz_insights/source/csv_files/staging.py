"""A file as text in the database: one column for each field, one row for each row, in the file's order.

The database reads the file from S3 itself, with COPY. A file that COPY refuses is read again by `structure`.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from biz_insights.aws import session
from biz_insights.errors import PermanentError
from biz_insights.settings import Settings
from biz_insights.source.csv_files.source_file import SourceFile, field_name
from biz_insights.source.csv_files.structure import NOTHING_LOADED, repaired_rows
from biz_schema.source_tables import SOURCE_TABLES_BY_NAME

STAGING = "staged_file"
"""A temporary table: `file_row` counts the rows below the header from 1, `field_1`, … are the row's fields."""


@dataclass(frozen=True)
class Staged:
    """What was copied: rows below the header, rows without any text, and rows with a line id."""

    rows: int
    empty_rows: int
    rows_with_line_id: int


def stage(connection: Any, settings: Settings, file: SourceFile) -> Staged:
    """Copy a file into the staging table.

    Raises:
        PermanentError: a row does not have the fields of the header, or the extension aws_s3 is missing.
    """
    import psycopg

    fields = [field_name(number) for number in range(len(file.columns))]
    create = (
        f"DROP TABLE IF EXISTS pg_temp.{STAGING}; "
        f"CREATE TEMPORARY TABLE {STAGING} (file_row BIGINT GENERATED ALWAYS AS IDENTITY, "
        f"{', '.join(f'{field} TEXT' for field in fields)}) ON COMMIT DROP"
    )
    # A quoted empty field is as empty as one without quotes.
    options = f"FORMAT csv, DELIMITER E'{_escaped(file.delimiter)}', ENCODING 'UTF8', FORCE_NULL ({', '.join(fields)})"
    with connection.cursor() as cursor:
        cursor.execute(create)
        try:
            with connection.transaction():
                cursor.execute(
                    "SELECT aws_s3.table_import_from_s3(%s, %s, %s, aws_commons.create_s3_uri(%s, %s, %s))",
                    (STAGING, ",".join(fields), f"({options}, HEADER true)", file.bucket, file.key, settings.region),
                )
        except psycopg.DataError as error:
            cursor.execute(create)
            statement = f"COPY {STAGING} ({', '.join(fields)}) FROM STDIN ({options})"
            try:
                with connection.transaction(), cursor.copy(statement) as copy:
                    for row in _read_again(settings, file):
                        copy.write(row)
            except psycopg.DataError:
                raise PermanentError(f"{file.uri}: {database_message(error)}; {NOTHING_LOADED}") from error
        except (psycopg.errors.InvalidSchemaName, psycopg.errors.UndefinedFunction) as error:
            raise PermanentError(
                f"database {settings.source_database} lacks the extension aws_s3; as its owner run "
                "CREATE EXTENSION aws_s3 CASCADE, then clear this task"
            ) from error
        staged, may_have_merged_rows = _inspect(cursor, file, fields)
        if may_have_merged_rows:
            for _ in _read_again(settings, file):
                pass
    return staged


def _inspect(cursor: Any, file: SourceFile, fields: list[str]) -> tuple[Staged, bool]:
    """Count the rows, and check whether one text may consist of several rows of the file.

    Such a text contains a line break and as many delimiters as a row. COPY takes every quote as an opening or closing
    one: it makes one row of two rows with `12" sub` and the rows between them.
    """
    table, others = SOURCE_TABLES_BY_NAME[file.table], len(file.columns) - 1
    suspect = [
        f"(octet_length({field}) > {2 * others} AND strpos({field}, E'\\n') + strpos({field}, E'\\r') > 0 "
        f"AND length({field}) - length(replace({field}, E'{_escaped(file.delimiter)}', '')) >= {others})"
        for field, column in zip(fields, file.columns, strict=True)
        # In a typed column such a text is refused anyway.
        if column is None or table.column(column).database_type == "TEXT"
    ]
    cursor.execute(
        f"SELECT count(*), count(*) FILTER (WHERE num_nonnulls({', '.join(fields)}) = 0), "
        f"count({file.field('lineitem_id') or 'NULL'}), coalesce(bool_or({' OR '.join(suspect)}), false) FROM {STAGING}"
    )
    rows, empty_rows, rows_with_line_id, is_suspect = cursor.fetchone()
    return Staged(rows, empty_rows, rows_with_line_id), is_suspect


def _read_again(settings: Settings, file: SourceFile) -> Iterator[bytes]:
    with tempfile.TemporaryFile() as body:
        found = session.client("s3", settings).get_object(Bucket=file.bucket, Key=file.key)
        shutil.copyfileobj(found["Body"], body)
        body.seek(0)
        yield from repaired_rows(file, body)


def _escaped(delimiter: str) -> str:
    return "\\t" if delimiter == "\t" else delimiter


def database_message(error: Any) -> str:
    """Return PostgreSQL's message, with its hint if there is one, and the line of a COPY."""
    diag = error.diag
    context = (diag.context or "").splitlines()
    line = next((text for text in context if text.startswith("COPY ")), "")
    hint = f" (PostgreSQL's hint: {diag.message_hint})" if diag.message_hint else ""
    return f"{diag.message_primary}{hint}" + (f", {line.partition(', ')[2]}" if ", " in line else "")


def line_of(connection: Any, file: SourceFile, file_row: int) -> int:
    """Return the line of the file on which a staged row begins; a quoted text with line breaks takes several lines."""
    texts = ", ".join(field_name(number) for number in range(len(file.columns)))
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH earlier AS (
                SELECT replace(concat({texts}), E'\\r\\n', E'\\n') AS texts FROM {STAGING} WHERE file_row < %s
            )
            SELECT coalesce(sum(length(texts) - length(translate(texts, E'\\r\\n', ''))), 0) FROM earlier
            """,
            (file_row,),
        )
        return file.header_lines + file_row + int(cursor.fetchone()[0])

"""The load: the three files into the source's tables, all or none, in the caller's transaction."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any

from biz_insights.errors import PermanentError
from biz_insights.settings import Settings
from biz_insights.source.csv_files.columns import GENERATED_LINE_ID
from biz_insights.source.csv_files.local_times import local_time_notes
from biz_insights.source.csv_files.source_file import SourceFile, field_name
from biz_insights.source.csv_files.staging import STAGING, Staged, database_message, stage
from biz_insights.source.csv_files.structure import NOTHING_LOADED
from biz_insights.source.csv_files.validation import Shapes, column_shapes, require_casts, require_values
from biz_insights.source.csv_files.values import reading
from biz_insights.time_formats import TimeFormat, time_format
from biz_schema.source_tables import SOURCE_ID, SOURCE_TABLES, SOURCE_TABLES_BY_NAME

READING_VERSION = 1
"""Increase it with every change in how a file is read: files that were loaded before are then loaded again."""

DDL = (
    "\n".join(
        f"CREATE TABLE IF NOT EXISTS public.{table.name} (\n"
        + f"    {SOURCE_ID.name} {SOURCE_ID.database_type} GENERATED ALWAYS AS IDENTITY PRIMARY KEY,\n    "
        + ",\n    ".join(f"{name} {column.database_type}" for name, column in table.file_columns.items())
        + "\n);"
        for table in SOURCE_TABLES
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
ALTER TABLE public.source_load ADD COLUMN IF NOT EXISTS read_as TEXT;
ALTER TABLE public.source_load ADD COLUMN IF NOT EXISTS notes TEXT[];
"""
)
"""The source's tables, and `source_load`: the file that each table was last loaded from (an empty ETag: no file), how
it was read, and the notes on it."""


@dataclass(frozen=True)
class Load:
    """What a load did.

    Attributes:
        rows: rows by table; empty if the files are the ones that were loaded last.
        notes: sentences on what was ignored, generated or assumed.
    """

    rows: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def load_files(connection: Any, settings: Settings, files: list[SourceFile], force: bool = False) -> Load:
    """Create missing tables and replace the rows of all tables by the rows of the files.

    Nothing is done if the files and the settings that say how to read them are unchanged since the last load, unless
    `force`.

    Raises:
        PermanentError: a file is refused. The message names the file, the line and the reason. Nothing is loaded.
    """
    with connection.cursor() as cursor:
        cursor.execute(DDL)
    wanted = {file.table: (file.etag, read_as(settings)) for file in files}
    if not force and last_loads(connection) == wanted:
        return Load(notes=last_notes(connection))
    rows, notes = {}, []
    with connection.cursor() as cursor:
        _set_reading(cursor, settings)
        for file in files:
            cursor.execute(f"TRUNCATE public.{file.table} RESTART IDENTITY")
            rows[file.table], found = (0, []) if file.is_missing else fill_table(connection, settings, file)
            file_notes = [*file.notes, *found]
            cursor.execute(
                "INSERT INTO public.source_load (source_table, file_key, file_etag, loaded_rows, read_as, notes) "
                "VALUES (%s, %s, %s, %s, %s, %s)",
                (file.table, file.key, file.etag, rows[file.table], read_as(settings), file_notes),
            )
            notes += file_notes
    for note in notes:
        logging.getLogger(__name__).warning("%s", note)
    return Load(rows, notes)


def _set_reading(cursor: Any, settings: Settings) -> None:
    """Set how PostgreSQL reads texts until the transaction ends: dates year first, local times in the stated zone."""
    import psycopg

    cursor.execute("SELECT set_config('datestyle', 'ISO, YMD', true)")
    # Rows are sorted by their place in the file: in memory if they fit.
    cursor.execute("SELECT set_config('work_mem', '128MB', true)")
    try:
        cursor.execute("SELECT set_config('timezone', %s, true)", (settings.source_timezone,))
    except psycopg.DataError as error:
        raise PermanentError(
            f"setting source_timezone: the database does not know the time zone {settings.source_timezone!r}; "
            "use UTC or a name such as America/Chicago"
        ) from error


def read_as(settings: Settings) -> str:
    """Return what decides how files are read; files that were read in another way are loaded again."""
    return f"{READING_VERSION} {settings.source_date_format} {settings.source_timezone}"


def last_loads(connection: Any) -> dict[str, tuple[str, str | None]]:
    """Return the ETag of the file that each table was last loaded from, and how it was read."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (source_table) source_table, file_etag, read_as FROM public.source_load "
            "ORDER BY source_table, id DESC"
        )
        return {table: (etag, how) for table, etag, how in cursor.fetchall()}


def last_notes(connection: Any) -> list[str]:
    """Return the notes on the files that the tables were last loaded from."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT notes FROM public.source_load WHERE id IN "
            "(SELECT max(id) FROM public.source_load GROUP BY source_table) ORDER BY id"
        )
        return [note for (notes,) in cursor.fetchall() for note in notes or ()]


def fill_table(connection: Any, settings: Settings, file: SourceFile) -> tuple[int, list[str]]:
    """Fill an empty table from its file; return the number of rows and the notes.

    Raises:
        PermanentError: the file is refused.
    """
    import psycopg

    table, times = SOURCE_TABLES_BY_NAME[file.table], time_format(settings.source_date_format)
    staged = stage(connection, settings, file)
    if staged.rows == staged.empty_rows and not table.may_be_empty:
        raise PermanentError(f"{file.uri} has a header and no rows; upload the whole file")
    shapes = column_shapes(connection, file, times)
    require_values(connection, file, times, shapes)
    with connection.cursor() as cursor:
        try:
            with connection.transaction():
                cursor.execute(insert_statement(file, times, shapes))
                rows = cursor.rowcount
        except psycopg.DataError as error:
            require_casts(connection, file, times)
            raise PermanentError(f"{file.uri}: {database_message(error)}; {NOTHING_LOADED}") from error
    notes = [
        *_notes_on_rows(file, staged),
        *local_time_notes(connection, file, times, settings.source_timezone, shapes),
    ]
    return rows, notes


def insert_statement(file: SourceFile, times: TimeFormat, shapes: Shapes) -> str:
    """Return SQL that fills the table from the staged rows, in the file's order, so that the ids follow it."""
    fields = [field_name(number) for number in range(len(file.columns))]
    values: dict[str, str] = {}
    for column, declared in SOURCE_TABLES_BY_NAME[file.table].file_columns.items():
        field = file.field(column)
        if field is not None:
            how = reading(declared, times)
            values[column] = how.value_sql(field, [shape for shape, _ in shapes[column]]) if how else field
        elif column == "lineitem_id":
            values[column] = GENERATED_LINE_ID.format(order_id=file.field("order_id"))
    return (
        f"INSERT INTO public.{file.table} ({', '.join(values)}) SELECT {', '.join(values.values())} FROM {STAGING} "
        f"WHERE num_nonnulls({', '.join(fields)}) > 0 ORDER BY file_row"
    )


def _notes_on_rows(file: SourceFile, staged: Staged) -> list[str]:
    notes = []
    if staged.rows == staged.empty_rows:
        notes.append(f"{file.name} has a header and no rows: the table is empty")
    elif file.field("lineitem_id") and not staged.rows_with_line_id:
        notes.append(
            f"{file.name} has no value in the column LINEITEM_ID, so every row will be quarantined; without the "
            "column lines are numbered"
        )
    if staged.empty_rows:
        notes.append(f"{file.name} has empty rows, which are ignored: {staged.empty_rows:,}")
    return notes

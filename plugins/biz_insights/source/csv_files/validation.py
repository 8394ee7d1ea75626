"""Check that the staged texts are values of their columns; find the first one that is not, with its line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from biz_insights.errors import PermanentError
from biz_insights.source.csv_files.source_file import SourceFile, field_name
from biz_insights.source.csv_files.staging import STAGING, line_of
from biz_insights.source.csv_files.structure import NOTHING_LOADED
from biz_insights.source.csv_files.values import BLANKS, Reading, reading
from biz_insights.time_formats import TimeFormat
from biz_schema.source_tables import SOURCE_TABLES_BY_NAME

MOST_SHAPES = 100_000
"""Shapes that a column may have. Most columns have a few dozen; the dates of a calendar have one for each day."""

CAST_ERROR = """
CREATE OR REPLACE FUNCTION pg_temp.cast_error(value TEXT, type TEXT) RETURNS TEXT LANGUAGE plpgsql AS $$
DECLARE
    message TEXT;
    hint TEXT;
BEGIN
    EXECUTE format('SELECT %L::%s', value, type);
    RETURN NULL;
EXCEPTION WHEN data_exception THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
    RETURN message || CASE WHEN hint <> '' THEN ' (PostgreSQL''s hint: ' || hint || ')' ELSE '' END;
END
$$
"""
"""PostgreSQL's message on a cast; null if it succeeds. It is slow: used only for a file that will be refused."""


class Refusal(NamedTuple):
    """A text that is not a value: the staged row, the column, the text and the reason."""

    file_row: int
    column: str
    text: str
    reason: str


Shapes = dict[str, list[tuple[str, int]]]
"""By typed column of the file: the shapes of its texts, each with the first row that has it."""


def column_shapes(connection: Any, file: SourceFile, times: TimeFormat) -> Shapes:
    """Return the shapes of the staged texts."""
    return {column: _shapes(connection, field, how) for column, field, how in _typed_fields(file, times)}


def require_values(connection: Any, file: SourceFile, times: TimeFormat, shapes: Shapes) -> None:
    """Check that the texts of the typed columns are values, and that fields without a name are empty.

    Raises:
        PermanentError: names the first line where one of these is not true.
    """
    refusals = []
    for column, field, how in _typed_fields(file, times):
        unaccepted = (row for shape, row in shapes[column] if not _is_accepted(shape, how))
        if (file_row := next(unaccepted, None)) is None:
            _require_all_shapes(file, column, shapes)
        else:
            text = _text(connection, field, file_row)
            refusals.append(Refusal(file_row, column, text, how.reason(text)))
    if refusals:
        raise _refused(connection, file, min(refusals))
    _require_empty_tail(connection, file)


def require_casts(connection: Any, file: SourceFile, times: TimeFormat) -> None:
    """Cast each text separately, to find the text for which the database refused the whole file.

    Raises:
        PermanentError: names its line, and PostgreSQL's message.
    """
    failing = [_first_failing_cast(connection, column, field, how) for column, field, how in _typed_fields(file, times)]
    if refusals := [found for found in failing if found]:
        raise _refused(connection, file, min(refusals))


def _typed_fields(file: SourceFile, times: TimeFormat) -> Iterator[tuple[str, str, Reading]]:
    for column, declared in SOURCE_TABLES_BY_NAME[file.table].file_columns.items():
        field, how = file.field(column), reading(declared, times)
        if field and how:
            yield column, field, how


def _shapes(connection: Any, field: str, how: Reading) -> list[tuple[str, int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH texts AS (
                SELECT {field} AS text, min(file_row) AS file_row FROM {STAGING} WHERE {field} IS NOT NULL GROUP BY 1
            )
            SELECT {how.shape_sql("text")}, min(file_row) FROM texts GROUP BY 1 ORDER BY 2 LIMIT {MOST_SHAPES}
            """
        )
        return cursor.fetchall()


def _is_accepted(shape: str, how: Reading) -> bool:
    text = shape.strip(BLANKS)
    return not text or how.accepts(text)


def _require_all_shapes(file: SourceFile, column: str, shapes: Shapes) -> None:
    if len(shapes[column]) >= MOST_SHAPES:
        raise PermanentError(
            f"{file.uri} column {column.upper()} is written in {MOST_SHAPES:,} ways or more; write its values in one; "
            f"{NOTHING_LOADED}"
        )


def _text(connection: Any, field: str, file_row: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {field} FROM {STAGING} WHERE file_row = %s", (file_row,))
        return cursor.fetchone()[0].strip(BLANKS)


def _refused(connection: Any, file: SourceFile, first: Refusal) -> PermanentError:
    line = line_of(connection, file, first.file_row)
    where = f"{file.uri} line {line} column {first.column.upper()}"
    return PermanentError(f"{where}: {first.text[:100]!r} {first.reason}; {NOTHING_LOADED}")


def _first_failing_cast(connection: Any, column: str, field: str, how: Reading) -> Refusal | None:
    with connection.cursor() as cursor:
        cursor.execute(CAST_ERROR)
        cursor.execute(
            f"""
            SELECT file_row, {field}, error
            FROM (SELECT * FROM {STAGING} ORDER BY file_row) AS staged,
                LATERAL (SELECT pg_temp.cast_error({how.text_sql(field)}, %s) AS error OFFSET 0) AS cast_of
            WHERE error IS NOT NULL
            LIMIT 1
            """,
            (how.sql_type,),
        )
        found = cursor.fetchone()
    return Refusal(found[0], column, found[1], f"cannot be loaded: {found[2]}") if found else None


def _require_empty_tail(connection: Any, file: SourceFile) -> None:
    """Refuse a text in a field without a name: it is probably half of a text that contains the delimiter."""
    width = len(file.columns)
    tail = [field_name(number) for number in range(width - file.unnamed_tail, width)]
    if not tail:
        return
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT min(file_row) FROM {STAGING} WHERE num_nonnulls({', '.join(tail)}) > 0")
        file_row = cursor.fetchone()[0]
    if file_row is not None:
        raise PermanentError(
            f"{file.uri} line {line_of(connection, file, file_row)} has a text in a field that the header does not "
            f"name; put a text that contains the delimiter in quotes, or name the column; {NOTHING_LOADED}"
        )

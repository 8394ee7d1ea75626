"""Times without an offset from UTC: in which zone they are read, and the notes about it.

PostgreSQL's rule applies around a change of clocks. A time that occurs twice is standard time, the later of the two. A
time that does not exist is read with the offset from before the change.
"""

from __future__ import annotations

from typing import Any

from biz_insights.source.csv_files.source_file import SourceFile
from biz_insights.source.csv_files.staging import STAGING
from biz_insights.source.csv_files.validation import Shapes
from biz_insights.source.csv_files.values import BLANKS, Reading, reading
from biz_insights.time_formats import TimeFormat
from biz_schema.source_tables import SOURCE_TABLES_BY_NAME, Kind

ZONES_WITHOUT_CHANGES = ("UTC", "Etc/UTC", "UCT", "Zulu", "GMT", "Etc/GMT")


def local_time_notes(connection: Any, file: SourceFile, times: TimeFormat, zone: str, shapes: Shapes) -> list[str]:
    """Return what is assumed about the staged times without an offset; nothing if all have one."""
    notes = []
    columns = SOURCE_TABLES_BY_NAME[file.table].file_columns.values()
    for declared in (column for column in columns if column.kind is Kind.TIMESTAMP):
        column = declared.name
        matches = {shape: times.match(shape.strip(BLANKS)) for shape, _ in shapes.get(column, ())}
        parts = {shape: match.groupdict() for shape, match in matches.items() if match}
        local = [shape for shape, part in parts.items() if not part.get("offset")]
        if local:
            notes.append(f"{file.name} has times in {column.upper()} without an offset: they are read as {zone}")
        if any(not parts[shape].get("hour") for shape in local):
            notes.append(f"{file.name} has dates in {column.upper()} without a time of day: they are read as midnight")
        if local and zone not in ZONES_WITHOUT_CHANGES:
            how = reading(declared, times)
            assert how, "times have a reading"
            notes += _clock_change_notes(connection, file, column, how, local, zone)
    return notes


def _clock_change_notes(
    connection: Any, file: SourceFile, column: str, how: Reading, local: list[str], zone: str
) -> list[str]:
    field = file.field(column)
    assert field, "the file has this column"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH local AS (
                SELECT ({how.text_sql(field)})::timestamp AS written, ({how.text_sql(field)})::timestamptz AS moment
                FROM {STAGING} WHERE {how.shape_sql(field)} = ANY (%(shapes)s)
            )
            SELECT count(*) FILTER (WHERE moment AT TIME ZONE %(zone)s <> written),
                count(*) FILTER (WHERE (moment - interval '1 hour') AT TIME ZONE %(zone)s = written
                    OR (moment - interval '30 minutes') AT TIME ZONE %(zone)s = written)
            FROM local
            """,
            {"shapes": local, "zone": zone},
        )
        skipped, twice = cursor.fetchone()
    where = f"{file.name} has times in {column.upper()} that"
    notes = []
    if skipped:
        notes.append(
            f"{where} do not exist in {zone}, because clocks were put forward; they are read with the offset before "
            f"the change: {skipped:,}"
        )
    if twice:
        notes.append(
            f"{where} occur twice in {zone}, because clocks were put back; they are read as standard time, the later "
            f"of the two: {twice:,}"
        )
    return notes

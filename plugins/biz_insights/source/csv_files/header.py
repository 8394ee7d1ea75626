"""A CSV's first line: its delimiter, and the table column of each field."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass

from biz_insights.errors import PermanentError
from biz_insights.source.csv_files.columns import notes_on_missing
from biz_schema.source_tables import SOURCE_TABLES_BY_NAME

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
MOST_COLUMNS = 1_599
"""PostgreSQL allows 1,600 columns in a table; the staging table needs one for itself."""
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
NOT_TEXT = (
    (b"PK\x03\x04", "is an Excel workbook or a zip archive under the name of a CSV; save it from Excel as CSV UTF-8"),
    (b"\xd0\xcf\x11\xe0", "is an old Excel workbook under the name of a CSV; save it from Excel as CSV UTF-8"),
    (b"\x1f\x8b", "is compressed with gzip; upload it uncompressed"),
    (b"\xff\xfe", "is UTF-16; save it as CSV UTF-8"),
    (b"\xfe\xff", "is UTF-16; save it as CSV UTF-8"),
)
RECORD = re.compile(r'(?:[^"\r\n]|"[^"]*")*')
LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class Header:
    """How to read a file.

    Attributes:
        columns: the table's column of each field of a row, None for a field that is ignored.
        delimiter: the character between fields.
        lines: lines of the header (more than one if a quoted name contains a line break).
        unnamed_tail: fields at the end of a row that have no name (the header ends with delimiters).
        notes: what is ignored or missing, for the person who sent the file.
    """

    columns: tuple[str | None, ...]
    delimiter: str
    lines: int
    unnamed_tail: int
    notes: tuple[str, ...]


def read_header(where: str, table: str, start: bytes) -> Header:
    """Decide from a file's first bytes how to read it.

    Args:
        where: the file's address, for messages.
        table: source table that the file is for.
        start: the file's first bytes; they must contain the whole header.

    Raises:
        PermanentError: the file is not a UTF-8 CSV, or it lacks a required column.
    """
    text = header_text(where, start)
    delimiter, names = split_header(table, text)
    source = SOURCE_TABLES_BY_NAME[table]
    keys = {key(name): name for name in source.file_columns}
    columns = tuple(keys.get(key(name)) for name in names)
    found = [name for name in columns if name]
    if missing := [name.upper() for name in source.required_file_columns if name not in found]:
        required = ", ".join(name.upper() for name in source.required_file_columns)
        # A first line that names no column may be personal data, so it is not shown.
        named = ", ".join(name.strip() for name in names)[:300] if found else "none of its columns (is it a header?)"
        raise PermanentError(
            f"{where} lacks column {', '.join(missing)}; its first line, read with the delimiter "
            f"{DELIMITERS[delimiter]}, names {named}; required are {required}, "
            "separated by comma, semicolon, tab or |; fix the header"
        )
    if twice := next((name for name in found if found.count(name) > 1), None):
        raise PermanentError(f"{where} names column {twice.upper()} twice; remove or rename one of them")
    if len(names) > MOST_COLUMNS:
        raise PermanentError(
            f"{where} has {len(names):,} columns, of which {len(found)} are used; PostgreSQL takes {MOST_COLUMNS:,}: "
            "remove those that are not used"
        )
    unnamed_tail = len(names) - max(number for number, name in enumerate(names, 1) if name.strip())
    file_name = where.rpartition("/")[2]
    notes = _notes_on_layout(file_name, delimiter, names, columns, unnamed_tail)
    notes += notes_on_missing(file_name, table, set(found))
    return Header(columns, delimiter, len(LINE_END.findall(text)) + 1, unnamed_tail, tuple(notes))


def header_text(where: str, start: bytes) -> str:
    """Return the first record, without byte order mark and line end. Raises PermanentError if it is not UTF-8 text."""
    for signature, what in NOT_TEXT:
        if start.startswith(signature):
            raise PermanentError(f"{where} {what}")
    start = start.removeprefix(BYTE_ORDER_MARK)
    # The bytes after the header may end in the middle of a character; the load checks them.
    match = RECORD.match(start.decode("latin-1"))
    record = match[0].encode("latin-1") if match else b""
    if b"\0" in record:
        raise PermanentError(
            f"{where} has zero bytes in its first line: it is UTF-16 or not a text; save it as CSV UTF-8"
        )
    try:
        text = record.decode("utf-8")
    except UnicodeDecodeError as error:
        raise PermanentError(f"{where} line 1 is not UTF-8 ({error.reason}); save the file as CSV UTF-8") from error
    if not text.strip():
        raise PermanentError(f"{where} begins with a blank line; its first line must name the columns")
    return text


def split_header(table: str, text: str) -> tuple[str, list[str]]:
    """Return the delimiter that gives most of the table's columns (the comma if several do), and the names."""
    known = {key(name) for name in SOURCE_TABLES_BY_NAME[table].file_columns}
    split = {delimiter: next(csv.reader(io.StringIO(text), delimiter=delimiter)) for delimiter in DELIMITERS}
    best = max(DELIMITERS, key=lambda delimiter: len({key(name) for name in split[delimiter]} & known))
    return best, split[best]


def key(name: str) -> str:
    """Return a name in a form that its spellings share: `Order ID`, `order-id` and `ORDER_ID` are one column."""
    return re.sub(r"[\W_]+", "", name.lower())


def _notes_on_layout(
    file_name: str, delimiter: str, names: list[str], columns: tuple[str | None, ...], unnamed_tail: int
) -> list[str]:
    notes = []
    if delimiter != ",":
        notes.append(f"{file_name} is read with the delimiter {DELIMITERS[delimiter]}, as its first line is written")
    if not names[0].strip():
        notes.append(
            f"{file_name} has a first column without a name: it is ignored (an index written by pandas; "
            "to_csv(index=False) leaves it out)"
        )
    if unnamed_tail:
        notes.append(f"{file_name} has a header that ends with a delimiter: the empty field after it is ignored")
    inner = range(1, len(names) - unnamed_tail)
    if unnamed := [str(number + 1) for number in inner if not names[number].strip()]:
        notes.append(f"{file_name} has columns without a name that are ignored: number {', '.join(unnamed)}")
    extra = [name.strip() for name, column in zip(names, columns, strict=True) if not column and name.strip()]
    if extra:
        notes.append(f"{file_name} has columns that are not used: {', '.join(extra)}")
    return notes

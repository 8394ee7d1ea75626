"""A file that COPY refuses, read again line by line: repaired if nothing is lost, else refused with the line.

These are repaired: blank lines, different line ends in one file, and too many or too few empty fields at the end of a
row for which the header has no name. The rows stay in their order: a blank line becomes a row of empty fields.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import IO

from biz_insights.errors import PermanentError
from biz_insights.source.csv_files.header import BYTE_ORDER_MARK
from biz_insights.source.csv_files.source_file import SourceFile

NOTHING_LOADED = "nothing was loaded; fix the file and clear this task"
_QUOTED = re.compile(r'"[^"]*"')


def repaired_rows(file: SourceFile, body: IO[bytes]) -> Iterator[bytes]:
    """Yield the rows below the header as UTF-8, each with as many fields as the header and a line feed at the end.

    Raises:
        PermanentError: a row cannot be read. The message names its line and what was expected.
    """
    empty = file.delimiter * (len(file.columns) - 1)
    for number, (first_line, last_line, row) in enumerate(_rows(file, body)):
        if number:
            yield (_with_all_fields(file, first_line, last_line, row) if row.strip() else empty).encode() + b"\n"


def _rows(file: SourceFile, body: IO[bytes]) -> Iterator[tuple[int, int, str]]:
    """Yield first line, last line and text of each row, header included; quoted texts may contain line breaks."""
    # Latin-1 never fails, so a byte that is not UTF-8 can be reported with its line.
    lines = io.TextIOWrapper(body, encoding="latin-1", newline="")
    first, row, is_open = 1, "", False
    number = 0
    for number, line in enumerate(lines, 1):
        text = _decoded(file, number, line.encode("latin-1"))
        # As COPY does: every quote opens or closes, and a doubled quote does both.
        is_open ^= text.count('"') % 2 == 1
        row += text
        if not is_open:
            yield first, number, row.removesuffix("\n").removesuffix("\r")
            first, row = number + 1, ""
    if is_open:
        raise PermanentError(
            f"{file.uri} line {first}: a quote is opened in this row and not closed before the file ends; "
            f"close it, or write a quote inside a text twice; {NOTHING_LOADED}"
        )


def _decoded(file: SourceFile, number: int, line: bytes) -> str:
    if number == 1:
        line = line.removeprefix(BYTE_ORDER_MARK)
    if b"\0" in line:
        raise PermanentError(
            f"{file.uri} line {number} holds a zero byte, which is not text; the file is damaged or not a CSV; "
            f"{NOTHING_LOADED}"
        )
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        shown = line[max(error.start - 15, 0) : error.end + 15].decode("latin-1").strip()
        raise PermanentError(
            f"{file.uri} line {number} is not UTF-8 at {shown!r}, byte {line[error.start]:#04x}; "
            f"save the file as CSV UTF-8; {NOTHING_LOADED}"
        ) from error


def _has_well_formed_quotes(row: str, delimiter: str) -> bool:
    """Return whether each field is in quotes as a whole or contains no quotes."""
    field = rf'(?:\s*"(?:[^"]|"")*"\s*|[^"{re.escape(delimiter)}\r\n]*)'
    return bool(re.fullmatch(f"{field}(?:{re.escape(delimiter)}{field})*", row))


def _with_all_fields(file: SourceFile, first_line: int, last_line: int, row: str) -> str:
    """Return the row with exactly the fields of the header."""
    wanted = len(file.columns)
    found = _QUOTED.sub("", row).count(file.delimiter) + 1
    while found > wanted and row.endswith(file.delimiter):
        row, found = row[:-1], found - 1
    if wanted - file.unnamed_tail <= found < wanted:
        row, found = row + file.delimiter * (wanted - found), wanted
    if first_line != last_line and not _has_well_formed_quotes(row, file.delimiter):
        raise PermanentError(
            f"{file.uri} line {first_line} opens a quote inside a text, which is closed on line {last_line}: the rows "
            f"between would be lost; put the text in quotes and write the quote inside it twice; {NOTHING_LOADED}"
        )
    if found == wanted:
        return row
    if first_line == last_line:
        raise PermanentError(
            f"{file.uri} line {first_line} has {found} fields where the header names {wanted}; "
            f"put a text that contains the delimiter or a line break in quotes; {NOTHING_LOADED}"
        )
    raise PermanentError(
        f"{file.uri} line {first_line} opens a quote that is closed on line {last_line}, which makes a row of {found} "
        f"fields where the header names {wanted}; close the quote, or write a quote inside a text twice; "
        f"{NOTHING_LOADED}"
    )

"""Query results as Athena writes them to S3: quoted CSV, the binary `.metadata` file, text for DDL, manifests."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

Row = list[str | None]

_DIGITS = {
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "DATE",
}
"""DuckDB types whose values Python prints as Athena does."""

_FETCH_ROWS = 10_000  # rows in memory as Python objects while a result is written


def render(value: Any) -> str | None:
    """Return a value as Athena prints it in a result; None stays None."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int)):
        return str(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, float):
        return java_double(value)
    if isinstance(value, datetime):
        text = value.strftime("%Y-%m-%d %H:%M:%S.") + f"{value.microsecond // 1000:03d}"
        return f"{text} UTC" if value.tzinfo else text
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray)):
        return value.hex(" ")
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}={_nested(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_nested(v) for v in value) + "]"
    if isinstance(value, timedelta):
        hours, rest = divmod(value.seconds, 3600)
        return f"{value.days} {hours:02d}:{rest // 60:02d}:{rest % 60:02d}.{value.microseconds // 1000:03d}"
    return str(value)


def _nested(value: Any) -> str:
    return "null" if value is None else render(value) or ""


def java_double(value: float) -> str:
    """Return a double as Java writes it: `1.0E7`, `0.001`, `NaN`."""
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        # In this range Python writes the same digits.
        return repr(value)
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    assert isinstance(exponent, int)
    power = exponent + len(digits) - 1
    fraction = "".join(map(str, digits[1:])).rstrip("0") or "0"
    return f"{'-' if sign else ''}{digits[0]}.{fraction}E{power}"


def _quote(value: str | None) -> str:
    return "" if value is None else '"' + value.replace('"', '""') + '"'


def write_csv(path: Path, columns: list[tuple[str, Any]], cursor: Any) -> int:
    """Write the cursor's rows as CSV with a header; returns the number of rows.

    All values are in quotes; NULL is an empty field. `columns` are the names and DuckDB types of the cursor's columns.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Choose once per column how its values are written: results can have millions of values.
    fields = [_field_of(str(kind)) for _, kind in columns]
    count = 0
    with path.open("w", encoding="utf-8", newline="") as out:
        out.write(",".join(_quote(name) for name, _ in columns) + "\n")
        while rows := cursor.fetchmany(_FETCH_ROWS):
            written = [map(field, values) for field, values in zip(fields, zip(*rows, strict=True), strict=True)]
            out.writelines(",".join(row) + "\n" for row in zip(*written, strict=True))
            count += len(rows)
    return count


def _field_of(kind: str) -> Callable[[Any], str]:
    """Return the function that writes the values of a column of this DuckDB type."""
    if kind in _DIGITS:
        return lambda value: "" if value is None else f'"{value}"'
    if kind == "VARCHAR":
        return _quote
    if kind.startswith("DECIMAL"):
        return lambda value: "" if value is None else f'"{value:f}"'
    if kind == "DOUBLE":
        return lambda value: "" if value is None else f'"{java_double(value)}"'
    return lambda value: _quote(render(value))


_FIELD = re.compile(r'("(?:[^"]|"")*")?(,|\n)')


def read_csv(text: str, columns: int) -> Iterator[Row]:
    """Yield the rows that `write_csv` wrote, first the header. An empty field is NULL, `""` is the empty string."""
    row: Row = []
    for found in _FIELD.finditer(text):
        value = found[1]
        row.append(None if value is None else value[1:-1].replace('""', '"'))
        if len(row) == columns:
            yield row
            row = []


def write_text(path: Path, rows: Iterable[Row]) -> None:
    """Write the output of DDL: one line per row, with tabs between columns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join("\t".join(v or "" for v in row) + "\n" for row in rows), encoding="utf-8")


def write_manifest(path: Path, uris: list[str]) -> None:
    """Write the list of data files of a CTAS, INSERT or UNLOAD: one S3 URI per line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{uri}\n" for uri in uris), encoding="utf-8")


# --- .metadata: a protobuf message; the field numbers are those in Athena's own output ---


def metadata_bytes(query_id: str, columns: list[dict[str, Any]]) -> bytes:
    """Return the content of the `.csv.metadata` object: the query id, and one ColumnInfo message per column."""
    return _bytes_field(2, query_id.encode()) + b"".join(_bytes_field(4, _column_message(c)) for c in columns)


def _column_message(column: dict[str, Any]) -> bytes:
    texts = ((1, "CatalogName"), (4, "Name"), (5, "Label"), (6, "Type"))
    message = b"".join(_bytes_field(number, str(column[key]).encode()) for number, key in texts)
    message += _varint_field(7, column["Precision"]) + _varint_field(8, column["Scale"])
    nullable = {"NOT_NULL": 1, "NULLABLE": 2, "UNKNOWN": 3}[column["Nullable"]]
    return message + _varint_field(9, nullable) + _varint_field(10, int(column["CaseSensitive"]))


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(encoded) + struct.pack("B", value)


def _varint_field(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _bytes_field(number: int, data: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(data)) + data

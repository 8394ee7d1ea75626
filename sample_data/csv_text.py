"""Columns of numbers to CSV text, fast: Arrow joins fields and rows into one buffer of bytes."""

from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sample_data.arrays import Ints
from sample_data.calendar import FIRST_DAY


def quoted(field: str) -> str:
    """Return a CSV field, quoted only if necessary (RFC 4180)."""
    if any(mark in field for mark in ',"\r\n'):
        return '"' + field.replace('"', '""') + '"'
    return field


def joined(columns: list[pa.Array], end: str = "") -> pa.Array:
    """Fields joined by commas; the last column gets `end` appended."""
    row = pc.binary_join_element_wise(*columns, ",") if len(columns) > 1 else columns[0]
    return pc.binary_join_element_wise(row, pa.scalar(end), "") if end else row


def row_bytes(rows: pa.Array) -> memoryview:
    """Return the bytes of an array of complete rows, in order, without a copy if possible."""
    whole = pa.concat_arrays([rows]) if rows.offset else rows
    offsets = np.frombuffer(whole.buffers()[1], dtype=np.int32)[: len(whole) + 1]
    data = whole.buffers()[2]
    return memoryview(data)[int(offsets[0]) : int(offsets[-1])] if data is not None else memoryview(b"")


def take(texts: pa.Array, rows: Ints) -> pa.Array:
    """`texts` at these rows."""
    return texts.take(pa.array(rows))


def cents_text(cents: Ints) -> pa.Array:
    """Money as the source writes it, without trailing zeros: 599 is 5.99, 1250 is 12.5, 800 is 8."""
    values, position = np.unique(cents, return_inverse=True)
    texts = [money_text(value).rstrip("0").rstrip(".") for value in values.tolist()]
    return take(pa.array(texts, type=pa.string()), position)


def money_text(cents: int) -> str:
    """Exact money with two decimals: -350 is -3.50."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def integer_text(values: Ints) -> pa.Array:
    """Integers as text."""
    return pc.cast(pa.array(values), pa.string())


def timestamp_text(epoch_ms: Ints) -> pa.Array:
    """UTC times as `2023-03-08T11:03:32.223Z`; trailing zeros of the fraction are left out, as is `.000`."""
    base = (FIRST_DAY - timedelta(days=1)).toordinal()
    days, ms = np.divmod(epoch_ms, 86_400_000)
    ordinal = days + 719_163 - base  # 719163 is 1970-01-01
    span = int(ordinal.max()) + 1 if len(ordinal) else 1
    day_names = "".join((FIRST_DAY + timedelta(days=number - 1)).isoformat() for number in range(span)).encode()
    text = np.empty((len(epoch_ms), 24), dtype=np.uint8)
    text[:, :10] = np.frombuffer(day_names, dtype=np.uint8).reshape(-1, 10)[ordinal]
    for place, mark in ((10, "T"), (13, ":"), (16, ":"), (19, ".")):
        text[:, place] = ord(mark)
    seconds, fraction = np.divmod(ms, 1000)
    for place, value in ((11, seconds // 3600), (14, seconds // 60 % 60), (17, seconds % 60)):
        text[:, place] = value // 10 + 48
        text[:, place + 1] = value % 10 + 48
    text[:, 20], text[:, 21], text[:, 22] = fraction // 100 + 48, fraction // 10 % 10 + 48, fraction % 10 + 48
    digits = np.where(fraction == 0, 0, np.where(fraction % 100 == 0, 1, np.where(fraction % 10 == 0, 2, 3)))
    length = np.where(digits == 0, 20, 21 + digits)
    text[np.arange(len(text)), length - 1] = ord("Z")
    keep = np.arange(24)[None, :] < length[:, None]
    offsets = np.concatenate([[0], np.cumsum(length)]).astype(np.int32)
    return pa.StringArray.from_buffers(len(text), pa.py_buffer(offsets), pa.py_buffer(text[keep]))

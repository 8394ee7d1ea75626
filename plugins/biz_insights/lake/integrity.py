"""Integrity: the published files are those that the catalog says, in number and bytes, and in rows if asked.

The quick check lists the lake and opens nothing; every run can afford it. The thorough check also opens the footer of
every published Parquet file. Neither reads the data pages: a file whose bytes changed without a change of its size is
found only if the footer is hit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from biz_insights.lake.catalog import PublishedPartition
from biz_insights.lake.file_sizes import StoredFile, by_location, listed, total
from biz_insights.lake.parquet_footers import READS_AT_ONCE, FooterError, rows_of_file

Published = Sequence[tuple[str, PublishedPartition]]
"""Published partitions, each with the name of its table."""

FOLDERS_OF_A_LAYER = 2
"""Leading folders of a location that are listed as a whole: `silver/order_items/`, `gold/tables/`."""


@dataclass
class Integrity:
    """What a check found.

    Attributes:
        broken: by table, the partition values whose files are not those of the publish, each with the reason.
        unmeasured: by table, the values whose number of files and bytes were not stored when they were published. They
            are stored when the partition is built again.
    """

    broken: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    unmeasured: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


def check_files(session: Any, published: Published) -> Integrity:
    """Compare the files of each published partition with what the catalog says of them, by listing the lake.

    Whole folders are listed, 1,000 keys a call and several at once, because a partition by itself would cost a call.
    """
    return _compared(published, _published_files(session, published))


def check_footers(session: Any, published: Published) -> Integrity:
    """Check the files like `check_files`, then open each file's footer and compare the number of rows.

    Unmeasured partitions are opened too. Their number of rows is compared if it is known.
    """
    files = _published_files(session, published)
    found = _compared(published, files)
    intact = [(table, part) for table, part in published if part.value not in found.broken.get(table, {})]
    client = session.client("s3")
    with ThreadPoolExecutor(READS_AT_ONCE) as pool:
        reasons = pool.map(lambda entry: _footer_reason(client, entry[1], files[entry[1].location]), intact)
        for (table, part), reason in zip(intact, reasons, strict=True):
            if reason:
                found.broken[table][part.value] = reason
    return found


def layer_folders(locations: Iterable[str]) -> set[str]:
    """Return the folders to list: `s3://lake/silver/order_items/run=1/…` → `s3://lake/silver/order_items/`."""
    found = set()
    for location in locations:
        scheme, _, path = location.rstrip("/").partition("://")
        folders = path.split("/")[: 1 + FOLDERS_OF_A_LAYER]
        found.add(f"{scheme}://{'/'.join(folders)}/")
    return found


def _published_files(session: Any, published: Published) -> dict[str, list[StoredFile]]:
    locations = {part.location for _, part in published}
    return by_location(listed(session, layer_folders(locations)), locations)


def _compared(published: Published, files: dict[str, list[StoredFile]]) -> Integrity:
    found = Integrity()
    for table, part in published:
        if part.files is None or part.size is None:
            found.unmeasured[table].append(part.value)
        elif reason := _size_reason(part.files, part.size, files[part.location]):
            found.broken[table][part.value] = reason
    return found


def _size_reason(count: int, size: int, present: list[StoredFile]) -> str:
    """Return how the files differ from what was published; empty when they do not."""
    now = total(present)
    if (len(present), now) == (count, size):
        return ""
    if len(present) == count:
        kind = "truncated" if now < size else "changed"
    else:
        kind = "missing files" if len(present) < count else "extra files"
    return f"{kind}: {len(present):,} file(s) of {now:,} bytes; published were {count:,} of {size:,} bytes"


def _footer_reason(client: Any, part: PublishedPartition, files: list[StoredFile]) -> str:
    """Return why the footers do not agree with what was published; empty when they do."""
    try:
        rows = sum(rows_of_file(client, file) for file in files)
    except FooterError as error:
        return str(error)
    return "" if part.rows in (None, rows) else f"rows: the files hold {rows:,}; published were {part.rows:,}"

"""Releases: the state of all tables that readers see, switched as a whole.

The table `current_release` has one row: the number of the release, the slot that holds it, and where it comes from.
The views that readers use take the slot from this row, so that one `UpdateTable` call, which points the table to
another file, moves every reader from one release to the next.

A release leaves two records below `releases/<name>/`: the intent, with every partition that it changes, is written
before the switch; the row of `current_release` is the release itself. After the switch the changes are added to
`publish_history`. If a task dies in between, the next one finds a current release without history and adds it. A name
contains the release's number, run and try, so that nothing is ever overwritten.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any

from biz_insights.aws import s3
from biz_insights.errors import PermanentError
from biz_insights.lake.builds import Column
from biz_insights.lake.catalog import storage_descriptor
from biz_insights.lake.current_release import Release, current_release
from biz_insights.lake.operations_tables import append, is_appended, parquet
from biz_insights.lake.publish import Change
from biz_schema.operations_tables import CURRENT_RELEASE, PUBLISH_HISTORY

RELEASES_PREFIX = "releases/"


@dataclass(frozen=True)
class Releases:
    """The releases of one lake.

    Attributes:
        session: boto3 session.
        database: the published database, which holds `current_release` and `publish_history`.
        lake_uri: `s3://bucket/`, the lake.
    """

    session: Any
    database: str
    lake_uri: str

    def current(self) -> Release | None:
        """Return the release that readers see: one catalog call. None before the first release."""
        return current_release(self.session.client("glue"), self.database)

    def prepare(self) -> None:
        """Create the table `current_release` without a row, unless it exists. The views of readers refer to it."""
        glue = self.session.client("glue")
        try:
            glue.create_table(DatabaseName=self.database, TableInput=self._table_input(self._uri("none/"), {}))
        except glue.exceptions.AlreadyExistsException:
            return

    def switch(self, release: Release, changes: Sequence[Change], tables: Sequence[str]) -> None:
        """Write the intent, move all readers to the release, and add its changes to the history.

        Args:
            changes: the partitions that readers see change.
            tables: all tables that differ from the release before, also in a column or a parameter only.
        """
        folder = self._uri(f"{release.name}/")
        s3.put_bytes(self.session, f"{folder}changes.parquet", parquet(PUBLISH_HISTORY, _rows(release, changes)))
        s3.put_json(self.session, f"{folder}intent.json", {**asdict(release), "tables": list(tables)})
        s3.put_bytes(self.session, f"{folder}row/release.parquet", parquet(CURRENT_RELEASE, [_row(release)]))
        parameters = {name: str(value) for name, value in asdict(release).items()}
        self.session.client("glue").update_table(
            DatabaseName=self.database, TableInput=self._table_input(f"{folder}row/", parameters)
        )
        self.complete(release)

    def complete(self, release: Release) -> bool:
        """Add the changes of a release to `publish_history`, unless they are there. Return whether they were missing.

        Call it for the current release only: an intent alone does not say that readers have ever seen the release.
        """
        month = release.released_at[:7]
        uri = self.lake_uri + "ops/"
        if is_appended(PUBLISH_HISTORY, release.name, month, ops_uri=uri, session=self.session):
            return False
        changes = s3.get_bytes(self.session, self._uri(f"{release.name}/changes.parquet"))
        if changes is None:
            raise PermanentError(
                f"release {release.name} has no changes.parquet in its folder below {self._uri('')}, so its changes "
                "cannot be added to publish_history; restore the file from the bucket's versions"
            )
        append(PUBLISH_HISTORY, changes, release.name, month, database=self.database, ops_uri=uri, session=self.session)
        return True

    def changed_tables(self, release: Release) -> list[str]:
        """Return the names of the tables that a release changed, as its intent states them."""
        found: list[str] = s3.get_json(self.session, self._uri(f"{release.name}/intent.json"))["tables"]
        return found

    def slot_base(self, slot: str) -> dict[str, Any]:
        """Return what a slot was prepared for: the number of the release it was copied from, and the day."""
        return s3.find_json(self.session, self._uri(f"slots/{slot}.json")) or {}

    def set_slot_base(self, slot: str, base: Mapping[str, Any]) -> None:
        """Store what a slot is prepared for, after it was made equal to that release."""
        s3.put_json(self.session, self._uri(f"slots/{slot}.json"), dict(base))

    def _uri(self, path: str) -> str:
        return f"{self.lake_uri}{RELEASES_PREFIX}{path}"

    def _table_input(self, location: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        columns = [Column(name, column.type) for name, column in CURRENT_RELEASE.columns.items()]
        return {
            "Name": CURRENT_RELEASE.name,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"classification": "parquet", "EXTERNAL": "TRUE", **parameters},
            "PartitionKeys": [],
            "StorageDescriptor": storage_descriptor(columns, location),
        }


def release_after(
    current: Release | None,
    *,
    slot: str,
    run: str,
    try_number: int,
    process_date: str,
    batch_id: str,
    snapshot_at: str,
    forgotten: str | None = None,
) -> Release:
    """Return the release that follows the current one.

    Args:
        process_date: the newest day that it has.
        forgotten: mark of the list of forgotten customers; None keeps that of the current release.
    """
    number = current.number + 1 if current else 1
    if forgotten is None:
        forgotten = current.forgotten if current else ""
    now = datetime.now(UTC)
    name = f"{number:06d}-{run}-t{try_number}-{now:%Y%m%dt%H%M%S%f}"
    released_at = now.isoformat(timespec="seconds")
    return Release(number, name, slot, run, process_date, released_at, batch_id, snapshot_at, forgotten)


def _rows(release: Release, changes: Sequence[Change]) -> list[dict[str, Any]]:
    origin = {
        "release": release.number,
        "run": release.run,
        "process_date": release.process_date,
        "published_at": _moment(release.released_at),
    }
    return [{**asdict(change), "table_name": change.table, **origin} for change in changes]


def _row(release: Release) -> dict[str, Any]:
    return {
        "release": release.number,
        "slot": release.slot,
        "run": release.run,
        "process_date": date.fromisoformat(release.process_date),
        "released_at": _moment(release.released_at),
        "batch_id": release.batch_id,
        "snapshot_at": _moment(release.snapshot_at) if release.snapshot_at else None,
    }


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)

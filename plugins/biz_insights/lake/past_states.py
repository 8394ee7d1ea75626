"""The state of a table in an earlier release, found by walking its changes back from what is published now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from biz_insights.errors import PermanentError
from biz_insights.identity import fingerprint


@dataclass(frozen=True)
class RecordedChange:
    """A row of `publish_history`, without the table: what one release changed in one partition."""

    release: int
    partition: str
    change: str
    old_location: str
    new_location: str
    fingerprint: str


@dataclass(frozen=True)
class PastPartition:
    """A partition as it was: its location, and the fingerprint of what it was made from."""

    location: str
    fingerprint: str


def state_at(
    table: str, release: int, now: Mapping[str, PastPartition], changes: Iterable[RecordedChange]
) -> dict[str, PastPartition]:
    """Return the partitions of a table in a release, by value.

    Args:
        table: its name, for messages.
        release: number of the release.
        now: the partitions that readers see now.
        changes: all changes of the table, of every release.

    Raises:
        PermanentError: the changes do not lead from the present state to that release: a record is missing.
    """
    recorded = sorted(changes, key=lambda change: change.release)
    locations = {value: partition.location for value, partition in now.items()}
    for change in reversed([change for change in recorded if change.release > release]):
        _require_left_so(table, release, change, locations)
        if change.old_location:
            locations[change.partition] = change.old_location
        else:
            locations.pop(change.partition, None)
    for change in {change.partition: change for change in recorded if change.release <= release}.values():
        _require_left_so(table, release, change, locations)
    digests = _fingerprints(now, recorded)
    return {
        value: PastPartition(location, digests.get((value, location)) or fingerprint(location))
        for value, location in locations.items()
    }


def _require_left_so(table: str, release: int, change: RecordedChange, locations: Mapping[str, str]) -> None:
    """Check that the partition is where the change left it.

    Raises:
        PermanentError: it is not.
    """
    if locations.get(change.partition, "") != change.new_location:
        raise PermanentError(
            f"publish_history does not lead back to release {release} of {table}: "
            f"{change.partition or 'the whole table'} is not where release {change.release} left it "
            f"({change.new_location or 'removed'}), so a record is missing; build the table again with full_refresh"
        )


def _fingerprints(now: Mapping[str, PastPartition], changes: Sequence[RecordedChange]) -> dict[tuple[str, str], str]:
    """Return the fingerprints that are known, by partition value and location.

    One that is not known (a lake that was published before there was a history) is replaced by a digest of the
    location: it differs from that of every build.
    """
    found = {}
    for change in changes:
        location = change.old_location if change.change == "removed" else change.new_location
        found[change.partition, location] = change.fingerprint
    return {**found, **{(value, partition.location): partition.fingerprint for value, partition in now.items()}}

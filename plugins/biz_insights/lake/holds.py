"""Holds: partitions that an operator has rolled back, which stay as they are until the hold is lifted.

A table that was rolled back carries the parameter `held` in the Glue catalog: the release that it went back to, who did
it, when and why, and the partitions. No build, no audit and no publish touches these partitions meanwhile.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace

from biz_insights.lake.builds import UNPARTITIONED, TableBuild
from biz_insights.lake.catalog import Catalog
from biz_insights.lake.table_parameters import HELD

log = logging.getLogger(__name__)

SHOWN_PARTITIONS = 3


@dataclass(frozen=True)
class Hold:
    """A rolled-back table.

    Attributes:
        release: number of the release whose state is held.
        by: the run that rolled back.
        at: ISO time, UTC.
        reason: why, in the operator's words; may be empty.
        partitions: each held partition with the fingerprint of its newest build, which readers do not see; empty for a
            partition that the newest build does not have. A partition may be held absent.
    """

    release: int
    by: str
    at: str
    reason: str
    partitions: Mapping[str, str]

    @property
    def text(self) -> str:
        """Return the hold in words: `2 partition(s) (…) as in release 4, held since … by … (reason)`."""
        values = sorted(self.partitions)
        shown = ", ".join(values[:SHOWN_PARTITIONS]) + (", …" if len(values) > SHOWN_PARTITIONS else "")
        what = "the table" if values == [UNPARTITIONED] else f"{len(values)} partition(s) ({shown})"
        why = f" ({self.reason})" if self.reason else ""
        return f"{what} as in release {self.release}, held since {self.at} by {self.by}{why}"


def read_hold(catalog: Catalog, table: str) -> Hold | None:
    """Return the hold of a table, or None when nothing of it is held."""
    return _hold(catalog.parameter(table, HELD))


def read_holds(catalog: Catalog) -> dict[str, Hold]:
    """Return the holds of all tables of a database by table; none when there is no such database."""
    pages = catalog.glue.get_paginator("get_tables").paginate(DatabaseName=catalog.database)
    try:
        tables = [table for page in pages for table in page["TableList"]]
    except catalog.glue.exceptions.EntityNotFoundException:
        return {}
    found = {table["Name"]: _hold((table.get("Parameters") or {}).get(HELD)) for table in tables}
    return {name: hold for name, hold in sorted(found.items()) if hold is not None}


def hold_of(parameters: Mapping[str, str]) -> Hold | None:
    """Return the hold that the parameters of a table state, or None."""
    return _hold(parameters.get(HELD))


def set_hold(catalog: Catalog, table: str, hold: Hold) -> None:
    """Mark the partitions as held."""
    catalog.set_parameter(table, HELD, json.dumps(asdict(hold)))


def lift_hold(catalog: Catalog, table: str) -> None:
    """Remove the mark, if there is one."""
    if catalog.table(table) is not None and catalog.parameter(table, HELD):
        catalog.set_parameter(table, HELD, "")


def held_partitions(catalog: Catalog, table: str) -> frozenset[str]:
    """Return the partition values of a table that are held."""
    hold = read_hold(catalog, table)
    return frozenset(hold.partitions) if hold else frozenset()


def without_held(catalog: Catalog, build: TableBuild) -> TableBuild:
    """Return the build without the held partitions, and say in the log which ones stay as they are."""
    hold = read_hold(catalog, build.table)
    if hold is None:
        return build
    skipped = {*(partition.value for partition in build.partitions), *build.removed} & set(hold.partitions)
    if not skipped:
        return build
    log.warning("%s: %d partition(s) stay as they are: %s", build.table, len(skipped), hold.text)
    return replace(
        build,
        partitions=tuple(partition for partition in build.partitions if partition.value not in skipped),
        removed=tuple(value for value in build.removed if value not in skipped),
    )


def newest_fingerprints(published: Mapping[str, str], hold: Hold | None) -> dict[str, str]:
    """Return the published fingerprints, with those of the newest build for held partitions.

    A job that compares its rows with these does not build a held partition again each day.
    """
    if hold is None:
        return dict(published)
    return {value: digest for value, digest in {**published, **hold.partitions}.items() if digest}


def store_newest(catalogs: Iterable[Catalog], table: str, newest: Mapping[str, str]) -> None:
    """Store in a hold which builds of its partitions are the newest now. Do nothing when nothing is held."""
    for catalog in catalogs:
        hold = read_hold(catalog, table)
        if hold is None:
            continue
        partitions = {value: newest.get(value, "") for value in hold.partitions}
        if partitions != dict(hold.partitions):
            set_hold(catalog, table, replace(hold, partitions=partitions))


def _hold(text: str | None) -> Hold | None:
    return Hold(**json.loads(text)) if text else None

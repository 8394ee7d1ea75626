"""The release that readers see, and the two slots that hold releases.

The dashboards use this module too, so it imports nothing of Airflow.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from biz_schema.operations_tables import CURRENT_RELEASE

SLOTS = ("a", "b")


@dataclass(frozen=True)
class Release:
    """A release that readers see, or are about to see.

    Attributes:
        number: counts from 1.
        name: unique name, valid as a path segment.
        slot: the slot that holds it.
        run: name of the run that made it.
        process_date: the latest day that was published by it or before it, `YYYY-MM-DD`.
        released_at: ISO time of the switch, UTC.
        batch_id, snapshot_at: the source batch that silver holds, and the ISO time of its snapshot; may be empty.
        forgotten: mark of the list of forgotten customers (`lake.forgotten_list`); empty while nobody is on it.
    """

    number: int
    name: str
    slot: str
    run: str
    process_date: str
    released_at: str
    batch_id: str = ""
    snapshot_at: str = ""
    forgotten: str = ""

    @property
    def released(self) -> datetime:
        """The moment of the switch, UTC, without a zone, as tables store it."""
        return datetime.fromisoformat(self.released_at).astimezone(UTC).replace(tzinfo=None)


def slot_database(published_database: str, slot: str) -> str:
    """Return the Glue database of a slot: `biz_insights`, `a` → `biz_insights_a`."""
    return f"{published_database}_{slot}"


def other_slot(slot: str | None) -> str:
    """Return the slot that readers do not see. Before the first release it is the first one."""
    return SLOTS[1] if slot == SLOTS[0] else SLOTS[0]


def current_release(glue: Any, database: str) -> Release | None:
    """Return the release that readers of the published database see, or None before the first one.

    It is one GetTable call, so that a page can ask for it at each refresh. A page that then reads the tables of
    `slot_database(database, release.slot)` sees the same release in all its queries.
    """
    try:
        found = glue.get_table(DatabaseName=database, Name=CURRENT_RELEASE.name)["Table"].get("Parameters") or {}
    except glue.exceptions.EntityNotFoundException:
        return None
    if "number" not in found:
        return None
    fields = {name: found.get(name, "") for name in Release.__dataclass_fields__}
    return Release(**{**fields, "number": int(found["number"])})  # type: ignore[arg-type]

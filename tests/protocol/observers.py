"""What readers of the small chain see, and what must be true of it whenever anything has changed."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow.parquet as pq

from biz_insights.identity import run_slug
from biz_insights.lake.catalog import FINGERPRINT, Catalog
from biz_insights.lake.current_release import Release, current_release, slot_database
from biz_insights.lake.slots import StoredTable, read_slot
from biz_insights.steps.bronze_steps import utc_text
from biz_schema.operations_tables import CURRENT_RELEASE, PUBLISH_HISTORY
from biz_schema.silver_tables import ROW_LEDGER
from biz_schema.source_tables import SOURCE_TABLES
from tests.protocol.dag_runs import DagRun, Scheduler
from tests.protocol.small_chain import (
    CALENDAR,
    DATABASE,
    FACT,
    GOLD,
    ITEMS,
    MART,
    OPTIONS,
    SECOND_FACT,
    SETTINGS,
    SmallChain,
    fact_of,
    mart_of,
    second_fact_of,
    silver_of,
)

Located = dict[str, dict[str, tuple[str, str | None]]]
"""By table and partition value: the location and what its file holds."""


@dataclass(frozen=True)
class Seen:
    """What readers see: the release, and every table of it."""

    release: Release
    tables: Located


def seen(chain: SmallChain) -> Seen | None:
    """Return what readers see through the row of `current_release` and the views; None before the first release."""
    glue, objects = chain.session.glue, chain.session.s3.objects
    pointer = glue.databases[DATABASE].get(CURRENT_RELEASE.name)
    if pointer is None or "number" not in pointer["Parameters"]:
        return None
    release = Release(**{**{name: pointer["Parameters"][name] for name in Release.__dataclass_fields__},
                         "number": int(pointer["Parameters"]["number"])})  # fmt: skip
    bucket = f"s3://{SETTINGS.lake_bucket}/"
    (row,) = _rows(objects, pointer["StorageDescriptor"]["Location"].removeprefix(bucket))
    assert (row["release"], row["slot"], row["run"]) == (release.number, release.slot, release.run)
    database = slot_database(DATABASE, row["slot"])
    missing = glue.databases[database].keys() - glue.databases[DATABASE].keys()
    assert not missing, f"readers have no view of {missing}"
    return Seen(release, located(chain, database))


def located(chain: SmallChain, database: str) -> Located:
    """Return location and content of every partition of a database."""
    glue = chain.session.glue
    found: Located = {}
    for name, table in glue.databases[database].items():
        if table["PartitionKeys"]:
            entries = {value: entry for (value,), entry in glue.partitions[database, name].items()}
        else:
            entries = {"": table}
        places = {value: entry["StorageDescriptor"]["Location"] for value, entry in entries.items()}
        found[name] = {value: (place, chain.content(place)) for value, place in places.items()}
    return found


class Observer:
    """Looks at the lake after each call that changes something, and fails when readers could notice the change.

    Attributes:
        states: what readers saw, by number of the release.
        kept: the catalog entries of each release.
        restored: the release to which an operator is going back.
    """

    def __init__(self, chain: SmallChain, scheduler: Scheduler) -> None:
        self.chain = chain
        self._scheduler = scheduler
        self.states: dict[int, Seen] = {}
        self.kept: dict[int, dict[str, StoredTable]] = {}
        self.restored: int | None = None
        self._written: dict[str, bytes] = {}
        chain.session.faults.changed = self.look
        scheduler.succeeded = self.require_source

    @property
    def latest(self) -> Seen | None:
        return self.states[max(self.states)] if self.states else None

    def accept_damage(self) -> None:
        """Take what readers see now for what they should see: files of the release were broken from outside."""
        found = seen(self.chain)
        assert found is not None and found.release.number in self.states
        self.states[found.release.number] = found

    def look(self, operation: str, arguments: Mapping[str, Any]) -> None:
        """Check what this call may have changed for readers."""
        if "Bucket" in arguments:
            self._look_at_object(operation, arguments["Key"])
            return
        if operation == "update_table" and arguments["TableInput"]["Name"] == CURRENT_RELEASE.name:
            self._look_at_release()
        elif self.latest and arguments["DatabaseName"] == slot_database(DATABASE, self.latest.release.slot):
            assert seen(self.chain) == self.latest, f"{operation} changed what readers see"

    def _look_at_object(self, operation: str, key: str) -> None:
        """Releases and history are written once and never deleted."""
        if not key.startswith(("releases/0", f"ops/{PUBLISH_HISTORY.name}/")):
            return
        assert operation != "delete_object", f"{key} was deleted"
        body = self.chain.session.s3.objects[SETTINGS.lake_bucket, key]
        assert self._written.setdefault(key, body) == body, f"{key} was written again with another content"

    def _look_at_release(self) -> None:
        found = seen(self.chain)
        assert found is not None
        number = found.release.number
        assert number == len(self.states) + 1, "releases are counted without a gap"
        for other in self.states:
            assert self.recorded(other) == self.expected_history(other), f"release {other} has no history"
        self.states[number] = found
        run = next(run for run in self._scheduler.runs if run_slug(run.name) == found.release.run)
        require_whole(self.chain, found, run.day)
        self.kept[number] = self._entries(found.release.slot)
        before = self.states.get(number - 1)
        if self.restored is not None:
            assert found.tables == self.states[self.restored].tables
        elif run.go_back:
            require_no_later_day(found, run.day)
        elif before is not None:
            require_progress(before, found, run.day)
        unaudited = {place for of in found.tables.values() for place, _ in of.values()} - self.chain.audited
        assert not unaudited, f"no audit has passed {unaudited}"

    def _entries(self, slot: str) -> dict[str, StoredTable]:
        """Return the catalog entries of a slot; reading them is no call of the pipeline."""
        faults = self.chain.session.faults
        saved = (faults.before, faults.after, faults.calls)
        faults.before = faults.after = lambda *_: None
        found = read_slot(Catalog(self.chain.session.glue, slot_database(DATABASE, slot)))
        faults.before, faults.after, faults.calls = saved
        return found

    def require_source(self, run: DagRun) -> None:
        """Check that readers see the day and the source of a run that succeeds.

        The source may be a later one, and a run for an earlier day takes none.
        """
        assert self.latest is not None
        release, taken = self.latest.release, utc_text(run.memo["extract"][1])
        assert run.day in self.latest.tables[MART], f"{run.name} is green and its day is not published"
        same = self.chain.moments[taken] == self.chain.batches[release.batch_id]
        is_earlier = run.day < release.process_date
        assert same or is_earlier or release.snapshot_at > taken, f"{run.name} is green and not published"

    def expected_history(self, number: int) -> set[tuple[str, str, str, str, str]]:
        """Return what `publish_history` must say of a release: what readers saw change."""
        before, after = self.kept.get(number - 1, {}), self.kept[number]
        changes = set()
        for name in before.keys() | after.keys():
            old, new = (_published(of[name]) if name in of else {} for of in (before, after))
            for value in old.keys() | new.keys():
                was, now = old.get(value), new.get(value)
                if was != now:
                    kind = "replaced" if was and now else "added" if now else "removed"
                    changes.add((name, value, kind, was[0] if was else "", now[0] if now else ""))
        return changes

    def recorded(self, number: int) -> set[tuple[str, str, str, str, str]]:
        """Return what `publish_history` says of a release."""
        rows = [row for row in _rows(self.chain.session.s3.objects, f"ops/{PUBLISH_HISTORY.name}/", f"/{number:06d}-")]
        fields = ("table_name", "partition", "change", "old_location", "new_location")
        found = [tuple(row[name] for name in fields) for row in rows]
        assert len(found) == len(set(found)), f"release {number} is in the history twice"
        return set(found)  # type: ignore[arg-type]


def require_whole(chain: SmallChain, found: Seen, day: str) -> None:
    """Check that every table was made from the same batch.

    Gold must hold what silver gives: the facts up to the newest day, the mart of that day and the one of the run's day.
    """
    texts = {
        name: {value: text for value, (_, text) in of.items() if text is not None} for name, of in found.tables.items()
    }
    release = found.release
    source, newest = chain.batches[release.batch_id], release.process_date
    assert chain.moments[release.snapshot_at] == source, "silver does not hold the source of its snapshot"
    for table in SOURCE_TABLES:
        assert release.batch_id in texts[table.bronze_name], "silver was built from a batch that is not published"
    for name, expected in silver_of(source).items():
        assert texts[name] == expected, f"{name} is not that of batch {release.batch_id}"
    assert release.batch_id in texts[ROW_LEDGER.name]
    assert texts[FACT] == _until(fact_of(texts[ITEMS], texts[CALENDAR]), newest)
    days = {value for value in {*texts[OPTIONS], *found.tables[FACT]} if value <= newest}
    assert texts[SECOND_FACT] == second_fact_of(texts[OPTIONS], texts[FACT], days)
    for as_of in (day, newest):
        assert texts[MART][as_of] == mart_of(texts[FACT], texts[SECOND_FACT], as_of), f"{MART} of {as_of} is outdated"


def require_progress(before: Seen, found: Seen, day: str) -> None:
    """Check that a run without `go_back` loses no day and no newer row.

    A run for a day before the newest one changes neither bronze nor silver, nor the mart of another day.
    """
    assert before.release.snapshot_at <= found.release.snapshot_at, "an older snapshot came back"
    assert found.release.process_date == max(before.release.process_date, day)
    assert before.tables[MART].keys() <= found.tables[MART].keys()
    if day < before.release.process_date:
        for name in before.tables.keys() - GOLD.keys():
            assert found.tables[name] == before.tables[name], f"a run for {day} changed {name}"
        changed = {value for value, part in found.tables[MART].items() if before.tables[MART].get(value) != part}
        assert changed <= {day}, f"a run for {day} changed {MART} of {changed}"


def require_no_later_day(found: Seen, day: str) -> None:
    """Check that a run that went back has removed what was built for later days, and that its day is the newest."""
    assert found.release.process_date == day
    later = {name: [value for value in found.tables[name] if value > day] for name in GOLD}
    assert not any(later.values()), f"{later} are still there"


def _published(table: StoredTable) -> dict[str, tuple[str, str]]:
    return {value: (found.location, found.parameters.get(FINGERPRINT, "")) for value, found in table.contents.items()}


def _until(of: Mapping[str, str], day: str) -> dict[str, str]:
    return {value: text for value, text in of.items() if value <= day}


_parsed: dict[bytes, list[dict[str, Any]]] = {}


def _rows(objects: Mapping[tuple[str, str], bytes], prefix: str, within: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for (bucket, key), body in objects.items():
        if bucket == SETTINGS.lake_bucket and key.startswith(prefix) and within in key:
            if body not in _parsed:
                _parsed[body] = pq.read_table(io.BytesIO(body)).to_pylist()
            found += _parsed[body]
    return found


def current(chain: SmallChain) -> Release | None:
    """Return the release that readers see."""
    return current_release(chain.session.glue, DATABASE)

"""Rollback: a table goes back to its state in an earlier release, and its partitions are held there until lifted.

The partitions are pointed to the files that they had then. Nothing is built for that, but everything downstream is
built again from the state that was gone back to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime

from biz_insights.aws import s3
from biz_insights.errors import PermanentError
from biz_insights.gold.definition import gold_tables
from biz_insights.gold.periods import process_date_with_cutoff
from biz_insights.lake.audited_partitions import AuditedPartition, audited_partitions
from biz_insights.lake.audits import require_audit, table_build
from biz_insights.lake.builds import Column, PartitionBuild, TableBuild
from biz_insights.lake.catalog import Catalog, PublishedPartition
from biz_insights.lake.holds import Hold, lift_hold, read_hold, set_hold
from biz_insights.lake.integrity import check_footers
from biz_insights.lake.past_states import PastPartition, RecordedChange, state_at
from biz_insights.lake.table_parameters import INPUT_FINGERPRINT
from biz_insights.steps.audited_publish import audit_builds, publish_audited
from biz_insights.steps.lake_access import open_lake
from biz_insights.steps.operator_runs import require_release, write_outcome
from biz_insights.steps.run_context import RunContext, rows
from biz_schema.bronze_tables import BRONZE_TABLES
from biz_schema.operations_tables import PUBLISH_HISTORY
from biz_schema.score_tables import SCORE_TABLES
from biz_schema.silver_tables import ROW_LEDGER, SILVER_ORDER_ITEMS, SILVER_TABLES

AS_OF = ("as_of_date", "cutoff_date")
"""Kinds of partition that are audited for a date of their own."""

SHOWN = 5


def checkpoint_of(table: str) -> str:
    """Return the checkpoint that audits a table which can be rolled back.

    Raises:
        PermanentError: there is no such table, or it only grows.
    """
    if table in BRONZE_TABLES or table == ROW_LEDGER.name:
        raise PermanentError(
            f"{table} cannot be rolled back: batches are only added to it. To go back to an earlier batch, clear the "
            "run that exported it, with its id in the setting go_back_run"
        )
    if table in SILVER_TABLES:
        return "silver"
    if table in SCORE_TABLES:
        return "scores"
    gold = gold_tables().get(table)
    if gold is None or gold.kind == "views":
        tables = sorted({*SILVER_TABLES, *SCORE_TABLES, *(t.name for t in gold_tables().values() if t.kind != "views")})
        tables.remove(ROW_LEDGER.name)
        raise PermanentError(f"{table!r} is not a table that can be rolled back; choose one of {', '.join(tables)}")
    return table


def plan_rollback(run: RunContext, table: str, release: int, partition: str, reason: str) -> str:
    """Find the state to go back to, check its files, and store the plan. Return its address.

    Args:
        run: the run.
        table: the table.
        release: number of the release whose state is wanted.
        partition: the partition value; empty means every partition that differs.
        reason: why, for those who find the table held later.

    Raises:
        PermanentError: the rollback is refused; the message says why, and what to do instead.
    """
    checkpoint = checkpoint_of(table)
    current = require_release(run)
    open_lake(run, fresh=True)
    if not 1 <= release <= current.number:
        raise PermanentError(
            f"there is no release {release}: readers see release {current.number}; make history TABLE={table} lists "
            "the releases that changed the table"
        )
    _require_not_held(run.working, table)
    now = {v: PastPartition(p.location, p.fingerprint) for v, p in run.working.partitions(table).items()}
    if not now:
        raise PermanentError(f"{table} is not published, so it has no earlier state; run business_insights_daily")
    changes, runs = recorded_changes(run, table)
    then = state_at(table, release, now, changes)
    if not then:
        raise PermanentError(f"release {release} had no {table}; make history TABLE={table} lists those that have it")
    wanted = _differing(table, release, partition, now, then)
    recorded = _recorded(run, table, checkpoint, {v: then[v] for v in wanted if v in then}, release, runs)
    build = _build(run.working, table, wanted, then, recorded)
    _require_files(run, build, release)
    newest = {value: now[value].fingerprint if value in now else "" for value in wanted}
    at = datetime.now(UTC).isoformat(timespec="seconds")
    plan = {
        "checkpoint": checkpoint,
        "build": asdict(build),
        "hold": asdict(Hold(release, run.run, at, reason, newest)),
    }
    uri = run.settings.lake_uri(f"ops/rollbacks/{run.run}/plan-try={run.try_number}.json")
    s3.put_json(run.session, uri, plan)
    return uri


def audit_rollback(run: RunContext, plan_uri: str) -> list[str]:
    """Run the table's checkpoint on the partitions. Return the addresses of the passed audits.

    Partitions as of a date are audited one by one, each as of its own date.
    """
    open_lake(run)
    plan = s3.get_json(run.session, plan_uri)
    build = table_build(plan["build"])
    audits = []
    for part, day in _audits_of(run, build):
        audited = replace(run, process_date=day)
        record = part.partitions[0].value if len(part.partitions) == 1 else ""
        audits.append(audit_builds(audited, plan["checkpoint"], [part], plan_uri, record=record))
    return audits


def publish_rollback(run: RunContext, plan_uri: str, audits: list[str]) -> list[str]:
    """Point the partitions to the earlier files in the working slot, and mark them as held."""
    open_lake(run)
    plan = s3.get_json(run.session, plan_uri)
    lines = []
    for uri in audits:
        lines += publish_audited(run, require_audit(run.session, uri, plan_uri))
    table, hold = plan["build"]["table"], Hold(**plan["hold"])
    set_hold(run.working, table, hold)
    return [*lines, f"{table}: {hold.text}"]


def lift_rollback(run: RunContext, table: str) -> str:
    """Remove the mark of a rolled-back table, so that what differs is built again. Return what was held.

    Readers do not see the mark, so it is removed from both slots.

    Raises:
        PermanentError: nothing of the table is held.
    """
    checkpoint_of(table)
    require_release(run)
    open_lake(run, fresh=True)
    hold = read_hold(run.released, table)
    if hold is None:
        raise PermanentError(f"nothing of {table} is held, so there is nothing to lift")
    for catalog in (run.working, run.released):
        if table in SILVER_TABLES:
            # Otherwise the next run would take silver for up to date.
            catalog.set_parameter(SILVER_ORDER_ITEMS.name, INPUT_FINGERPRINT, "")
        lift_hold(catalog, table)
    return f"{table}: no longer held ({hold.text}). {_built_again(run, table, hold)}"


def report_rollback(run: RunContext, lines: list[str], switched: str | None) -> str:
    """Write and return what the run did."""
    return write_outcome(run, "\n".join([*lines, switched or "nothing is new for readers"]))


def _require_not_held(catalog: Catalog, table: str) -> None:
    hold = read_hold(catalog, table)
    if hold is not None:
        raise PermanentError(
            f"{table} was rolled back already: {hold.text}; lift that first with make rollback TABLE={table} LIFT=1"
        )


def recorded_changes(run: RunContext, table: str) -> tuple[list[RecordedChange], set[str]]:
    """Return all recorded changes of the table, and the runs that made them."""
    sql = (
        'SELECT release, "partition", change, old_location, new_location, fingerprint, run '
        f"FROM {PUBLISH_HISTORY.name} WHERE table_name = %(table)s"
    )
    found = rows(run.reader(run.catalog(run.settings.published_database)), sql, {"table": table})
    runs = {row.pop("run") for row in found}
    return [RecordedChange(**{**row, "release": int(row["release"])}) for row in found], runs


def _differing(
    table: str, release: int, partition: str, now: Mapping[str, PastPartition], then: Mapping[str, PastPartition]
) -> list[str]:
    """Return the partitions to go back with: those that differ, or the one that was asked for."""
    if partition and partition not in {*now, *then}:
        raise PermanentError(
            f"{table} has no partition {partition}, neither now nor in release {release}; its newest partition is "
            f"{max(now)!r}"
        )
    values = [partition] if partition else sorted(now.keys() | then.keys())
    wanted = [value for value in values if now.get(value) != then.get(value)]
    if not wanted:
        what = f"partition {partition} of {table}" if partition else table
        raise PermanentError(
            f"{what} is as it was in release {release} already; make history TABLE={table} lists what changed it"
        )
    return wanted


def _recorded(
    run: RunContext,
    table: str,
    checkpoint: str,
    then: Mapping[str, PastPartition],
    release: int,
    runs: set[str],
) -> dict[str, AuditedPartition]:
    """Return what the audits recorded of the earlier partitions, by location.

    Raises:
        PermanentError: a partition has no record, or the table had other columns.
    """
    ops = run.settings.lake_uri("ops/")
    locations = {partition.location for partition in then.values()}
    found = audited_partitions(run.session, ops, table, checkpoint, locations, runs)
    unknown = sorted(value for value, partition in then.items() if partition.location not in found)
    if unknown:
        raise PermanentError(
            f"{table} cannot go back to release {release}: no record of a passed audit says what {_list(unknown)} "
            "held, so it cannot be checked whether the files are complete; build the table again with full_refresh"
        )
    columns = set(run.working.columns(table))
    for value, partition in sorted(then.items()):
        earlier = set(found[partition.location].columns)
        if earlier != columns:
            names = sorted({column.name for column in earlier ^ columns})
            raise PermanentError(
                f"{table} cannot go back to release {release}: its columns have changed since ({', '.join(names)} in "
                f"{value or 'the table'}); restore the earlier definition in the code and run with full_refresh"
            )
    return found


def _build(
    catalog: Catalog,
    table: str,
    wanted: list[str],
    then: Mapping[str, PastPartition],
    recorded: Mapping[str, AuditedPartition],
) -> TableBuild:
    """Return the earlier partitions as a build."""
    key = catalog.partition_key(table)
    described = catalog.table(table) or {}
    kinds = {column["Name"]: column["Type"] for column in described.get("PartitionKeys", ())}
    return TableBuild(
        table=table,
        columns=catalog.columns(table),
        partition_key=Column(key, kinds[key]) if key else None,
        partitions=tuple(_partition(value, then[value], recorded) for value in wanted if value in then),
        removed=tuple(value for value in wanted if value not in then),
    )


def _partition(value: str, then: PastPartition, recorded: Mapping[str, AuditedPartition]) -> PartitionBuild:
    return replace(recorded[then.location].partition, value=value, location=then.location, fingerprint=then.fingerprint)


def _require_files(run: RunContext, build: TableBuild, release: int) -> None:
    """Check that the files of the earlier partitions are still there, complete and readable.

    Raises:
        PermanentError: they are not.
    """
    parts = [PublishedPartition(**asdict(partition)) for partition in build.partitions]
    broken = check_footers(run.session, [(build.table, part) for part in parts]).broken.get(build.table, {})
    if broken:
        locations = {part.value: part.location for part in parts}
        first = sorted(broken)[0]
        raise PermanentError(
            f"{build.table} cannot go back to release {release}: the files of {_list(sorted(broken))} are gone or "
            f"damaged ({locations[first]}: {broken[first]}); lake_maintenance removes files that no release has needed "
            "for its retention time. Go back to a later release, or restore them from the bucket's versions"
        )


def _audits_of(run: RunContext, build: TableBuild) -> list[tuple[TableBuild, str]]:
    """Return the parts of the build that are audited together, each with the process date of its audit."""
    kind = build.partition_key.name if build.partition_key else ""
    if kind not in AS_OF or not build.partitions:
        return [(build, run.process_date)]
    days = {
        partition.value: partition.value if kind == "as_of_date" else process_date_with_cutoff(partition.value)
        for partition in build.partitions
    }
    parts = [(replace(build, partitions=(p,), removed=()), days[p.value]) for p in build.partitions]
    # What is removed goes with the first one: it is not audited, and must be published.
    (first, day), *others = parts
    return [(replace(first, removed=build.removed), day), *others]


def _built_again(run: RunContext, table: str, hold: Hold) -> str:
    if table in SILVER_TABLES:
        return "The next run builds what differs; make replay does it now"
    older = sorted(value for value in hold.partitions if value != run.process_date)
    kind = run.working.partition_key(table)
    if kind == "as_of_date" and older:
        return f"Trigger business_insights_daily with process_date {_list(older)} to build these days again"
    return "This run builds what differs"


def _list(values: list[str]) -> str:
    shown = [value or "the whole table" for value in values[:SHOWN]]
    more = len(values) - SHOWN
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")

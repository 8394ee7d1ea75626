"""Gold: plan each table from what it reads, audit what Athena built, publish it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from biz_insights.errors import PermanentError
from biz_insights.gold.definition import GoldTable, gold_tables
from biz_insights.gold.periods import cutoff_date
from biz_insights.gold.plan import AS_OF, CLOSED_PERIODS, GoldPlan, plan_gold, wanted_fingerprints
from biz_insights.lake.audits import build_identity, require_audit
from biz_insights.lake.builds import Column, PartitionBuild, TableBuild
from biz_insights.lake.holds import held_partitions
from biz_insights.lake.publish import publish
from biz_insights.steps.audited_publish import audit_builds, is_released, publish_audited, retire_table
from biz_insights.steps.lake_access import open_lake
from biz_insights.steps.run_context import RunContext
from biz_schema.score_tables import SCORE_TABLES

NO_FILES = "published/_no_files/"
"""Location of a partition whose SELECT returned no row (for example a day with test orders only). Nothing is written
there."""


def plan_table(run: RunContext, name: str, full_refresh: bool) -> GoldPlan:
    """Return the plan of a gold table: the partitions whose inputs or SQL changed, except for held ones."""
    open_lake(run)
    return plan_gold(
        gold_tables()[name],
        process_date=planned_day(run, gold_tables()[name]),
        partition_key_of=run.working.partition_key,
        published=run.working.fingerprints,
        database=run.working.database,
        name_of_database=run.settings.published_database,
        full_refresh=full_refresh,
        held=held_partitions(run.working, name),
    )


def require_inputs(run: RunContext, plan: Mapping[str, Any]) -> None:
    """Check that what the plan was made from is what the working slot holds now.

    Raises:
        PermanentError: another run has published an input since, or readers were switched to the slot of the plan.
    """
    table = plan["table"]
    again = f"clear {table}'s plan task with its downstream tasks"
    if plan["database"] != run.working.database:
        raise PermanentError(
            f"{table} was planned on {plan['database']}, which readers see since release "
            f"{run.current.number if run.current else 0}; {again}"
        )
    wanted = wanted_fingerprints(
        gold_tables()[table],
        process_date=planned_day(run, gold_tables()[table]),
        partition_key_of=run.working.partition_key,
        published=run.working.fingerprints,
        name_of_database=run.settings.published_database,
    )
    moved = sorted(value for value, digest in plan["fingerprints"].items() if wanted.get(value) != digest)
    back = sorted(value for value in plan["removed"] if value in wanted)
    if moved or back:
        values = [*moved, *back]
        raise PermanentError(
            f"{table} was built from inputs that have changed since its plan, in {len(values)} partition(s), first "
            f"{values[0]}; {again}"
        )


def gather_build(run: RunContext, plan: Mapping[str, Any], parts: list[str]) -> TableBuild:
    """Return one build from the tables `parts` that the CTAS statements of the plan created.

    Raises:
        PermanentError: one of the tables is gone. Its dates would be taken for dates without rows.
    """
    columns = [run.candidates.columns(part) for part in parts]
    located = {
        value: partition.location for part in parts for value, partition in run.candidates.partitions(part).items()
    }
    empty = run.settings.lake_uri(NO_FILES)
    return TableBuild(
        table=plan["table"],
        columns=columns[0] if columns else run.working.columns(plan["table"]),
        partition_key=Column(plan["partition"], "date"),
        partitions=tuple(
            PartitionBuild(value, located.get(value, empty), digest)
            for value, digest in sorted(plan["fingerprints"].items())
        ),
        removed=tuple(plan["removed"]),
    )


def audit_table(run: RunContext, plan: dict[str, Any], parts: list[str]) -> str:
    """Run the checkpoint on the new partitions of the table. Return the address of the passed audit."""
    open_lake(run)
    require_inputs(run, plan)
    build = gather_build(run, plan, parts)
    return audit_builds(run, build.table, [build], parts, parts)


def publish_table(run: RunContext, plan: dict[str, Any], parts: list[str], audit_uri: str) -> list[str]:
    """Publish the table, and remove the table that it replaces from the catalog."""
    open_lake(run)
    passed = require_audit(run.session, audit_uri, build_identity(parts))
    if is_released(run, passed):
        return []
    require_inputs(run, plan)
    lines = publish_audited(run, passed)
    table = gold_tables()[plan["table"]]
    return lines + (retire_table(run, table.renamed_from, table.name) if table.renamed_from else [])


def planned_day(run: RunContext, table: GoldTable) -> str:
    """Return the day up to which a table is built.

    What is not as of a date is always built up to the newest published day, also in a run for an earlier one.
    """
    return run.process_date if table.partition in AS_OF else run.newest_day


def outdated_tables(run: RunContext) -> list[str]:
    """Return the gold tables of the working slot that were not built from what the slot holds.

    Partitions that are held after a rollback do not count.
    """
    found = []
    for table in built_tables():
        plan = plan_gold(
            table,
            process_date=planned_day(run, table),
            partition_key_of=run.working.partition_key,
            published=run.working.fingerprints,
            database=run.working.database,
            name_of_database=run.settings.published_database,
            held=held_partitions(run.working, table.name),
        )
        if not plan.is_empty:
            found.append(table.name)
    return found


def built_tables() -> list[GoldTable]:
    """Return the facts and marts."""
    return [table for table in gold_tables().values() if table.kind != "views"]


def remove_later_partitions(run: RunContext) -> None:
    """Remove the partitions of gold and scores that hold a later day than the run's. Their files stay."""
    keys = {table.name: table.partition for table in built_tables()} | dict.fromkeys(SCORE_TABLES, "as_of_date")
    for name, key in keys.items():
        last = cutoff_date(run.process_date) if key == "cutoff_date" else run.process_date
        if key in CLOSED_PERIODS:
            last = CLOSED_PERIODS[key].latest(run.process_date)
        later = tuple(value for value in run.working.partitions(name) if value > last)
        if later:
            build = TableBuild(name, run.working.columns(name), Column(key, "date"), (), later)
            publish(run.working, build, run.table_root(name))

"""Gold: plan each table from what it reads, audit what Athena built, publish it."""

from __future__ import annotations

from typing import Any

from biz_insights.gold.definition import gold_tables
from biz_insights.gold.plan import GoldPlan, plan_gold
from biz_insights.lake.builds import Column, PartitionBuild, TableBuild
from biz_insights.steps.run_context import RunContext

NO_FILES = "published/_no_files/"
"""Location of a partition whose SELECT returned no row (for example a day with test orders only). Nothing is written
there."""


def plan_table(run: RunContext, name: str, full_refresh: bool) -> GoldPlan:
    """Return the plan of a gold table: the partitions whose inputs or SQL changed."""
    return plan_gold(
        gold_tables()[name],
        process_date=run.process_date,
        partition_key_of=run.published.partition_key,
        published=run.published.fingerprints,
        database=run.settings.published_database,
        full_refresh=full_refresh,
    )


def gather_build(run: RunContext, plan: dict[str, Any], parts: list[str]) -> TableBuild:
    """Return one build from the tables `parts` that the CTAS statements of the plan created."""
    located = {
        value: partition.location for part in parts for value, partition in run.candidates.partitions(part).items()
    }
    empty = run.settings.lake_uri(NO_FILES)
    return TableBuild(
        table=plan["table"],
        columns=run.candidates.columns(parts[0]) if parts else run.published.columns(plan["table"]),
        partition_key=Column(plan["partition"], "date"),
        partitions=tuple(
            PartitionBuild(value, located.get(value, empty), digest)
            for value, digest in sorted(plan["fingerprints"].items())
        ),
        removed=tuple(plan["removed"]),
    )


def audit_table(run: RunContext, plan: dict[str, Any], parts: list[str]) -> dict[str, str]:
    """Run the checkpoint on the new partitions of the table. Return the candidate name by table."""
    build = gather_build(run, plan, parts)
    return run.stage_and_audit(build.table, [build])


def publish_table(run: RunContext, plan: dict[str, Any], parts: list[str], staged: dict[str, str]) -> list[str]:
    """Publish the table, and remove the table that it replaces from the catalog."""
    lines = run.publish_builds([gather_build(run, plan, parts)], [*parts, *staged.values()])
    table = gold_tables()[plan["table"]]
    return lines + (run.retire_table(table.renamed_from, table.name) if table.renamed_from else [])

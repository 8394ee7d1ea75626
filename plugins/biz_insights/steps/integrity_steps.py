"""The integrity of what is published: files that were lost or cut off are found, and exactly they are built again.

The catalog stores how many files each partition has, and their bytes. Each run compares that with a listing of the
lake. A partition whose files differ loses its fingerprint in the working slot, so the run takes it for changed and
builds it again. Readers see the repaired state with the run's release.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable

from biz_insights.gold.definition import gold_tables
from biz_insights.gold.periods import cutoff_date
from biz_insights.lake.holds import held_partitions
from biz_insights.lake.integrity import check_files
from biz_insights.lake.publish import forget_fingerprints
from biz_insights.lake.slots import read_slot
from biz_insights.lake.table_parameters import CURRENT_BATCH, INPUT_FINGERPRINT
from biz_insights.steps.lake_access import open_lake
from biz_insights.steps.run_context import RunContext
from biz_schema.bronze_tables import BRONZE_TABLES
from biz_schema.score_tables import SCORE_TABLES
from biz_schema.silver_tables import ROW_LEDGER, SILVER_ORDER_ITEMS, SILVER_TABLES

log = logging.getLogger(__name__)


def check_published(run: RunContext) -> dict[str, list[str]]:
    """Compare the published files with the catalog, and have broken partitions built again.

    Returns:
        The broken partition values by table. The log says what is wrong with each, and who repairs it.
    """
    open_lake(run)
    names = read_slot(run.working)
    published = [(name, part) for name in names for part in run.working.partitions(name).values()]
    found = check_files(run.session, published)
    for table, reasons in sorted(found.broken.items()):
        held = held_partitions(run.working, table)
        for value in sorted(held & set(reasons)):
            log.warning("%s %s: %s; %s", table, value or "as a whole", reasons[value], _lift(table))
        reasons = {value: reason for value, reason in reasons.items() if value not in held}
        if not reasons:
            continue
        forget_fingerprints(run.working, table, reasons)
        if table in SILVER_TABLES:
            run.working.set_parameter(SILVER_ORDER_ITEMS.name, INPUT_FINGERPRINT, "")
        repaired = _repaired(run, table, reasons)
        for value, reason in sorted(reasons.items()):
            what_next = "built again by this run" if value in repaired else _way_out(run, table, value)
            log.warning("%s %s: %s; %s", table, value or "as a whole", reason, what_next)
    return {table: sorted(reasons) for table, reasons in found.broken.items()}


def _repaired(run: RunContext, table: str, broken: Iterable[str]) -> Collection[str]:
    """Return the broken partitions that this run builds: all of silver and the daily facts, and those of its day.

    A run for an earlier day leaves bronze and silver as they are.
    """
    if run.is_for_earlier_day and _is_source_layer(table):
        return ()
    if _is_by_batch(table):
        return {value for value in broken if value == run.working.parameter(table, CURRENT_BATCH)}
    gold = gold_tables().get(table)
    if table in SCORE_TABLES or (gold is not None and gold.partition == "as_of_date"):
        return {run.process_date} & set(broken)
    if gold is not None and gold.partition == "cutoff_date":
        return {cutoff_date(run.process_date)} & set(broken)
    return {value for value in broken if gold is None or value <= run.newest_day}


def _lift(table: str) -> str:
    return f"it is held after a rollback and not built again; lift that with make rollback TABLE={table} LIFT=1"


def _way_out(run: RunContext, table: str, value: str) -> str:
    if run.is_for_earlier_day and _is_source_layer(table):
        return f"trigger the DAG with process_date {run.newest_day} to build it again"
    if _is_by_batch(table):
        return "an earlier batch is not built again; restore its files from the bucket's versions"
    return f"trigger the DAG with process_date {value} to build it again"


def _is_source_layer(table: str) -> bool:
    """Return whether a table belongs to bronze or silver."""
    return table in BRONZE_TABLES or table in SILVER_TABLES


def _is_by_batch(table: str) -> bool:
    """Return whether the partitions of a table are batches, of which a run builds its own only."""
    return table in BRONZE_TABLES or table == ROW_LEDGER.name

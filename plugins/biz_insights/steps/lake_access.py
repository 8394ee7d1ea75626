"""Access to the lake for one task: the lease, and a working slot that is ready for the run."""

from __future__ import annotations

import logging
from typing import Any

from biz_insights.lake.adoption import adopt, directly_published, set_history_aside
from biz_insights.lake.current_release import other_slot
from biz_insights.lake.lease import LeaseHeldError
from biz_insights.lake.releases import release_after
from biz_insights.lake.slots import copy_slot
from biz_insights.lake.table_parameters import CURRENT_BATCH
from biz_insights.steps.run_context import RunContext
from biz_schema.silver_tables import ROW_LEDGER

log = logging.getLogger(__name__)

ENDED = ("success", "failed")
"""States of a DAG run in which none of its tasks writes."""


def open_lake(run: RunContext, *, fresh: bool = False) -> None:
    """Take or renew the lease, and make the working slot ready. Call it at the start of each step.

    The slot is a copy of the release that readers see. What this run, or an earlier run for the same day that failed,
    has already published there stays: a retry or a new run goes on where that one stopped.

    Args:
        fresh: start from the release that readers see, whatever a run has left in the slot. Only this run then goes
            on with what it does there.

    Raises:
        LeaseHeldError: another run holds the lease; a retry may succeed.
    """
    run.lease.acquire(run.holder, may_take_over=run_has_ended)
    run.releases.prepare()
    if run.current is None:
        _adopt_tables(run)
    current = run.current
    if current is not None and run.releases.complete(current):
        log.warning("release %d had no history; its changes were added to publish_history", current.number)
    slot = other_slot(current.slot if current else None)
    number = current.number if current else 0
    base = {"release": number, "process_date": run.process_date}
    own = {**base, "run": run.run}
    stored = run.releases.slot_base(slot)
    if stored in (base, own) and not fresh:
        return
    # A slot that no run has opened since readers left it differs only by the release that came after it.
    is_untouched = current is not None and number > 1 and stored.get("release") == number - 2
    names = run.releases.changed_tables(current) if current is not None and is_untouched else None
    # A copy that is interrupted leaves a mixture, which no run may take for its own work.
    run.releases.set_slot_base(slot, {})
    copied = copy_slot(run.released, run.working, names)
    run.releases.set_slot_base(slot, own if fresh else base)
    log.info("slot %s starts from release %d; %d tables were brought up to date", slot, number, len(copied))


def _adopt_tables(run: RunContext) -> None:
    """Make release 1 of what an earlier version has published directly, if there is anything."""
    published = run.catalog(run.settings.published_database)
    set_history_aside(published)
    tables = directly_published(published)
    if not tables:
        return
    slot = run.released
    adopt(tables, slot)
    days = [day for name in tables if slot.partition_key(name) == "as_of_date" for day in slot.partitions(name)]
    release = release_after(
        None,
        slot=slot.database.rpartition("_")[2],
        run=run.run,
        try_number=run.try_number,
        process_date=max(days, default=run.process_date),
        batch_id=slot.parameter(ROW_LEDGER.name, CURRENT_BATCH) or "",
        snapshot_at="",
    )
    run.releases.switch(release, [], sorted(tables))
    run.current = release
    log.info("release 1 is what an earlier version had published: %d tables", len(tables))


def take_lease(run: RunContext) -> bool:
    """Take the lease. Return False while another run holds it."""
    try:
        run.lease.acquire(run.holder, may_take_over=run_has_ended)
    except LeaseHeldError as error:
        log.info(error)
        return False
    return True


def run_has_ended(holder: str) -> bool:
    """Return whether a DAG run that holds the lease has ended without releasing it, for example when it was killed."""
    dag_id, _, run_id = holder.partition("/")
    state = dag_run_state(dag_id, run_id)
    if state in ENDED:
        log.warning("taking over the lease of %s: that run is %s", holder, state)
    return state in ENDED


def dag_run_state(dag_id: str, run_id: str) -> str | None:
    """Return the state of a DAG run, or None when Airflow does not know it."""
    from airflow.sdk import get_current_context
    from airflow.sdk.exceptions import AirflowRuntimeError

    ti: Any = get_current_context()["ti"]
    try:
        state = ti.get_dagrun_state(dag_id=dag_id, run_id=run_id)
    except AirflowRuntimeError:
        return None
    # A member of the SDK's own enumeration, whose text is `DagRunState.FAILED`.
    return str(getattr(state, "value", state))

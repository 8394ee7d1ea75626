"""Forget a customer: find every trace, take the customer out of what is built and published, delete the rest, prove it.

The orders stay, as those of a guest, so sales and the ledger do not change. No result, message or record of these
steps contains the id.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

from biz_insights.aws import s3
from biz_insights.errors import PermanentError
from biz_insights.gold.periods import cutoff_date
from biz_insights.lake.erasure import point_to, rewrite_files, without_names, without_rows
from biz_insights.lake.file_sizes import listed
from biz_insights.lake.forgotten_list import add_to_list, read_list
from biz_insights.lake.holds import read_holds
from biz_insights.lake.objects import listed_objects
from biz_insights.lake.slots import StoredTable, read_slot
from biz_insights.lake.table_parameters import CURRENT_BATCH, CURRENT_RUN, SNAPSHOT_AT
from biz_insights.lake.trace_scan import by_top_folder, scan
from biz_insights.lake.traces import Customer, UnreadableFileError, names_customer, read_parquet, row_mask
from biz_insights.steps.audited_publish import audit_builds
from biz_insights.steps.bronze_steps import bronze_manifest
from biz_insights.steps.forgotten_guard import list_uri, require_list
from biz_insights.steps.lake_access import open_lake
from biz_insights.steps.run_context import RunContext
from biz_schema.bronze_tables import BRONZE_TABLES, INGESTION_COLUMNS
from biz_schema.forgotten_customers import APP_COLUMN, BLANKS, CARD_COLUMN, USER_COLUMN
from biz_schema.silver_tables import ROW_LEDGER, SILVER_ORDER_ITEMS
from biz_schema.source_tables import ORDER_ITEMS, SOURCE_TABLES

log = logging.getLogger(__name__)

LINES = ORDER_ITEMS.bronze_name
SCRUBBED_KEYS = ("as_of_date", "cutoff_date")
"""Partition keys of tables that hold one state for each date. The flow builds the newest one only."""


def requested(user_id: str, app_name: str, confirm: str) -> tuple[str, str]:
    """Return user id and channel as silver writes them.

    Raises:
        PermanentError: there is no id, or the confirmation is another text.
    """
    user, app = user_id.strip(BLANKS), " ".join(app_name.split())
    if not user:
        raise PermanentError("customer is empty; give the user id, as the source has it")
    if confirm and confirm.strip(BLANKS) != user:
        raise PermanentError("confirm is not the same text as customer, so nothing was changed; repeat the user id")
    return user, app


def customer_of(run: RunContext, user_id: str, app_name: str) -> Customer:
    """Return who is looked for, with the list as it is stored."""
    user, app = requested(user_id, app_name, "")
    return Customer(user, app, read_list(run.session, list_uri(run)))


def find(run: RunContext, user_id: str, app_name: str, confirm: str) -> dict[str, Any]:
    """Look through the whole lake and ask the source database. Nothing changes.

    Returns:
        `objects` and `bytes` that were read, `found` (objects by folder), `source_lines`, `is_confirmed`, `message`.
    """
    requested(user_id, app_name, confirm)
    customer = customer_of(run, user_id, app_name)
    traces = scan(run.session, listed_objects(run.session, run.settings.lake_uri("")), customer)
    found: dict[str, Any] = {
        "objects": traces.objects,
        "bytes": traces.size,
        "found": by_top_folder(traces.found),
        "source_lines": source_lines(run, customer),
        "is_confirmed": bool(confirm),
    }
    survey = {**found, "message": _found_message(found)}
    s3.put_json(run.session, run.settings.lake_uri(f"erasure/surveys/{run.run}.json"), survey)
    return survey


def source_lines(run: RunContext, customer: Customer) -> int | None:
    """Return the lines of the customer in the source database; None when it cannot be asked."""
    import psycopg

    from biz_insights.source.database import connect

    sql = f"SELECT count(*) FROM {ORDER_ITEMS.name} WHERE trim({USER_COLUMN}) = %s"
    values = [customer.user_id]
    if customer.app_name:
        sql += rf" AND regexp_replace(trim({APP_COLUMN}), '\s+', ' ', 'g') = %s"
        values.append(customer.app_name)
    try:
        with connect(run.settings) as connection:
            return int(connection.execute(sql, values).fetchone()[0])
    except psycopg.Error as error:
        log.warning("the source database could not be asked: %s", type(error).__name__)
        return None


def prepare(run: RunContext, user_id: str, app_name: str) -> dict[str, Any]:
    """Start from what readers see, put the customer and their cards on the list, and return what to build again.

    Raises:
        PermanentError: nothing is published yet, the list of forgotten customers lacks some, or a table is held, so
            that its builds would not reach readers.
    """
    current = run.current
    if current is None:
        raise PermanentError(
            "nothing is published yet, so there is nothing to build again; run business_insights_daily"
        )
    if holds := read_holds(run.released):
        table, hold = next(iter(holds.items()))
        raise PermanentError(
            f"{table} was rolled back and is not built again: {hold.text}. Lift that first with make rollback "
            f"TABLE={table} LIFT=1, then clear prepare with its downstream tasks"
        )
    run.process_date = current.process_date
    # Without this a lost list would begin anew, with this customer only.
    require_list(run, "prepare with its downstream tasks")
    open_lake(run, fresh=True)
    user, app = requested(user_id, app_name, "")
    cards = _cards(run, Customer(user, app))
    add_to_list(run.session, list_uri(run), app, user, cards)
    batch, bronze_run = (run.working.parameter(LINES, name) for name in (CURRENT_BATCH, CURRENT_RUN))
    if not batch or not bronze_run:
        raise PermanentError(f"{LINES} does not say which batch is current; run business_insights_daily first")
    return {
        "bronze_run": bronze_run,
        "batch_id": batch,
        "snapshot_at": run.working.parameter(SILVER_ORDER_ITEMS.name, SNAPSHOT_AT) or current.released_at,
        "database_rows": _database_rows(run, batch),
    }


def audit_bronze(run: RunContext, job_run_id: str, plan: dict[str, Any]) -> str:
    """Check that the batch has the rows that it had, and run its checkpoint. Return the address of the passed audit.

    Raises:
        PermanentError: a table has another number of rows than before, or the list lacks customers.
    """
    open_lake(run)
    require_list(run, "bronze.build with its downstream tasks")
    before, after = bronze_manifest(run, plan["bronze_run"]), bronze_manifest(run, job_run_id)
    for table in (source.bronze_name for source in SOURCE_TABLES):
        if before.rows(table) != after.rows(table):
            raise PermanentError(
                f"{table}: the batch {plan['batch_id']} has {after.rows(table):,} rows without the customer and had "
                f"{before.rows(table):,}; clear bronze.build with its downstream tasks"
            )
    return audit_builds(run, "bronze", [after.build(source.bronze_name) for source in SOURCE_TABLES], job_run_id)


def rewrite_earlier_dates(run: RunContext, user_id: str, app_name: str) -> dict[str, int]:
    """Rewrite the partitions that no build makes again: earlier dates and earlier batches. Return how many, by table.

    Sales of these dates do not change, because tables with sales of a day have no customers.
    """
    open_lake(run)
    customer = customer_of(run, user_id, app_name)
    done: dict[str, int] = {}
    for name, table in read_slot(run.working).items():
        kept = (*ORDER_ITEMS.column_names, *INGESTION_COLUMNS) if name == LINES else ()
        for value in _values_to_rewrite(run, name, table):
            location = table.partitions[value].location
            if not _holds(run, location, customer):
                continue
            key = table.definition["PartitionKeys"][0]["Name"]
            target = f"{_layer_of(location)}{name}/run=forget-{run.run}-t{run.try_number}/{key}={value}/"

            def rewritten(rows: Any, who: Customer, kept: tuple[str, ...] = kept) -> Any:
                return without_names(rows, who, kept) if kept else without_rows(rows, who)

            statistics = rewrite_files(run.session, location, target, customer, rewritten)
            run.lease.require(run.holder)
            point_to(run.working, name, value, target, statistics)
            done[name] = done.get(name, 0) + 1
    return done


def _values_to_rewrite(run: RunContext, name: str, table: StoredTable) -> list[str]:
    keys = [key["Name"] for key in table.definition.get("PartitionKeys", ())]
    if name in BRONZE_TABLES:
        return sorted(set(table.partitions) - {run.working.parameter(name, CURRENT_BATCH)}) if name == LINES else []
    if not keys or keys[0] not in SCRUBBED_KEYS:
        return []
    built = cutoff_date(run.process_date) if keys[0] == "cutoff_date" else run.process_date
    return sorted(set(table.partitions) - {built})


def _holds(run: RunContext, location: str, customer: Customer) -> bool:
    for file in listed(run.session, [location]):
        try:
            if names_customer(s3.get_bytes(run.session, file.uri) or b"", customer):
                return True
        except UnreadableFileError as error:
            raise PermanentError(
                f"{file.uri} cannot be read ({error}), so nobody can say whether it names the customer; restore it "
                "from the bucket's versions, then clear this task"
            ) from error
    return False


def _cards(run: RunContext, customer: Customer) -> set[str]:
    """Return the card numbers on the customer's lines, in every batch that is published."""
    found: set[str] = set()
    for partition in run.working.partitions(LINES).values():
        for file in listed(run.session, [partition.location]):
            rows = read_parquet(s3.get_bytes(run.session, file.uri) or b"")
            mine = rows.select([APP_COLUMN, USER_COLUMN, CARD_COLUMN])
            cards = mine.filter(row_mask(mine.drop_columns([CARD_COLUMN]), customer)).column(CARD_COLUMN).to_pylist()
            found |= {card.strip(BLANKS) for card in cards if card and card.strip(BLANKS)}
    return found


def _database_rows(run: RunContext, batch: str) -> str:
    """Return the rows that the database counted around the snapshot of the batch, as the silver job takes them."""
    counted: dict[str, list[int]] = {}
    location = run.working.partitions(ROW_LEDGER.name)[batch].location
    for file in listed(run.session, [location]):
        for row in read_parquet(s3.get_bytes(run.session, file.uri) or b"").to_pylist():
            if row["database_rows_min"] is not None:
                counted[row["source_table"]] = [row["database_rows_min"], row["database_rows_max"]]
    return json.dumps(counted)


def _layer_of(location: str) -> str:
    scheme, _, path = location.partition("://")
    return f"{scheme}://{'/'.join(path.split('/')[:2])}/"


def _found_message(found: dict[str, Any]) -> str:
    where = ", ".join(f"{count:,} in {folder}/" for folder, count in found["found"].items()) or "none"
    lines = [
        f"{found['objects']:,} objects of {found['bytes'] / 1e6:,.1f} MB were read.",
        f"Objects that name the customer: {where}.",
        source_message(found["source_lines"]),
    ]
    if not found["is_confirmed"]:
        lines.append("Dry run: nothing was changed. To forget the customer, repeat the user id as confirm.")
    return "\n".join(lines)


def source_message(count: int | None) -> str:
    """Return what the owner of the source database must do."""
    if count is None:
        return "The source database could not be asked; its owner must remove the customer there, and from its files."
    if not count:
        return "The source database has no line of the customer."
    return (
        f"The source database still has {count:,} lines of the customer: its owner must remove the id there, and from "
        "its files and backups. Until then each export has them in landing/, and no batch takes them over."
    )


def utc_now() -> str:
    """Return the time as ISO text, UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")

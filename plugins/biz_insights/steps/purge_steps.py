"""After the release without the customer: delete what still names them, and prove that nothing does."""

from __future__ import annotations

import uuid
from typing import Any

from biz_insights.aws import s3
from biz_insights.errors import PermanentError
from biz_insights.lake.check_results import ResultPartition, result_partitions
from biz_insights.lake.erasure import rewrite_files, without_quotes
from biz_insights.lake.history_months import repoint
from biz_insights.lake.leftovers import Ages, unit_of
from biz_insights.lake.objects import StoredObject, delete_objects, listed_objects
from biz_insights.lake.references import References, catalog_locations, references
from biz_insights.lake.slots import read_slot
from biz_insights.lake.trace_scan import by_top_folder, scan, versions_that_name
from biz_insights.lake.traces import Customer, erased
from biz_insights.steps.forget_steps import customer_of, source_lines, source_message, utc_now
from biz_insights.steps.lake_access import open_lake
from biz_insights.steps.lake_references import slot_tables
from biz_insights.steps.run_context import RunContext
from biz_schema.forgotten_customers import user_digest
from biz_schema.operations_tables import DATA_QUALITY_RESULTS

DOCUMENTS = ("quality/", "reports/", "ops/maintenance/")
"""Documents that people have links to: the id in them is replaced. Everything else that is not published is deleted."""


def purge(run: RunContext, user_id: str, app_name: str) -> dict[str, int]:
    """Delete every object that names the customer and that readers do not see, whatever its age.

    The slot that readers have left is made equal to the one that they see, so it needs none of these files. A folder of
    data goes as a whole: a state that was published before cannot be published again without its files, and then the
    way back says so instead of showing a part.

    Returns:
        The number of objects that were deleted or rewritten, by folder.

    Raises:
        PermanentError: something that readers see still names the customer.
    """
    run.process_date = run.current.process_date if run.current else ""
    open_lake(run, fresh=True)
    customer = customer_of(run, user_id, app_name)
    rewrite_quotes(run, customer)
    objects = list(listed_objects(run.session, run.settings.lake_uri("")))
    traces = scan(run.session, objects, customer)
    found = [*traces.found, *traces.unreadable]
    seen = catalog_references(run)
    published = [uri for uri in found if seen.need(uri)]
    if published:
        raise PermanentError(
            f"{len(published)} published file(s) still name the customer or cannot be read, first {published[0]}; "
            "clear prepare with its downstream tasks, and if it comes again see the runbook"
        )
    documents = [uri for uri in found if _is_document(run, uri)]
    for uri in documents:
        run.lease.require(run.holder)
        _replace(run, uri, customer)
    doomed = _with_their_folders(objects, set(found) - set(documents), seen)
    run.lease.require(run.holder)
    delete_objects(run.session, doomed, all_versions=True)
    for version in versions_that_name(run.session, run.settings.lake_uri(""), customer):
        bucket = run.settings.lake_bucket
        run.session.client("s3").delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
    return by_top_folder([*documents, *doomed])


def catalog_references(run: RunContext) -> References:
    """Return what the catalogs name now: both slots, and the tables of the published database."""
    below: set[str] = set()
    roots: set[str] = set()
    published = run.catalog(run.settings.published_database)
    for tables in [*slot_tables(run).values(), read_slot(published)]:
        tables = {name: table for name, table in tables.items() if name != DATA_QUALITY_RESULTS.name}
        locations, of_tables = catalog_locations(tables)
        below |= locations
        roots |= of_tables
    return references(below | {part.location for part in result_partitions(published)}, roots)


def rewrite_quotes(run: RunContext, customer: Customer) -> int:
    """Take the id out of the samples in `data_quality_results`. Return the number of rewritten partitions."""
    published = run.catalog(run.settings.published_database)
    folder = run.settings.lake_uri(f"ops/{DATA_QUALITY_RESULTS.name}/")
    named = {
        uri.rpartition("/")[0] + "/" for uri in scan(run.session, listed_objects(run.session, folder), customer).found
    }
    due: list[ResultPartition] = [part for part in result_partitions(published) if part.location in named]
    for part in due:
        target = f"{part.location.rstrip('/').rpartition('/')[0]}/{uuid.uuid4().hex}/"
        rewrite_files(run.session, part.location, target, customer, without_quotes)
        run.lease.require(run.holder)
        repoint(published, DATA_QUALITY_RESULTS.name, list(part.values), target)
    return len(due)


def prove(run: RunContext, user_id: str, app_name: str, removed: dict[str, int]) -> dict[str, Any]:
    """Read every object of the lake once more. Write a receipt without the id, and return it with its address.

    Raises:
        PermanentError: an object still names the customer, or cannot be read.
    """
    customer = customer_of(run, user_id, app_name)
    run.lease.require(run.holder)
    traces = scan(run.session, listed_objects(run.session, run.settings.lake_uri("")), customer)
    versions = versions_that_name(run.session, run.settings.lake_uri(""), customer)
    left = [*traces.found, *traces.unreadable, *(version["Key"] for version in versions)]
    if left:
        raise PermanentError(
            f"{len(left)} object(s) of the lake still name the customer or cannot be read, first {left[0]}; "
            "clear purge with its downstream tasks"
        )
    lines = source_lines(run, customer)
    receipt: dict[str, Any] = {
        "digest": user_digest(customer.forgotten.salt, customer.app_name, customer.user_id),
        "digest_is": "SHA-256 of the salt of erasure/forgotten.json, the channel and the user id, joined by U+001F",
        "proven_at": utc_now(),
        "run": run.run,
        "release": run.current.number if run.current else None,
        "objects_read": traces.objects,
        "bytes_read": traces.size,
        "objects_that_name_the_customer": 0,
        "earlier_versions_that_name_the_customer": 0,
        "objects_deleted_or_rewritten": removed,
        "source_database": source_message(lines),
        "source_lines": lines,
    }
    uri = run.settings.lake_uri(f"erasure/receipts/{run.run}.json")
    receipt["message"] = (
        f"The lake no longer names the customer: {traces.objects:,} objects of {traces.size / 1e6:,.1f} MB were read, "
        f"and none does.\n{receipt['source_database']}\nReceipt: {uri}\n"
        "Delete the forget_customer runs of this customer in Airflow: their parameters contain the id."
    )
    s3.put_json(run.session, uri, receipt)
    return {**receipt, "uri": uri}


def _is_document(run: RunContext, uri: str) -> bool:
    return uri.startswith(tuple(run.settings.lake_uri(prefix) for prefix in DOCUMENTS))


def _replace(run: RunContext, uri: str, customer: Customer) -> None:
    body = s3.get_bytes(run.session, uri)
    if body is not None:
        kind = {"json": "application/json", "html": "text/html"}.get(uri.rpartition(".")[2], "application/octet-stream")
        s3.put_bytes(run.session, uri, erased(body, customer), kind)


def _with_their_folders(objects: list[StoredObject], found: set[str], seen: References) -> list[str]:
    """Return the objects to delete: those that were found, and the others of their folder or export."""
    ages = Ages(1, 1, 1)
    units = {unit.uri if (unit := unit_of(uri, ages)) else uri for uri in found}
    return [
        stored.uri
        for stored in objects
        if (stored.uri in found or ((unit := unit_of(stored.uri, ages)) is not None and unit.uri in units))
        and not seen.need(stored.uri)
    ]

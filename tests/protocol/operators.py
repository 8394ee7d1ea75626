"""What operators do to the small chain: go back to an earlier release, and delete files that nothing references."""

from __future__ import annotations

from biz_insights.lake.builds import Column, PartitionBuild, TableBuild
from biz_insights.lake.catalog import FINGERPRINT, Catalog
from biz_insights.lake.current_release import slot_database
from biz_insights.lake.lease import LeaseHeldError
from biz_insights.lake.publish import publish
from biz_insights.lake.slots import StoredTable, read_slot
from biz_insights.steps import release_steps
from biz_insights.steps.bronze_steps import CURRENT_BATCH, CURRENT_RUN, SNAPSHOT_AT
from biz_insights.steps.lake_access import open_lake
from biz_insights.steps.silver_steps import INPUT_FINGERPRINT
from tests.protocol.aws_in_memory import Crash
from tests.protocol.dag_runs import InMemoryRun, Scheduler
from tests.protocol.observers import Observer
from tests.protocol.small_chain import DATABASE, SETTINGS, SmallChain

RELEASES_WANTED = 3
"""Maintenance leaves the files of so many releases: an operator can go back to them."""

REPOINTED = (CURRENT_BATCH, CURRENT_RUN, SNAPSHOT_AT, INPUT_FINGERPRINT)


def roll_back(scheduler: Scheduler, observer: Observer, back: int) -> None:
    """Publish the state of an earlier release again, as a release of its own."""
    latest = observer.latest
    number = latest.release.number - back if latest else 0
    if number < 1 or back >= RELEASES_WANTED:
        return
    wanted = observer.kept[number]
    run = scheduler.add(observer.states[number].release.process_date, go_back=True)
    observer.restored = number
    try:
        context = scheduler.context(run, "roll_back")
        open_lake(context, fresh=True)
        repoint(context, wanted)
        release_steps.create_reader_views(context)
        release_steps.switch_release(context)
    except LeaseHeldError:
        run.state = "failed"
    except Crash:
        run.state = "failed"
    else:
        scheduler.fail(run)
    observer.restored = None
    run.position = 0


def repoint(context: InMemoryRun, wanted: dict[str, StoredTable]) -> None:
    """Point every table of the working slot to the locations of an earlier release."""
    now = read_slot(context.working)
    for name, table in wanted.items():
        described, keys = table.definition, table.definition["PartitionKeys"]
        columns = tuple(Column(c["Name"], c["Type"]) for c in described["StorageDescriptor"]["Columns"])
        build = TableBuild(
            name,
            columns,
            Column(keys[0]["Name"], keys[0]["Type"]) if keys else None,
            tuple(
                PartitionBuild(value, found.location, found.parameters.get(FINGERPRINT, ""))
                for value, found in table.contents.items()
            ),
            tuple(value for value in now[name].contents if value not in table.contents) if name in now else (),
        )
        context.lease.require(context.holder)
        publish(context.working, build, described["StorageDescriptor"]["Location"])
        for parameter in REPOINTED:
            if parameter in described["Parameters"]:
                context.working.set_parameter(name, parameter, described["Parameters"][parameter])
    for name in now.keys() - wanted.keys():
        context.working.drop_table(name)


def clean(scheduler: Scheduler, observer: Observer) -> None:
    """Delete the files that no slot, no candidate and no release of the last few references."""
    context = scheduler.context(scheduler.add("2026-02-26"), "clean")
    scheduler.runs.pop()
    holder = "lake_maintenance/1"
    try:
        context.lease.acquire(holder, may_take_over=scheduler.has_ended)
    except LeaseHeldError:
        return
    chain = scheduler.chain
    wanted = referenced(chain, observer)
    for bucket, key in list(chain.session.s3.objects):
        folder = f"s3://{bucket}/{key.rpartition('/')[0]}/"
        if key.startswith(("bronze/", "silver/", "build/")) and key.endswith(".parquet") and folder not in wanted:
            chain.session.s3.delete_object(Bucket=bucket, Key=key)
    context.lease.release(holder)


def referenced(chain: SmallChain, observer: Observer) -> set[str]:
    """Return the locations that must stay."""
    databases = [slot_database(DATABASE, slot) for slot in "ab"] + [SETTINGS.build_database]
    tables = [table for name in databases for table in read_slot(Catalog(chain.session.glue, name)).values()]
    for number in sorted(observer.kept)[-RELEASES_WANTED:]:
        tables += observer.kept[number].values()
    return {found.location for table in tables for found in table.contents.values()}

"""Build, audit, publish: the last two steps, which every layer shares.

The audit writes a record of exactly what it passed. The publish reads that record, and nothing else tells it what to
publish. So it refuses a build that was made since, and it can be repeated.
"""

from __future__ import annotations

from collections.abc import Sequence

from biz_insights.errors import PermanentError
from biz_insights.identity import candidate_name
from biz_insights.lake.audits import PassedAudit, build_identity, record_audit
from biz_insights.lake.builds import TableBuild
from biz_insights.lake.file_sizes import measured
from biz_insights.lake.holds import without_held
from biz_insights.lake.publish import new_columns, publish, stage
from biz_insights.steps.run_context import RunContext, quality_settings


def audit_builds(
    run: RunContext,
    checkpoint: str,
    builds: list[TableBuild],
    build: str | Sequence[str],
    parts: Sequence[str] = (),
    record: str = "",
) -> str:
    """Register the builds as candidates in the build database, and run the checkpoint on them.

    Partitions that are held after a rollback are left out: they are neither audited nor published.

    Args:
        checkpoint: name of the checkpoint.
        builds: what was built, in the order in which it will be published.
        build: identity of the build: the JobRunId, or the names of the CTAS tables.
        parts: tables of the build database that are not needed after the publish.
        record: what distinguishes this audit, where one try runs the checkpoint several times.

    Returns:
        The address of the record of the passed audit.

    Raises:
        QualityGateError: a critical expectation failed, or the score is below the gate.
    """
    builds = [measured(run.session, without_held(run.working, table)) for table in builds]
    staged: dict[str, str] = {}
    for table in builds:
        if table.partitions:
            staged[table.table] = candidate_name(table.table, run.run_id, run.try_number)
            stage(run.candidates, table, staged[table.table], run.table_root(table.table))
    if staged:
        from biz_insights.quality.checkpoint import audit

        report = audit(
            staged,
            checkpoint=checkpoint,
            run=run.run,
            process_date=run.process_date,
            settings=quality_settings(run.settings, run.working.database),
            session=run.session,
        )
        report.raise_if_blocked()
    passed = PassedAudit(checkpoint, run.run, build_identity(build), tuple(builds), (*parts, *staged.values()))
    return record_audit(run.session, run.settings.lake_uri("ops/"), passed, run.try_number, record)


def publish_audited(run: RunContext, passed: PassedAudit) -> list[str]:
    """Publish what the audit passed to the working slot, and drop the candidates (their files are published now).

    Returns:
        One line for each table that changed.

    Raises:
        PermanentError: files have changed since the audit.
        LeaseHeldError: the run has lost its lease.
    """
    lines = []
    for audited in passed.builds:
        table = without_held(run.working, audited)
        _require_files(run, table)
        run.lease.require(run.holder)
        added = new_columns(run.working, table)
        changes = publish(run.working, table, run.table_root(table.table))
        lines += _older_partitions(run, table, added)
        counts = {kind: sum(c.change == kind for c in changes) for kind in ("added", "replaced", "removed")}
        if changes:
            lines.append(f"{table.table}: " + ", ".join(f"{n} {kind}" for kind, n in counts.items() if n))
    for candidate in passed.candidates:
        run.candidates.drop_table(candidate)
    return lines


def is_released(run: RunContext, passed: PassedAudit) -> bool:
    """Return whether readers see all of the audited builds already: a cleared publish has nothing left to do then.

    A build that only removes partitions has no location of its own by which readers could see it. So the working slot
    must not have these partitions either.
    """
    for build in passed.builds:
        found = run.released.partitions(build.table)
        if any(value in found for value in build.removed):
            return False
        if not build.partitions and any(value in run.working.partitions(build.table) for value in build.removed):
            return False
        for partition in build.partitions:
            seen = found.get(partition.value)
            if seen is None or (seen.location, seen.fingerprint) != (partition.location, partition.fingerprint):
                return False
    return not all(build.is_empty for build in passed.builds)


def retire_table(run: RunContext, old: str, new: str) -> list[str]:
    """Remove the table that `new` replaces. Its files stay, and the release records their locations.

    Returns:
        One line, or none when there was no such table.
    """
    if run.working.table(old) is None:
        return []
    run.working.drop_table(old)
    return [f"{old}: is now called {new} and was removed from the catalog; queries must use the new name"]


def _require_files(run: RunContext, audited: TableBuild) -> None:
    """Check that the files are those that were audited: as many, and as large.

    Raises:
        PermanentError: they are not.
    """
    now = {partition.value: partition for partition in measured(run.session, audited).partitions}
    for then in audited.partitions:
        found = now[then.value]
        if (found.files, found.size) != (then.files, then.size):
            raise PermanentError(
                f"{audited.table}: {then.location} has {found.files} file(s) of {found.size} bytes, and {then.files} "
                f"of {then.size} bytes passed the audit; clear the build task with its downstream tasks"
            )


def _older_partitions(run: RunContext, build: TableBuild, added: tuple[str, ...]) -> list[str]:
    """Return a line that names the new columns which are null in older partitions."""
    if not added:
        return []
    built = {partition.value for partition in build.partitions}
    older = [value for value in run.working.partitions(build.table) if value not in built]
    if not older:
        return []
    return [
        f"{build.table}: {', '.join(added)} are new columns and null in {len(older)} older partitions; to fill "
        "them, run the DAG for those dates with full_refresh"
    ]

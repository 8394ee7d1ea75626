"""The context of a task: settings, the AWS session, the two catalogs, and the identity of the run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from biz_insights.aws import session
from biz_insights.aws.short_partition_responses import glue_client
from biz_insights.errors import PermanentError
from biz_insights.identity import candidate_name, run_slug
from biz_insights.lake.builds import TableBuild
from biz_insights.lake.catalog import Catalog
from biz_insights.lake.history import record_changes
from biz_insights.lake.publish import Change, new_columns, publish, removal_of, stage
from biz_insights.settings import Settings


@dataclass
class RunContext:
    """One try of one task of one DAG run.

    Attributes:
        settings: the settings of the run.
        run_id: Airflow's run id.
        process_date: last complete day, `YYYY-MM-DD`.
        try_number: Airflow's count of tries. Clearing a task increases it too.
    """

    settings: Settings
    run_id: str
    process_date: str
    try_number: int = 1

    @property
    def run(self) -> str:
        """Return the name of the run in paths and operations tables."""
        return run_slug(self.run_id)

    @cached_property
    def session(self) -> Any:
        """Return the boto3 session."""
        return session.session(self.settings)

    @cached_property
    def published(self) -> Catalog:
        """Return the catalog of the published database, which readers use."""
        return Catalog(glue_client(self.session), self.settings.published_database)

    @cached_property
    def candidates(self) -> Catalog:
        """Return the catalog of the build database, whose tables wait for their audit."""
        return Catalog(glue_client(self.session), self.settings.build_database)

    @cached_property
    def reader(self) -> Any:
        """Return a PyAthena connection to the published database, in the read workgroup.

        Threads may share the connection, but not its cursors.
        """
        from pyathena import connect

        return connect(
            session=self.session,
            work_group=self.settings.read_workgroup,
            schema_name=self.settings.published_database,
            poll_interval=min(self.settings.poll_seconds, 1) / 4,
        )

    def query(self, sql: str, values: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Run one statement on the published database and return its rows. `%(name)s` marks a bound value."""
        from pyathena.cursor import DictCursor

        cursor = self.reader.cursor(DictCursor)
        cursor.execute(sql, dict(values or {}))
        return [dict(row) for row in cursor.fetchall()]

    def table_root(self, table: str) -> str:
        """Return the location of the published table. Its partitions have locations of their own."""
        return self.settings.lake_uri(f"published/{table}/")

    def stage_and_audit(self, checkpoint: str, builds: list[TableBuild]) -> dict[str, str]:
        """Register the builds as candidates in the build database, and run the checkpoint on them.

        Returns:
            The candidate name by table. A build that only removes partitions has no candidate.

        Raises:
            QualityGateError: a critical expectation failed, or the score is below the gate.
        """
        from biz_insights.quality.checkpoint import audit

        staged: dict[str, str] = {}
        for build in builds:
            if build.partitions:
                staged[build.table] = candidate_name(build.table, self.run_id, self.try_number)
                stage(self.candidates, build, staged[build.table], self.table_root(build.table))
        if staged:
            report = audit(
                staged,
                checkpoint=checkpoint,
                run=self.run,
                process_date=self.process_date,
                settings=quality_settings(self.settings),
                session=self.session,
            )
            report.raise_if_blocked()
        return staged

    def publish_builds(self, builds: list[TableBuild], candidates: Iterable[str]) -> list[str]:
        """Publish audited builds, record the changes, and drop the candidates (their files are published now).

        Returns:
            One line for each table that changed.
        """
        lines = []
        for build in builds:
            added = new_columns(self.published, build)
            changes = publish(self.published, build, self.table_root(build.table))
            self._record(build.table, changes)
            lines += self._older_partitions(build, added)
            counts = {kind: sum(c.change == kind for c in changes) for kind in ("added", "replaced", "removed")}
            if changes:
                lines.append(f"{build.table}: " + ", ".join(f"{n} {kind}" for kind, n in counts.items() if n))
        for candidate in candidates:
            self.candidates.drop_table(candidate)
        return lines

    def retire_table(self, old: str, new: str) -> list[str]:
        """Remove the table that `new` replaces from the catalog. Its files stay.

        Returns:
            One line, or none when there was no such table.
        """
        if self.published.table(old) is None:
            return []
        # Record the locations before the drop: they are needed to bring the table back.
        self._record(old, removal_of(self.published, old))
        self.published.drop_table(old)
        return [f"{old}: is now called {new} and was removed from the catalog; queries must use the new name"]

    def _record(self, table: str, changes: list[Change]) -> None:
        record_changes(
            table,
            changes,
            run=self.run,
            process_date=self.process_date,
            database=self.settings.published_database,
            ops_uri=self.settings.lake_uri("ops/"),
            session=self.session,
        )

    def _older_partitions(self, build: TableBuild, added: tuple[str, ...]) -> list[str]:
        """Return a line that names the new columns which are null in older partitions."""
        if not added:
            return []
        built = {partition.value for partition in build.partitions}
        older = [value for value in self.published.partitions(build.table) if value not in built]
        if not older:
            return []
        return [
            f"{build.table}: {', '.join(added)} are new columns and null in {len(older)} older partitions; to fill "
            "them, run the DAG for those dates with full_refresh"
        ]


def quality_settings(settings: Settings) -> Any:
    """Return the settings that the quality package needs."""
    from biz_insights.quality.audit_settings import QualitySettings

    return QualitySettings(
        region=settings.region,
        build_database=settings.build_database,
        published_database=settings.published_database,
        workgroup=settings.read_workgroup,
        results_uri=settings.lake_uri("athena-results/"),
        quality_uri=settings.lake_uri("quality/"),
        ops_uri=settings.lake_uri("ops/"),
        poll_seconds=min(settings.poll_seconds, 1) / 4,
        gate=settings.quality_gate,
        price_basis=settings.price_basis,
        business_timezone=settings.business_timezone,
    )


def current(process_date: str) -> RunContext:
    """Return the context of the running task.

    Raises:
        PermanentError: no task is running.
    """
    from airflow.sdk import get_current_context

    from biz_insights.settings import load_settings

    airflow_context = get_current_context()
    run_id = airflow_context["run_id"]
    if not run_id:
        raise PermanentError("there is no run id; call current() only from a running task")
    return RunContext(load_settings(), run_id, process_date, airflow_context["ti"].try_number)

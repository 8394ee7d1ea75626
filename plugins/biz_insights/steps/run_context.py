"""The context of a task: settings, the AWS session, the catalogs, and the identity of the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from biz_insights.aws import session
from biz_insights.aws.short_partition_responses import glue_client
from biz_insights.errors import PermanentError
from biz_insights.identity import run_slug
from biz_insights.lake.catalog import Catalog
from biz_insights.lake.current_release import Release, other_slot, slot_database
from biz_insights.lake.lease import LeaseStore
from biz_insights.lake.releases import Releases
from biz_insights.settings import Settings

DAILY_DAG = "business_insights_daily"


@dataclass
class RunContext:
    """One try of one task of one DAG run.

    Attributes:
        settings: the settings of the run.
        run_id: Airflow's run id.
        process_date: last complete day, `YYYY-MM-DD`.
        try_number: Airflow's count of tries. Clearing a task increases it too.
        dag_id: the DAG.
        go_back: publish this day and this snapshot although newer ones are published (the DAG parameter, or the
            setting `go_back_run`).
    """

    settings: Settings
    run_id: str
    process_date: str
    try_number: int = 1
    dag_id: str = DAILY_DAG
    go_back: bool = False

    @property
    def run(self) -> str:
        """Return the name of the run in paths and operations tables."""
        return run_slug(self.run_id)

    @property
    def holder(self) -> str:
        """Return the name under which the run holds the lease."""
        return f"{self.dag_id}/{self.run_id}"

    @cached_property
    def session(self) -> Any:
        """Return the boto3 session."""
        return session.session(self.settings)

    @cached_property
    def lease(self) -> LeaseStore:
        """Return the lease on the lake."""
        return LeaseStore(self.session, self.settings.lake_uri(""))

    @cached_property
    def releases(self) -> Releases:
        """Return the releases of the lake."""
        return Releases(self.session, self.settings.published_database, self.settings.lake_uri(""))

    @cached_property
    def current(self) -> Release | None:
        """Return the release that readers saw when the task first asked; None before the first one."""
        return self.releases.current()

    @property
    def newest_day(self) -> str:
        """Return the newest day that is published after the run: the one before or its own, unless it goes back."""
        if self.current is None or self.go_back:
            return self.process_date
        return max(self.process_date, self.current.process_date)

    @property
    def is_for_earlier_day(self) -> bool:
        """Return whether a later day than the run's is published and stays.

        Such a run builds the marts of its day from what is published. It does not take the source's changes, because
        the marts of the later days would then be older than the tables that they read.
        """
        return self.newest_day > self.process_date

    @cached_property
    def working(self) -> Catalog:
        """Return the catalog of the slot that readers do not see: the run builds on it and publishes to it."""
        slot = other_slot(self.current.slot if self.current else None)
        return self.catalog(slot_database(self.settings.published_database, slot))

    @cached_property
    def released(self) -> Catalog:
        """Return the catalog of the slot that readers see. Before the first release it has no tables."""
        slot = self.current.slot if self.current else other_slot(other_slot(None))
        return self.catalog(slot_database(self.settings.published_database, slot))

    @cached_property
    def candidates(self) -> Catalog:
        """Return the catalog of the build database, whose tables wait for their audit."""
        return self.catalog(self.settings.build_database)

    @property
    def latest(self) -> Catalog:
        """Return the newest state that the run knows: its release, or the working slot before the switch."""
        return self.released if self.current is not None and self.current.run == self.run else self.working

    def catalog(self, database: str) -> Catalog:
        """Return the catalog of one Glue database."""
        return Catalog(glue_client(self.session), database)

    def reader(self, catalog: Catalog) -> Any:
        """Return a PyAthena connection to a database, in the read workgroup.

        Threads may share the connection, but not its cursors.
        """
        from pyathena import connect

        return connect(
            session=self.session,
            work_group=self.settings.read_workgroup,
            schema_name=catalog.database,
            poll_interval=min(self.settings.poll_seconds, 1) / 4,
        )

    def table_root(self, table: str) -> str:
        """Return the location of a table. Its partitions have locations of their own."""
        return self.settings.lake_uri(f"published/{table}/")


def rows(reader: Any, sql: str, values: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """Run one statement and return its rows. `%(name)s` marks a bound value."""
    from pyathena.cursor import DictCursor

    cursor = reader.cursor(DictCursor)
    cursor.execute(sql, dict(values or {}))
    return [dict(row) for row in cursor.fetchall()]


def quality_settings(settings: Settings, published: str) -> Any:
    """Return the settings that the quality package needs. `published` is the database that rules compare with."""
    from biz_insights.quality.audit_settings import QualitySettings

    return QualitySettings(
        region=settings.region,
        build_database=settings.build_database,
        published_database=published,
        operations_database=settings.published_database,
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
    ti, settings = airflow_context["ti"], load_settings()
    # A cleared run keeps its parameters, so an operator names it in a setting.
    go_back = bool(airflow_context["params"].get("go_back", False)) or settings.go_back_run == run_id
    return RunContext(settings, run_id, process_date, ti.try_number, ti.dag_id, go_back)

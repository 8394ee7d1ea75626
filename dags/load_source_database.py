"""
### What it does
Loads the CSV files of `s3://<source bucket>/incoming/` into the source database through
`aws_s3.table_import_from_s3`: all of them or none, in one transaction. Files that were loaded already are not loaded
again, unless the settings for reading them (`source_date_format`, `source_timezone`) have changed.
`order_items.csv` is required; without `order_item_options.csv` or `date_dim.csv` the table is empty.
Notes on what was ignored, generated or assumed are in the log and in the result of `import_files`.

### A task failed: what now
The message names the file, the line and the reason. The tables have not changed. Fix the file, upload it again and
clear the task. On a new database run `CREATE EXTENSION aws_s3 CASCADE` once, as its owner.

### Parameters
- `prefix`: folder of the source bucket; empty means the setting `source_prefix`.
- `force`: load again even when the files are those that were loaded last.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pendulum
from airflow.sdk import Param, dag, task

from biz_insights.dag.alerts import tell_of_failed_run, tell_of_failed_task
from biz_insights.dag.defaults import ALLOWED_RUN_TYPES


@task
def check_files(params: dict[str, Any]) -> list[dict[str, Any]]:
    """Check that each required file exists, is a UTF-8 CSV, and has the columns that its table needs."""
    from dataclasses import asdict

    from biz_insights.aws import session
    from biz_insights.settings import load_settings
    from biz_insights.source.csv_files.source_file import check_file
    from biz_schema.source_tables import SOURCE_TABLES

    settings = load_settings()
    s3 = session.client("s3", settings)
    prefix = params["prefix"] or settings.source_prefix
    return [asdict(check_file(s3, settings, prefix, table.name)) for table in SOURCE_TABLES]


@task(multiple_outputs=False)
def import_files(files: list[dict[str, Any]], params: dict[str, Any]) -> dict[str, Any]:
    """Replace the tables by the files, all or none. Return the rows by table (none if nothing changed) and notes."""
    from dataclasses import asdict

    from biz_insights.settings import load_settings
    from biz_insights.source.csv_files.load import load_files
    from biz_insights.source.csv_files.source_file import SourceFile
    from biz_insights.source.database import connect

    settings = load_settings()
    with connect(settings) as connection:
        return asdict(load_files(connection, settings, [SourceFile(**file) for file in files], params["force"]))


@dag(
    schedule=None,
    start_date=pendulum.datetime(2026, 11, 1, tz="America/Chicago"),
    catchup=False,
    max_active_runs=1,
    allowed_run_types=ALLOWED_RUN_TYPES,
    dagrun_timeout=timedelta(hours=12),
    default_args={
        "owner": "data-platform",
        "retries": 2,
        "retry_delay": timedelta(minutes=1),
        "execution_timeout": timedelta(hours=2),
        "on_failure_callback": tell_of_failed_task,
    },
    params={
        "prefix": Param("", type="string", description="Folder of the source bucket; empty: the setting."),
        "force": Param(False, type="boolean", description="Load the files again, even if nothing changed."),
    },
    on_failure_callback=tell_of_failed_run,
    doc_md=__doc__,
    tags=["business-insights", "source"],
)
def load_source_database() -> None:
    """Load the CSV files into the source tables."""
    import_files(check_files())


load_source_database()

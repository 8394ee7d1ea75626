"""Jinja expressions that several tasks use. Each reads the result of an earlier task."""

from __future__ import annotations

PROCESS_DATE = "{{ ti.xcom_pull(task_ids='extract.resolve_process_date') }}"

ATTEMPT = "{{ attempt_name(run_id, ti.xcom_pull(task_ids='extract.resolve_process_date'), ti.try_number) }}"
"""Name of this try of this run, for the snapshot and the export in RDS."""

_SNAPSHOT = "(ti.xcom_pull(task_ids='extract.create_snapshot') | fromjson)['DBSnapshot']"
SNAPSHOT_ARN = "{{ " + _SNAPSHOT + "['DBSnapshotArn'] }}"
SNAPSHOT_ID = "{{ " + _SNAPSHOT + "['DBSnapshotIdentifier'] }}"
EXPORT_ID = "{{ (ti.xcom_pull(task_ids='extract.start_export') | fromjson)['ExportTaskIdentifier'] }}"
"""The export that was started last. It may come from another try number than the task that reads it."""

SNAPSHOT_TIME = "{{ (ti.xcom_pull(task_ids='extract.start_export') | fromjson)['SnapshotTime'] }}"
"""When the snapshot of that export was taken."""

ROW_SPAN = "{{ ti.xcom_pull(task_ids='extract.row_span') | tojson }}"
"""How many rows each table of the database had around the snapshot."""

FORGOTTEN_URI = "{{ settings.lake_uri('erasure/forgotten.json') }}"
"""The list of forgotten customers (`lake.forgotten_list`)."""

"""Arguments that the tasks of all layers share."""

from __future__ import annotations

from typing import Any

from airflow.utils.types import DagRunType

AWS: dict[str, Any] = {"aws_conn_id": None, "region_name": "{{ settings.region }}"}
"""Arguments of every Amazon operator: credentials from the environment, the region from the settings."""

NONE_FAILED = "none_failed"
"""Trigger rule of a task that also runs when the tasks before it were skipped."""

ALLOWED_RUN_TYPES = [DagRunType.SCHEDULED, DagRunType.MANUAL, DagRunType.BACKFILL_JOB]
"""How a run of a DAG may begin. Nothing else may start one, such as an asset or another DAG."""

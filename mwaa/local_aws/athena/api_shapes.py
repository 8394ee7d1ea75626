"""The structures in the answers of Athena's API."""

from __future__ import annotations

import time
from typing import Any

from mwaa.local_aws.athena.athena_backend import QueryExecution
from mwaa.local_aws.athena.athena_catalog import Catalog


def describe_execution(execution: QueryExecution) -> dict[str, Any]:
    """Return the QueryExecution of GetQueryExecution."""
    outcome, failure = execution.outcome, execution.failure
    status: dict[str, Any] = {"State": execution.state, "SubmissionDateTime": execution.submitted}
    if execution.ended is not None:
        status["CompletionDateTime"] = execution.ended
    if execution.state == "FAILED" and failure is not None:
        status |= {"StateChangeReason": failure.reason, "AthenaError": failure.as_athena_error()}
    if execution.state == "CANCELLED":
        status["StateChangeReason"] = "Query cancelled by user"
    kind, subkind = (outcome.statement_type, outcome.substatement_type) if outcome else _types_of(execution.query)
    suffix = "csv" if kind == "DML" else "txt"
    location = outcome.output_location if outcome else f"{execution.output}{execution.id}.{suffix}"
    described: dict[str, Any] = {
        "QueryExecutionId": execution.id, "Query": execution.query, "StatementType": kind, "SubstatementType": subkind,
        "ResultConfiguration": {"OutputLocation": location},
        "ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": {"Enabled": False}},
        "QueryExecutionContext": {"Database": execution.database, "Catalog": execution.catalog_name.lower()},
        "Status": status, "Statistics": statistics(execution), "WorkGroup": execution.workgroup_name,
        "EngineVersion": {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"},
    }  # fmt: skip
    if execution.execution_parameters is not None:
        described["ExecutionParameters"] = execution.execution_parameters
    return described


def _types_of(query: str) -> tuple[str, str]:
    """Return (statement type, substatement type) of a query without an outcome, by its first word."""
    word = query.lstrip().split(None, 1)[0].upper() if query.strip() else ""
    if word in ("CREATE", "DROP", "ALTER", "MSCK"):
        return "DDL", word
    return ("UTILITY" if word in ("SHOW", "DESCRIBE", "EXPLAIN") else "DML"), word


def statistics(execution: QueryExecution) -> dict[str, Any]:
    """Return QueryExecutionStatistics, in milliseconds and bytes."""
    now = time.time()
    started = execution.started or execution.ended or now
    ended = execution.ended or now
    engine_ms = max(int((ended - started) * 1000), 0)
    queued_ms = max(int((started - execution.submitted) * 1000), 0)
    measured: dict[str, Any] = {
        "EngineExecutionTimeInMillis": engine_ms, "QueryQueueTimeInMillis": queued_ms,
        "TotalExecutionTimeInMillis": engine_ms + queued_ms, "QueryPlanningTimeInMillis": 0,
        "ServicePreProcessingTimeInMillis": 0, "ServiceProcessingTimeInMillis": 0,
        "DataScannedInBytes": execution.outcome.bytes_scanned if execution.outcome else 0,
        "ResultReuseInformation": {"ReusedPreviousResult": False},
    }  # fmt: skip
    if execution.outcome and execution.outcome.manifest_location:
        measured["DataManifestLocation"] = execution.outcome.manifest_location
    return measured


def describe_database(catalog: Catalog, name: str) -> dict[str, Any]:
    """Return the Database of GetDatabase; raises AthenaQueryError (SCHEMA_NOT_FOUND) when there is none."""
    stored = catalog.require_database(name).as_dict()
    answer: dict[str, Any] = {"Name": stored["Name"], "Parameters": stored.get("Parameters") or {}}
    if stored.get("Description"):
        answer["Description"] = stored["Description"]
    return answer


def table_metadata(raw: dict[str, Any]) -> dict[str, Any]:
    """Return Athena's TableMetadata for a Table structure of Glue."""
    storage = raw.get("StorageDescriptor") or {}
    serde = storage.get("SerdeInfo") or {}
    details = {
        "location": storage.get("Location"), "inputformat": storage.get("InputFormat"),
        "outputformat": storage.get("OutputFormat"), "serde.serialization.lib": serde.get("SerializationLibrary"),
        **{f"serde.param.{k}": v for k, v in (serde.get("Parameters") or {}).items()},
        **(raw.get("Parameters") or {}),
    }  # fmt: skip
    return {
        "Name": raw["Name"],
        "CreateTime": raw["CreateTime"].timestamp(),
        "TableType": raw.get("TableType") or "EXTERNAL_TABLE",
        "Columns": [_column(c) for c in storage.get("Columns") or []],
        "PartitionKeys": [_column(c) for c in raw.get("PartitionKeys") or []],
        "Parameters": {k: str(v) for k, v in details.items() if v is not None},
    }


def _column(raw: dict[str, Any]) -> dict[str, str]:
    return {key: raw[key] for key in ("Name", "Type", "Comment") if raw.get(key)}

"""Athena's JSON calls: moto's response class, with the answers of queries that really ran."""

from __future__ import annotations

import fnmatch
import json
from typing import Any

from moto.athena.exceptions import MetadataException
from moto.athena.responses import AthenaResponse

from mwaa.local_aws.athena.api_shapes import describe_database, describe_execution, statistics, table_metadata
from mwaa.local_aws.athena.athena_backend import InvalidRequest, LocalAthenaBackend, QueryExecution, engine
from mwaa.local_aws.athena.athena_catalog import Catalog

_PAGE = 1000  # most rows of a GetQueryResults page
_CATALOG = "AwsDataCatalog"
_NO_RESULTS = "INVALID_QUERY_EXECUTION_STATUS"


class LocalAthenaResponse(AthenaResponse):
    """Queries, results, metadata and workgroups. moto stores the other records."""

    @property
    def athena_backend(self) -> LocalAthenaBackend:  # type: ignore[override]
        from moto.athena.models import athena_backends

        return athena_backends[self.current_account][self.region]  # type: ignore[return-value]

    # --- queries ---

    def start_query_execution(self) -> str:  # type: ignore[override]
        query_id = self.athena_backend.start_query_execution(
            query=self._get_param("QueryString") or "",
            context=self._get_param("QueryExecutionContext"),
            config=self._get_param("ResultConfiguration"),
            workgroup=self._get_param("WorkGroup"),
            execution_parameters=self._get_param("ExecutionParameters"),
            token=self._get_param("ClientRequestToken"),
        )
        return json.dumps({"QueryExecutionId": query_id})

    def get_query_execution(self) -> str:
        execution = self.athena_backend.execution(self._get_param("QueryExecutionId"))
        return json.dumps({"QueryExecution": describe_execution(execution)})

    def batch_get_query_execution(self) -> str:
        """Answer BatchGetQueryExecution."""
        found, missing = [], []
        for query_id in self._get_param("QueryExecutionIds") or []:
            if query_id in self.athena_backend.executions:
                found.append(describe_execution(self.athena_backend.executions[query_id]))
            else:
                message = f"QueryExecution {query_id} was not found"
                missing.append({"QueryExecutionId": query_id, "ErrorCode": "INVALID_INPUT", "ErrorMessage": message})
        return json.dumps({"QueryExecutions": found, "UnprocessedQueryExecutionIds": missing})

    def list_query_executions(self) -> str:
        group = self._get_param("WorkGroup") or "primary"
        ids = [e.id for e in reversed(list(self.athena_backend.executions.values())) if e.workgroup_name == group]
        page, token = self._page(ids, int(self._get_param("MaxResults") or 50))
        return json.dumps({"QueryExecutionIds": page, **token})

    def stop_query_execution(self) -> str:
        self.athena_backend.stop_query_execution(self._get_param("QueryExecutionId"))
        return "{}"

    def get_query_runtime_statistics(self) -> str:
        execution = self.athena_backend.execution(self._get_param("QueryExecutionId"))
        outcome = execution.outcome
        rows = {
            "InputBytes": outcome.bytes_scanned if outcome else 0, "InputRows": 0,
            "OutputRows": outcome.row_count if outcome else 0, "OutputBytes": 0,
        }  # fmt: skip
        timeline = {k: v for k, v in statistics(execution).items() if k.endswith("InMillis")}
        return json.dumps({"QueryRuntimeStatistics": {"Timeline": timeline, "Rows": rows}})

    def get_query_results(self) -> str:
        execution = self.athena_backend.execution(self._get_param("QueryExecutionId"))
        if execution.state in ("QUEUED", "RUNNING"):
            raise InvalidRequest(f"Query has not yet finished. Current state: {execution.state}", _NO_RESULTS)
        if execution.outcome is None:
            raise InvalidRequest(
                f"Query did not finish successfully. Final query state: {execution.state}", _NO_RESULTS
            )
        rows = self._stored_rows(execution)
        page, token = self._page(rows, min(int(self._get_param("MaxResults") or _PAGE), _PAGE))
        answer: dict[str, Any] = {
            "ResultSet": {
                "Rows": [{"Data": [{} if v is None else {"VarCharValue": v} for v in row]} for row in page],
                "ResultSetMetadata": {"ColumnInfo": execution.outcome.columns},
            },
            **token,
        }
        if execution.outcome.update_count is not None:
            answer["UpdateCount"] = execution.outcome.update_count
        elif execution.outcome.statement_type == "DML":
            answer["UpdateCount"] = 0
        return json.dumps(answer)

    @staticmethod
    def _stored_rows(execution: QueryExecution) -> list[list[str | None]]:
        outcome = execution.outcome
        assert outcome is not None
        if not outcome.is_csv:
            return outcome.rows
        assert outcome.output_location is not None
        try:
            return engine().csv_rows(execution.id, outcome.output_location, len(outcome.columns))
        except FileNotFoundError as error:
            raise InvalidRequest(
                f"Could not find results: {outcome.output_location} was deleted", _NO_RESULTS
            ) from error

    def _page(self, items: list[Any], size: int) -> tuple[list[Any], dict[str, str]]:
        start = int(self._get_param("NextToken") or 0)
        end = start + size
        return items[start:end], ({"NextToken": str(end)} if end < len(items) else {})

    # --- the catalog ---

    def _catalog(self) -> Catalog:
        name = self._get_param("CatalogName") or _CATALOG
        if name.lower() != _CATALOG.lower():
            raise InvalidRequest(f"Data catalog {name} was not found: the local endpoint has {_CATALOG}")
        return self.athena_backend.catalog

    def list_data_catalogs(self) -> str:
        known = [{"CatalogName": _CATALOG, "Type": "GLUE"}, *self.athena_backend.list_data_catalogs()]
        return json.dumps({"DataCatalogsSummary": known})

    def get_data_catalog(self) -> str:
        if self._get_param("Name").lower() == _CATALOG.lower():
            return json.dumps({"DataCatalog": {"Name": _CATALOG, "Type": "GLUE", "Parameters": {}}})
        return super().get_data_catalog()

    def list_databases(self) -> str:
        catalog = self._catalog()
        page, token = self._page(catalog.databases(), int(self._get_param("MaxResults") or 50))
        return json.dumps({"DatabaseList": [describe_database(catalog, name) for name in page], **token})

    def get_database(self) -> str:
        catalog, name = self._catalog(), self._get_param("DatabaseName")
        if not catalog.has_database(name):
            raise _not_found(f"Database {name} not found.")
        return json.dumps({"Database": describe_database(catalog, name)})

    def get_table_metadata(self) -> str:
        """Answer GetTableMetadata."""
        catalog, database, name = self._catalog(), self._get_param("DatabaseName"), self._get_param("TableName")
        raw = catalog.raw(database, name)
        if raw is None:
            raise _not_found(f"Table {name} not found.")
        return json.dumps({"TableMetadata": table_metadata(raw)})

    def list_table_metadata(self) -> str:
        """Answer ListTableMetadata."""
        catalog, database = self._catalog(), self._get_param("DatabaseName")
        if not catalog.has_database(database):
            raise _not_found(f"Database {database} not found.")
        names = [n for n in catalog.table_names(database) if _like(n, self._get_param("Expression"))]
        page, token = self._page(names, int(self._get_param("MaxResults") or 50))
        tables = [table_metadata(catalog.raw(database, name) or {}) for name in page]
        return json.dumps({"TableMetadataList": tables, **token})

    # --- workgroups ---

    def get_work_group(self) -> str:
        if self._get_param("WorkGroup") not in self.athena_backend.work_groups:
            raise InvalidRequest(f"WorkGroup {self._get_param('WorkGroup')} is not found.")
        return super().get_work_group()

    def create_work_group(self) -> str:  # type: ignore[override]
        name = self._get_param("Name")
        made = self.athena_backend.create_work_group(
            name,
            self._get_param("Configuration", {}),
            self._get_param("Description") or "",
            self._get_param("Tags") or [],
        )
        if not made:
            raise InvalidRequest(f"WorkGroup {name} is already created")
        return "{}"

    def update_work_group(self) -> str:
        """Answer UpdateWorkGroup: state, description, output location, enforcement and scan limit."""
        name = self._get_param("WorkGroup")
        group = self.athena_backend.work_groups.get(name)
        if group is None:
            raise InvalidRequest(f"WorkGroup {name} is not found.")
        group.state = self._get_param("State") or group.state
        if self._get_param("Description") is not None:
            group.description = self._get_param("Description")
        changes = dict(self._get_param("ConfigurationUpdates") or {})
        results = changes.pop("ResultConfigurationUpdates", None)
        if results:
            current = group.configuration.setdefault("ResultConfiguration", {})
            if results.pop("RemoveOutputLocation", False):
                current.pop("OutputLocation", None)
            current.update(results)
        group.configuration.update(changes)
        return "{}"

    def delete_work_group(self) -> str:
        name = self._get_param("WorkGroup")
        if name not in self.athena_backend.work_groups:
            raise InvalidRequest(f"WorkGroup {name} is not found.")
        return super().delete_work_group()

    # --- prepared statements ---

    def get_prepared_statement(self) -> str:
        statement = self.athena_backend.prepared_statements.get(self._get_param("StatementName"))
        if statement is None:
            message = f"PreparedStatement {self._get_param('StatementName')} was not found"
            return json.dumps({"__type": "ResourceNotFoundException", "message": message}), {"status": 400}  # type: ignore[return-value]
        group = statement.workgroup if isinstance(statement.workgroup, str) else statement.workgroup.name
        return json.dumps({"PreparedStatement": {
            "StatementName": statement.statement_name, "QueryStatement": statement.query_statement,
            "WorkGroupName": group,
            "Description": statement.description or "", "LastModifiedTime": statement.last_modified_time.timestamp(),
        }})  # fmt: skip

    def delete_prepared_statement(self) -> str:
        """Answer DeletePreparedStatement."""
        self.athena_backend.prepared_statements.pop(self._get_param("StatementName"), None)
        return "{}"


def _not_found(message: str) -> MetadataException:
    return MetadataException(
        f"{message} (Service: AmazonDataCatalog; Status Code: 400; Error Code: EntityNotFoundException)"
    )


def _like(name: str, expression: str | None) -> bool:
    patterns = (expression or "*").replace(".*", "*").split("|")
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)

"""moto's Athena backend, with queries that really run.

The backend's attributes are plain data, so that the endpoint can pickle them. Connections, threads and locks belong
to the engine, which exists once per process and is never saved.
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from moto.athena.models import AthenaBackend, PreparedStatement
from moto.core.exceptions import JsonRESTError

from mwaa.local_aws.athena import parameters
from mwaa.local_aws.athena.athena_catalog import Catalog
from mwaa.local_aws.athena.athena_errors import AthenaQueryError, MalformedQuery
from mwaa.local_aws.athena.dialect import parsed
from mwaa.local_aws.athena.engine import Engine, refuse_statement
from mwaa.local_aws.athena.session import Session
from mwaa.local_aws.athena.statement import Outcome, first_words, strip_comments
from mwaa.local_aws.athena.storage import as_key
from mwaa.local_aws.services import state

_engine: Engine | None = None
_ids = threading.Lock()
_accepted: set[str] = set()  # queries that this process started; others in saved state ended with their process


class InvalidRequest(JsonRESTError):
    """InvalidRequestException: the call itself is wrong, and no query is started."""

    def __init__(self, message: str, code: str = "INVALID_INPUT") -> None:
        super().__init__("InvalidRequestException", message)
        self.description: str = json.dumps(
            {"__type": "InvalidRequestException", "message": message, "AthenaErrorCode": code}
        )


def engine() -> Engine:
    """Return the process's engine.

    Raises:
        RuntimeError: `install` has not been called.
    """
    if _engine is None:
        raise RuntimeError("the Athena engine is not started: call mwaa.local_aws.athena.install(s3_root) first")
    return _engine


def use_engine(new: Engine | None) -> None:
    """Run queries on the engine `new` from now on."""
    global _engine
    _engine = new


@dataclass
class QueryExecution:
    """One query: what GetQueryExecution answers from."""

    id: str
    query: str
    database: str
    catalog_name: str
    workgroup_name: str
    output: str
    enforced: bool
    execution_parameters: list[str] | None
    state: str = "QUEUED"
    submitted: float = field(default_factory=time.time)
    started: float | None = None
    ended: float | None = None
    failure: AthenaQueryError | None = None
    cancelled: bool = False
    outcome: Outcome | None = None

    @property
    def status(self) -> str:
        """The state; moto reads it by this name."""
        return self.state


class LocalAthenaBackend(AthenaBackend):
    """Athena's API over the DuckDB engine and the Glue catalog of the same account and region."""

    executions: dict[str, QueryExecution]  # type: ignore[assignment]

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.request_tokens: dict[str, tuple[str, str]] = {}

    @property
    def catalog(self) -> Catalog:
        """The Glue catalog behind AwsDataCatalog."""
        return Catalog(self.account_id, self.region_name)

    def start_query_execution(  # type: ignore[override]
        self,
        query: str,
        context: dict[str, str] | None,
        config: dict[str, Any] | None,
        workgroup: str | None,
        execution_parameters: list[str] | None,
        token: str | None = None,
    ) -> str:
        """Start a query as StartQueryExecution does, and return its id.

        Raises:
            InvalidRequest: AWS would refuse the call itself.
        """
        name = workgroup or "primary"
        output, enforced = self._output(name, config or {})
        _refuse_malformed(query)
        with _ids:
            if token and token in self.request_tokens:
                known, text = self.request_tokens[token]
                if text != query:
                    raise InvalidRequest("Idempotent parameters do not match", "INVALID_INPUT")
                return known
            execution = QueryExecution(
                id=str(uuid.uuid4()), query=query, workgroup_name=name, output=output, enforced=enforced,
                database=((context or {}).get("Database") or "default").strip("`\"").lower(),
                catalog_name=(context or {}).get("Catalog") or "AwsDataCatalog",
                execution_parameters=execution_parameters,
            )  # fmt: skip
            self.executions[execution.id] = execution
            _accepted.add(execution.id)
            if token:
                self.request_tokens[token] = (execution.id, query)
        engine().submit(lambda: self._run(execution))
        return execution.id

    def _output(self, workgroup: str, config: dict[str, Any]) -> tuple[str, bool]:
        """Return the folder for results, and whether the workgroup enforces it."""
        group = self.work_groups.get(workgroup)
        if group is None:
            raise InvalidRequest(f"WorkGroup {workgroup} is not found.")
        if group.state != "ENABLED":
            raise InvalidRequest(f"WorkGroup {workgroup} is disabled.")
        enforced = bool(group.configuration.get("EnforceWorkGroupConfiguration"))
        own = (group.configuration.get("ResultConfiguration") or {}).get("OutputLocation")
        asked = config.get("OutputLocation")
        location = (own if enforced else asked or own) or asked
        if not location:
            raise InvalidRequest(
                "No output location provided. An output location is required either through the Workgroup result "
                "configuration setting or as an API input."
            )
        return as_key(location), enforced and bool(own)

    def _run(self, execution: QueryExecution) -> None:
        if execution.cancelled:
            return
        execution.state, execution.started = "RUNNING", time.time()
        try:
            execution.outcome = self._outcome(execution)
            execution.state = "CANCELLED" if execution.cancelled else "SUCCEEDED"
        except AthenaQueryError as error:
            execution.failure, execution.state = error, "CANCELLED" if execution.cancelled else "FAILED"
        except Exception as error:
            reason = AthenaQueryError(f"GENERIC_INTERNAL_ERROR: {type(error).__name__}: {error}", "system")
            execution.failure, execution.state = reason, "CANCELLED" if execution.cancelled else "FAILED"
        finally:
            execution.ended = time.time()
            engine().release(execution.id)
            state.touch("athena", "glue")

    def _outcome(self, execution: QueryExecution) -> Outcome:
        sql = execution.query
        text = strip_comments(sql)
        if prepared := parameters.parse_prepare(text):
            group = self.work_groups[execution.workgroup_name]
            self.create_prepared_statement(prepared[0], group, prepared[1], "")
            return engine().write_output(execution.output, execution.id, Outcome("DDL", "PREPARE"))
        if dropped := parameters.parse_deallocate(text):
            self._prepared(dropped, execution.workgroup_name)
            del self.prepared_statements[dropped]
            return engine().write_output(execution.output, execution.id, Outcome("DDL", "DEALLOCATE"))
        values = execution.execution_parameters
        if executed := parameters.parse_execute(text):
            sql = self._prepared(executed[0], execution.workgroup_name).query_statement
            values = executed[1] or values or []
        if values is not None:
            sql = parameters.bind(sql, values)
        session = Session(
            query_id=execution.id, cursor=engine().cursor(execution.id), catalog=self.catalog,
            storage=engine().storage, scan_cache=engine().scan_cache, database=execution.database,
            output=execution.output, enforced=execution.enforced,
        )  # fmt: skip
        session.storage.require_bucket(session.output)
        return engine().run(session, sql)

    def _prepared(self, name: str, workgroup: str) -> PreparedStatement:
        statement = self.prepared_statements.get(name)
        if statement is None or _name_of(statement.workgroup) != workgroup:
            raise AthenaQueryError(f"NOT_FOUND: PreparedStatement {name} was not found in workGroup {workgroup}")
        return statement

    def execution(self, exec_id: str) -> QueryExecution:
        """Return the query of this id.

        Raises:
            InvalidRequest: the id is unknown.
        """
        if exec_id not in self.executions:
            raise InvalidRequest(f"QueryExecution {exec_id} was not found")
        execution = self.executions[exec_id]
        if execution.state in ("QUEUED", "RUNNING") and exec_id not in _accepted:
            execution.failure = AthenaQueryError(
                "GENERIC_INTERNAL_ERROR: the local endpoint was stopped while this query ran; start it again", "system"
            )
            execution.state, execution.ended = "FAILED", time.time()
        return execution

    def stop_query_execution(self, exec_id: str) -> None:
        """Cancel a query that is queued or running. A finished query does not change."""
        execution = self.execution(exec_id)
        if execution.state in ("QUEUED", "RUNNING"):
            execution.cancelled = True
            engine().interrupt(exec_id)
            if execution.state == "QUEUED":
                execution.state, execution.ended = "CANCELLED", time.time()


def _name_of(workgroup: Any) -> str:
    return workgroup if isinstance(workgroup, str) else str(workgroup.name)


_PARSED_WHEN_RUN = {
    "PREPARE", "EXECUTE", "DEALLOCATE", "SHOW", "DESCRIBE", "DESC", "ALTER", "DROP", "MSCK", "EXPLAIN", "UNLOAD",
}  # fmt: skip
_PARSED_AT_START = {"SELECT", "WITH", "VALUES", "(", "TABLE"}


def _refuse_malformed(query: str) -> None:
    """Parse before accepting, as Athena does: text that does not parse never becomes a query execution."""
    words = [*first_words(strip_comments(query)), "", ""]
    if words[0] in _PARSED_WHEN_RUN:
        return
    try:
        refuse_statement(words)
        if words[0] in _PARSED_AT_START or (words[0] == "INSERT"):
            parsed(query)
    except MalformedQuery as error:
        raise InvalidRequest(error.reason, "MALFORMED_QUERY") from error
    except AthenaQueryError:
        return

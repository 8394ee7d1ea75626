"""The DuckDB engine behind Athena's API: it runs queries in worker threads, two at a time."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import threading
import uuid
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from pathlib import Path

import duckdb
from sqlglot import exp

from mwaa.local_aws.athena import alter, ctas, databases, external_tables, macros, show, view_statements
from mwaa.local_aws.athena.athena_errors import AthenaQueryError, MalformedQuery
from mwaa.local_aws.athena.dialect import parse
from mwaa.local_aws.athena.duckdb_errors import translate_error
from mwaa.local_aws.athena.results import Row, metadata_bytes, read_csv, write_csv, write_text
from mwaa.local_aws.athena.scan_cache import ScanCache
from mwaa.local_aws.athena.session import Session
from mwaa.local_aws.athena.statement import Outcome, first_words, strip_comments
from mwaa.local_aws.athena.storage import Storage
from mwaa.local_aws.athena.trino_validation import refuse_what_trino_lacks
from mwaa.local_aws.athena.types import column_info, to_trino

# Queries at the same time: each already uses all cores of the machine.
CONCURRENT_QUERIES = 2
# StartQueryExecution waits up to this long for the query. So a client that polls once a second finds a quick query
# finished at its first poll, instead of waiting a second for 50 ms of work.
GRACE_SECONDS = 1.0
MEMORY_LIMIT = "2GB"  # above this DuckDB writes to disk; other programs of the machine need the rest
_CACHED_RESULTS = 4  # parsed results in memory, for clients that fetch page after page


class Engine:
    """One DuckDB database, with the macros and the scan cache, and the worker threads that run queries on it."""

    def __init__(self, s3_root: Path, scan_cache: Path | None = None) -> None:
        """Start the engine. `scan_cache` is the cache's file; without one the cache is in memory."""
        self.storage = Storage(s3_root)
        self._database = macros.connect()
        self._spill = Path(tempfile.gettempdir()) / f"athena-spill-{uuid.uuid4()}"  # created only when DuckDB spills
        for setting in (
            f"memory_limit = '{MEMORY_LIMIT}'",
            f"temp_directory = '{self._spill}'",
            "GLOBAL TimeZone = 'UTC'",
            "autoinstall_known_extensions = false",
            "python_enable_replacements = false",
        ):
            self._database.execute(f"SET {setting}")
        self.scan_cache = ScanCache(self._database, self.storage.root, scan_cache)
        self._workers = ThreadPoolExecutor(CONCURRENT_QUERIES, thread_name_prefix="athena")
        self._running: dict[str, duckdb.DuckDBPyConnection] = {}
        self._pages: OrderedDict[str, list[Row]] = OrderedDict()
        self._lock = threading.Lock()

    def submit(self, work: object) -> None:
        """Run `work()` in a worker thread; wait up to GRACE_SECONDS for its end."""
        future: Future[None] = self._workers.submit(work)  # type: ignore[arg-type]
        with contextlib.suppress(FutureTimeout):
            future.result(timeout=GRACE_SECONDS)

    def cursor(self, query_id: str) -> duckdb.DuckDBPyConnection:
        """Return a new connection for one query."""
        cursor = self._database.cursor()
        with self._lock:
            self._running[query_id] = cursor
        return cursor

    def release(self, query_id: str) -> None:
        """Close the query's connection."""
        with self._lock:
            cursor = self._running.pop(query_id, None)
        if cursor is not None:
            cursor.close()

    def interrupt(self, query_id: str) -> None:
        """Stop a query if it is running."""
        with self._lock:
            cursor = self._running.get(query_id)
        if cursor is not None:
            cursor.interrupt()

    def close(self) -> None:
        """Refuse new queries and wait for those that are running."""
        self._workers.shutdown(wait=True, cancel_futures=True)
        self.scan_cache.close()
        self._database.close()
        shutil.rmtree(self._spill, ignore_errors=True)

    def run(self, session: Session, sql: str) -> Outcome:
        """Run one statement and write its results to S3.

        Raises:
            AthenaQueryError: the statement failed.
        """
        try:
            outcome = dispatch(session, sql)
        except duckdb.Error as error:
            raise translate_error(error, sql) from error
        return self.write_output(session.output, session.query_id, outcome)

    def write_output(self, output: str, query_id: str, outcome: Outcome) -> Outcome:
        """Write a statement's metadata, and its text output if it has no other output."""
        if outcome.output_location is None:
            outcome.output_location = f"{output}{query_id}.txt"
            write_text(self.storage.path(outcome.output_location), outcome.rows)
        self.storage.write(f"{outcome.output_location}.metadata", metadata_bytes(query_id, outcome.columns))
        return outcome

    def csv_rows(self, query_id: str, location: str, columns: int) -> list[Row]:
        """Return the rows of a stored CSV result; the first one is the header.

        Raises:
            FileNotFoundError: the result was deleted.
        """
        with self._lock:
            if query_id in self._pages:
                self._pages.move_to_end(query_id)
                return self._pages[query_id]
        rows = list(read_csv(self.storage.path(location).read_text(encoding="utf-8"), columns))
        with self._lock:
            self._pages[query_id] = rows
            while len(self._pages) > _CACHED_RESULTS:
                self._pages.popitem(last=False)
        return rows


def dispatch(session: Session, sql: str) -> Outcome:
    """Run a statement with the function for its kind.

    Raises:
        AthenaQueryError: Athena or this endpoint refuses this kind, or the statement failed.
    """
    text = strip_comments(sql)
    words = [*first_words(text), "", "", ""]
    by_words = {
        ("CREATE", "DATABASE"): databases.create_database, ("CREATE", "SCHEMA"): databases.create_database,
        ("DROP", "DATABASE"): databases.drop_database, ("DROP", "SCHEMA"): databases.drop_database,
        ("DROP", "TABLE"): external_tables.drop_table, ("DROP", "VIEW"): view_statements.drop_view,
        ("ALTER", "TABLE"): alter.alter_table, ("MSCK", "REPAIR"): alter.repair_table,
        ("CREATE", "EXTERNAL"): external_tables.create_external_table,
    }  # fmt: skip
    by_word = {"SHOW": show.show, "DESCRIBE": show.describe, "DESC": show.describe, "EXPLAIN": show.explain,
               "UNLOAD": ctas.unload}  # fmt: skip
    if handler := by_words.get((words[0], words[1])) or by_word.get(words[0]):
        return handler(session, text)
    refuse_statement(words)
    tree = parse(sql)
    if isinstance(tree, exp.Create):
        if tree.kind == "VIEW":
            return view_statements.create_view(session, tree, text)
        if tree.expression is None:
            return external_tables.create_external_table(session, text)
        refuse_what_trino_lacks(tree, sql)
        return ctas.create_table_as(session, tree)
    refuse_what_trino_lacks(tree, sql)
    if isinstance(tree, exp.Insert):
        return ctas.insert_into(session, tree)
    if isinstance(tree, exp.Query):
        return select(session, tree)
    raise MalformedQuery(f"mismatched input '{words[0]}'. Queries of this type are not supported")


_KNOWN = {"SELECT", "WITH", "VALUES", "(", "TABLE", "CREATE", "INSERT"}


def refuse_statement(words: list[str]) -> None:
    """Refuse statements that Athena does not have, by their first words.

    Raises:
        AthenaQueryError: Athena refuses the statement when it runs.
        MalformedQuery: Athena refuses it at the start of the query.
    """
    if words[0] in ("UPDATE", "DELETE", "MERGE"):
        raise AthenaQueryError("NOT_SUPPORTED: Modifying Hive table rows is only supported for transactional tables")
    if words[0] == "INSERT" and words[1] == "OVERWRITE":
        raise MalformedQuery("mismatched input 'OVERWRITE'. Expecting: 'INTO'", 1, 8)
    if words[0] in ("OPTIMIZE", "VACUUM"):
        raise AthenaQueryError.unsupported(f"{words[0]} (Iceberg tables)")
    if words[0] not in _KNOWN:
        raise MalformedQuery(f"mismatched input '{words[0]}'. Queries of this type are not supported")


def select(session: Session, tree: exp.Expr) -> Outcome:
    """Run a query and write its rows as CSV."""
    plan = session.planner.plan(tree)
    location = f"{session.output}{session.query_id}.csv"
    result = session.cursor.execute(plan.sql)
    columns = [(name, kind) for name, kind, *_ in result.description or []]
    info = [column_info(name, to_trino(kind)) for name, kind in columns]
    path = session.storage.path(location)
    try:
        count = write_csv(path, columns, result)
    except duckdb.Error:
        path.unlink(missing_ok=True)
        raise
    return Outcome(
        "DML", "SELECT", columns=info, is_csv=True, output_location=location, row_count=count,
        bytes_scanned=plan.bytes_to_scan,
    )  # fmt: skip

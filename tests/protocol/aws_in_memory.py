"""Glue's catalog and S3 in memory, with the errors of AWS: fast enough for thousands of runs.

`test_aws_in_memory.py` asks these clients and the endpoint's the same questions and compares the answers.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

PAGE = 2
"""Entries on a page of a listing: few, so that every reader must turn pages."""

BATCH_LIMITS = {"batch_create_partition": 100, "batch_update_partition": 100, "batch_delete_partition": 25}


READS = ("get_table", "get_tables", "get_partitions", "get_object", "head_object", "list_objects_v2")
"""Operations that change nothing."""


class Crash(BaseException):
    """The process died. Not an `Exception`: no code of a dying process runs."""


class Faults:
    """Counts the calls of all clients, and runs what a test wants to happen at one of them.

    `before` and `after` are called with the number and the name of each call; they may raise `Crash`. `changed` is
    called after each call that has changed something.
    """

    def __init__(self) -> None:
        self.calls = 0
        self.before: Callable[[int, str], None] = lambda *_: None
        self.after: Callable[[int, str], None] = lambda *_: None
        self.changed: Callable[[str, Mapping[str, Any]], None] = lambda *_: None


class _Paginator:
    def __init__(self, pages: Callable[..., Iterator[dict[str, Any]]]) -> None:
        self._pages = pages

    def paginate(self, **arguments: Any) -> Iterator[dict[str, Any]]:
        return self._pages(**arguments)


class _Client:
    """A client whose operations are the methods `_do_<operation>`."""

    service = ""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self.exceptions = SimpleNamespace(ClientError=ClientError, **{name: type(name, (ClientError,), {})
                                                                     for name in self.errors})  # fmt: skip

    errors: tuple[str, ...] = ()

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        perform = object.__getattribute__(self, f"_do_{operation}")
        return lambda **arguments: self._call(operation, perform, arguments)

    def _call(self, operation: str, perform: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
        faults = self._faults
        faults.calls += 1
        number = faults.calls
        faults.before(number, operation)
        try:
            answer = perform(**arguments)
        except ClientError:
            faults.after(number, operation)
            raise
        if operation not in READS:
            faults.changed(operation, arguments)
        faults.after(number, operation)
        return answer

    def get_paginator(self, operation: str) -> _Paginator:
        def pages(**arguments: Any) -> Iterator[dict[str, Any]]:
            start: int | None = 0
            while start is not None:
                page = getattr(self, operation)(**arguments, _start=start)
                start = page.pop("_next")
                yield page

        return _Paginator(pages)

    def error(self, code: str, message: str) -> ClientError:
        kind = getattr(self.exceptions, code, ClientError)
        return kind({"Error": {"Code": code, "Message": message}}, self.service)


class GlueInMemory(_Client):
    """Databases, tables and partitions."""

    service = "glue"
    errors = ("AlreadyExistsException", "EntityNotFoundException", "InvalidInputException")

    def __init__(self, faults: Faults, databases: tuple[str, ...]) -> None:
        super().__init__(faults)
        self.databases: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in databases}
        self.partitions: dict[tuple[str, str], dict[tuple[str, ...], dict[str, Any]]] = {}

    def _do_get_table(self, DatabaseName: str, Name: str) -> dict[str, Any]:
        return {"Table": _copied(self._table(DatabaseName, Name))}

    def _do_get_tables(self, DatabaseName: str, Expression: str = ".*", _start: int = 0) -> dict[str, Any]:
        tables = [
            table for name, table in sorted(self._database(DatabaseName).items()) if re.fullmatch(Expression, name)
        ]
        return {"TableList": _copied(tables[_start : _start + PAGE]), "_next": _next(_start, tables)}

    def _do_get_partitions(
        self, DatabaseName: str, TableName: str, ExcludeColumnSchema: bool = False, _start: int = 0
    ) -> dict[str, Any]:
        self._table(DatabaseName, TableName)
        found = [partition for _, partition in sorted(self.partitions[DatabaseName, TableName].items())]
        return {"Partitions": _copied(found[_start : _start + PAGE]), "_next": _next(_start, found)}

    def _do_create_table(self, DatabaseName: str, TableInput: Mapping[str, Any]) -> dict[str, Any]:
        tables, name = self._database(DatabaseName), TableInput["Name"]
        if name in tables:
            raise self.error("AlreadyExistsException", f"Table {name} already exists.")
        tables[name] = {**_copied(dict(TableInput)), "DatabaseName": DatabaseName, "VersionId": "1"}
        self.partitions[DatabaseName, name] = {}
        return {}

    def _do_update_table(self, DatabaseName: str, TableInput: Mapping[str, Any]) -> dict[str, Any]:
        table = self._table(DatabaseName, TableInput["Name"])
        version = str(int(table["VersionId"]) + 1)
        self.databases[DatabaseName][TableInput["Name"]] = {
            **_copied(dict(TableInput)), "DatabaseName": DatabaseName, "VersionId": version,
        }  # fmt: skip
        return {}

    def _do_delete_table(self, DatabaseName: str, Name: str) -> dict[str, Any]:
        self._table(DatabaseName, Name)
        del self.databases[DatabaseName][Name]
        self.partitions.pop((DatabaseName, Name), None)
        return {}

    def _do_batch_delete_table(self, DatabaseName: str, TablesToDelete: list[str]) -> dict[str, Any]:
        for name in TablesToDelete:
            self._do_delete_table(DatabaseName, name)
        return {}

    def _do_create_partition(self, DatabaseName: str, TableName: str, PartitionInput: Any) -> dict[str, Any]:
        if self._create(DatabaseName, TableName, PartitionInput):
            return {}
        raise self.error("AlreadyExistsException", "Partition already exists.")

    def _do_update_partition(
        self, DatabaseName: str, TableName: str, PartitionValueList: list[str], PartitionInput: Any
    ) -> dict[str, Any]:
        if self._update(DatabaseName, TableName, PartitionValueList, PartitionInput):
            return {}
        raise self.error("EntityNotFoundException", "Cannot find partition.")

    def _do_batch_create_partition(
        self, DatabaseName: str, TableName: str, PartitionInputList: list[Any]
    ) -> dict[str, Any]:
        self._limit("batch_create_partition", PartitionInputList)
        refused = [e["Values"] for e in PartitionInputList if not self._create(DatabaseName, TableName, e)]
        return _errors("PartitionValues", "AlreadyExistsException", refused)

    def _do_batch_update_partition(self, DatabaseName: str, TableName: str, Entries: list[Any]) -> dict[str, Any]:
        self._limit("batch_update_partition", Entries)
        refused = [
            entry["PartitionValueList"]
            for entry in Entries
            if not self._update(DatabaseName, TableName, entry["PartitionValueList"], entry["PartitionInput"])
        ]
        return _errors("PartitionValueList", "EntityNotFoundException", refused)

    def _do_batch_delete_partition(
        self, DatabaseName: str, TableName: str, PartitionsToDelete: list[Any]
    ) -> dict[str, Any]:
        self._limit("batch_delete_partition", PartitionsToDelete)
        self._table(DatabaseName, TableName)
        found = self.partitions[DatabaseName, TableName]
        values = [tuple(entry["Values"]) for entry in PartitionsToDelete]
        refused = [list(value) for value in values if found.pop(value, None) is None]
        return _errors("PartitionValues", "EntityNotFoundException", refused)

    def _create(self, database: str, table: str, entry: Mapping[str, Any]) -> bool:
        self._table(database, table)
        found, key = self.partitions[database, table], tuple(entry["Values"])
        if key in found:
            return False
        found[key] = _copied(dict(entry))
        return True

    def _update(self, database: str, table: str, values: list[str], entry: Mapping[str, Any]) -> bool:
        self._table(database, table)
        found = self.partitions[database, table]
        if tuple(values) not in found:
            return False
        found[tuple(values)] = _copied(dict(entry))
        return True

    def _limit(self, operation: str, entries: list[Any]) -> None:
        if not 0 < len(entries) <= BATCH_LIMITS[operation]:
            raise self.error("ValidationException", f"{operation} takes 1 to {BATCH_LIMITS[operation]} entries")

    def _database(self, name: str) -> dict[str, dict[str, Any]]:
        if name not in self.databases:
            raise self.error("EntityNotFoundException", f"Database {name} not found.")
        return self.databases[name]

    def _table(self, database: str, name: str) -> dict[str, Any]:
        tables = self._database(database)
        if name not in tables:
            raise self.error("EntityNotFoundException", f"Table {name} not found.")
        return tables[name]


class S3InMemory(_Client):
    """Objects by bucket and key."""

    service = "s3"
    errors = ("NoSuchKey",)

    def __init__(self, faults: Faults) -> None:
        super().__init__(faults)
        self.objects: dict[tuple[str, str], bytes] = {}

    def _do_put_object(
        self, Bucket: str, Key: str, Body: bytes, IfMatch: str | None = None, IfNoneMatch: str | None = None, **_: Any
    ) -> dict[str, Any]:
        present = self.objects.get((Bucket, Key))
        if IfNoneMatch == "*" and present is not None:
            raise self.error("PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
        if IfMatch is not None:
            if present is None:
                raise self.error("NoSuchKey", "The specified key does not exist.")
            if _etag(present) != IfMatch:
                raise self.error("PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
        self.objects[Bucket, Key] = bytes(Body)
        return {"ETag": _etag(Body)}

    def _do_get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        if (Bucket, Key) not in self.objects:
            raise self.error("NoSuchKey", "The specified key does not exist.")
        body = self.objects[Bucket, Key]
        return {"Body": io.BytesIO(body), "ETag": _etag(body), "ContentLength": len(body)}

    def _do_head_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        if (Bucket, Key) not in self.objects:
            raise self.error("404", "Not Found")
        return {"ETag": _etag(self.objects[Bucket, Key]), "ContentLength": len(self.objects[Bucket, Key])}

    def _do_list_objects_v2(self, Bucket: str, Prefix: str = "", _start: int = 0) -> dict[str, Any]:
        keys = sorted(key for bucket, key in self.objects if bucket == Bucket and key.startswith(Prefix))
        page = [{"Key": key, "Size": len(self.objects[Bucket, key])} for key in keys[_start : _start + PAGE]]
        return {**({"Contents": page} if page else {}), "_next": _next(_start, keys)}

    def _do_delete_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        self.objects.pop((Bucket, Key), None)
        return {}


class SessionInMemory:
    """A session of the two clients; its calls are counted by `faults`."""

    def __init__(self, databases: tuple[str, ...]) -> None:
        self.faults = Faults()
        self.glue = GlueInMemory(self.faults, databases)
        self.s3 = S3InMemory(self.faults)

    def client(self, service: str) -> Any:
        return {"glue": self.glue, "s3": self.s3}[service]


def _copied(document: Any) -> Any:
    """Return a copy that shares nothing; faster than `copy.deepcopy` for JSON types."""
    if isinstance(document, dict):
        return {key: _copied(value) for key, value in document.items()}
    if isinstance(document, list | tuple):
        return [_copied(value) for value in document]
    return document


def _etag(body: bytes) -> str:
    return f'"{hashlib.md5(body).hexdigest()}"'


def _next(start: int, entries: list[Any]) -> int | None:
    return start + PAGE if start + PAGE < len(entries) else None


def _errors(field: str, code: str, refused: list[list[str]]) -> dict[str, Any]:
    """Return the answer of a batch call: 200, with the refused entries listed."""
    listed = [{field: values, "ErrorDetail": {"ErrorCode": code, "ErrorMessage": code}} for values in refused]
    return {"Errors": listed} if listed else {}

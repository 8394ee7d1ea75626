"""Views as Athena stores them in Glue: a VIRTUAL_VIEW whose text is Presto's base64 JSON."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from mwaa.local_aws.athena.athena_errors import AthenaQueryError

_WRAPPED = re.compile(r"^/\* Presto View: (?P<data>[A-Za-z0-9+/=]+) \*/$")


def encode_view(sql: str, database: str, columns: list[tuple[str, str]]) -> str:
    """Return ViewOriginalText for a view's SELECT; columns are (name, Trino type)."""
    data = {
        "originalSql": sql,
        "catalog": "awsdatacatalog",
        "schema": database,
        "columns": [{"name": name, "type": kind} for name, kind in columns],
    }
    return f"/* Presto View: {base64.b64encode(json.dumps(data).encode()).decode()} */"


def decode_view(text: str, name: str) -> dict[str, Any]:
    """Return the JSON inside ViewOriginalText.

    Raises:
        AthenaQueryError: it is not a Presto view.
    """
    wrapped = _WRAPPED.match(text.strip())
    if not wrapped:
        raise AthenaQueryError(f"INVALID_VIEW: View '{name}' was not created by Athena: its text cannot be read")
    view: dict[str, Any] = json.loads(base64.b64decode(wrapped["data"]))
    return view


def view_table_input(name: str, database: str, sql: str, columns: list[tuple[str, str, str]]) -> dict[str, Any]:
    """Return Glue's TableInput for a view; columns are (name, Trino type, Hive type)."""
    return {
        "Name": name,
        "TableType": "VIRTUAL_VIEW",
        "Parameters": {"presto_view": "true", "comment": "Presto View"},
        "PartitionKeys": [],
        "ViewOriginalText": encode_view(sql, database, [(n, trino) for n, trino, _ in columns]),
        "ViewExpandedText": "/* Presto View */",
        "StorageDescriptor": {
            "Columns": [{"Name": n.lower(), "Type": hive} for n, _, hive in columns],
            "Location": "", "Compressed": False, "NumberOfBuckets": 0,
            "SerdeInfo": {}, "SortColumns": [], "StoredAsSubDirectories": False,
        },
    }  # fmt: skip

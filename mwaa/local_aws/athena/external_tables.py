"""CREATE EXTERNAL TABLE and DROP TABLE."""

from __future__ import annotations

from typing import Any

from mwaa.local_aws.athena.athena_errors import AthenaQueryError
from mwaa.local_aws.athena.databases import FAILED
from mwaa.local_aws.athena.session import Session
from mwaa.local_aws.athena.statement import Outcome, Reader
from mwaa.local_aws.athena.types import hive_to_duckdb

_STORED_AS = {
    "PARQUET": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
    "TEXTFILE": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
    "JSON": "org.openx.data.jsonserde.JsonSerDe",
}


def create_external_table(session: Session, sql: str) -> Outcome:
    """Run CREATE EXTERNAL TABLE for Parquet, OpenCSV, JSON and delimited text."""
    reader = Reader(sql)
    reader.expect("CREATE")
    if not reader.take("EXTERNAL"):
        raise AthenaQueryError.unsupported("CREATE TABLE without EXTERNAL and without AS SELECT (Iceberg tables)")
    reader.expect("TABLE")
    lenient = reader.take("IF", "NOT", "EXISTS")
    database, name = reader.qualified(session.database)
    columns = column_list(reader)
    table_input = _table_clauses(reader, name, columns)
    session.catalog.require_database(database)
    if session.catalog.raw(database, name) is not None:
        if not lenient:
            raise AthenaQueryError(f"{FAILED}AlreadyExistsException(message:Table {name} already exists.)")
    else:
        session.catalog.create_table(database, table_input)
    return Outcome("DDL", "CREATE_TABLE")


def column_list(reader: Reader) -> list[dict[str, str]]:
    """Read `(name type [COMMENT '…'], …)` and return Glue's Column structures."""
    reader.expect("(")
    columns: list[dict[str, str]] = []
    while not reader.take(")"):
        name = reader.identifier()
        reader.take(":")
        kind, depth = "", 0
        while depth or reader.peek() not in (",", ")"):
            if not depth and reader.peek().upper() == "COMMENT":
                break
            token = reader.next()
            depth += (token in "<(") - (token in ">)")
            kind += token
        hive_to_duckdb(kind)
        column = {"Name": name, "Type": kind.lower()}
        if reader.take("COMMENT"):
            column["Comment"] = reader.string()
        columns.append(column)
        reader.take(",")
    return columns


def _table_clauses(reader: Reader, name: str, columns: list[dict[str, str]]) -> dict[str, Any]:
    keys: list[dict[str, str]] = []
    serde, serde_parameters, location = _STORED_AS["TEXTFILE"], {"serialization.format": "1"}, ""
    parameters: dict[str, str] = {"EXTERNAL": "TRUE"}
    while not reader.at_end:
        if reader.take("COMMENT"):
            parameters["comment"] = reader.string()
        elif reader.take("PARTITIONED", "BY"):
            keys = column_list(reader)
        elif reader.take("ROW", "FORMAT", "SERDE"):
            serde = reader.string()
        elif reader.take("WITH", "SERDEPROPERTIES"):
            serde_parameters = reader.properties()
        elif reader.take("ROW", "FORMAT", "DELIMITED"):
            serde_parameters = _delimited(reader)
        elif reader.take("STORED", "AS", "INPUTFORMAT"):
            reader.string()
            reader.expect("OUTPUTFORMAT")
            reader.string()
        elif reader.take("STORED", "AS"):
            serde = _stored_as(reader.next())
        elif reader.take("LOCATION"):
            location = reader.string()
        else:
            reader.expect("TBLPROPERTIES")
            parameters |= reader.properties()
    if not location:
        raise AthenaQueryError(f"FAILED: SemanticException: CREATE EXTERNAL TABLE {name} needs a LOCATION 's3://…'")
    return {
        "Name": name, "TableType": "EXTERNAL_TABLE", "Parameters": parameters, "PartitionKeys": keys,
        "StorageDescriptor": {
            "Columns": columns, "Location": location, "Compressed": False, "NumberOfBuckets": -1,
            "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
            if "Parquet" in serde else "org.apache.hadoop.mapred.TextInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"
            if "Parquet" in serde else "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "SerdeInfo": {"SerializationLibrary": serde, "Parameters": serde_parameters},
            "BucketColumns": [], "SortColumns": [], "StoredAsSubDirectories": False,
        },
    }  # fmt: skip


def _stored_as(name: str) -> str:
    if name.upper() not in _STORED_AS:
        raise AthenaQueryError.unsupported(f"STORED AS {name.upper()} (use PARQUET, TEXTFILE or JSON)")
    return _STORED_AS[name.upper()]


def _delimited(reader: Reader) -> dict[str, str]:
    found = {"serialization.format": "1"}
    words = {"FIELDS": "field.delim", "LINES": "line.delim", "COLLECTION": "collection.delim", "MAP": "mapkey.delim"}
    while reader.peek().upper() in {*words, "ESCAPED", "NULL"}:
        word = reader.next().upper()
        if word == "ESCAPED":
            reader.expect("BY")
            found["escape.delim"] = reader.string()
        elif word == "NULL":
            reader.expect("DEFINED", "AS")
            found["serialization.null.format"] = reader.string()
        else:
            if word in ("COLLECTION", "MAP"):
                reader.next()
            reader.expect("TERMINATED", "BY")
            found[words[word]] = reader.string().replace("\\t", "\t").replace("\\n", "\n").replace("\\001", "\x01")
    if "field.delim" in found:
        found["serialization.format"] = found["field.delim"]
    return found


def drop_table(session: Session, sql: str) -> Outcome:
    """Run DROP TABLE [IF EXISTS] name. The data stays, as for every external table."""
    reader = Reader(sql)
    reader.expect("DROP", "TABLE")
    lenient = reader.take("IF", "EXISTS")
    database, name = reader.qualified(session.database)
    reader.end()
    if session.catalog.raw(database, name) is None:
        if not lenient:
            raise AthenaQueryError(f"FAILED: SemanticException [Error 10001]: Table not found {database}.{name}")
    else:
        session.catalog.drop_table(database, name)
    return Outcome("DDL", "DROP_TABLE")

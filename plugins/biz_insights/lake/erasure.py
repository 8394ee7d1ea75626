"""Rewrite published partitions without one customer, below a new prefix, for what no build makes again.

That is: marts, scores and customer facts of earlier dates, from which the customer's rows go; batches of bronze, in
which what names the customer becomes null; and quality results, in whose samples `erased` takes the place of the id.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from biz_insights.aws import s3
from biz_insights.errors import PermanentError
from biz_insights.lake.catalog import Catalog
from biz_insights.lake.file_sizes import listed
from biz_insights.lake.traces import Customer, card_mask, erased, of_app, read_parquet, row_mask
from biz_schema.forgotten_customers import BLANKS, CARD_COLUMN, USER_COLUMN

if TYPE_CHECKING:
    import pyarrow as pa

Rewrite = Callable[["pa.Table", Customer], "pa.Table"]


def without_rows(table: pa.Table, customer: Customer) -> pa.Table:
    """Return the rows that do not name the customer; all rows of a table without customers."""
    import pyarrow.compute as pc

    if USER_COLUMN not in table.column_names:
        return table
    return table.filter(pc.invert(row_mask(table, customer)))


def without_names(table: pa.Table, customer: Customer, kept: tuple[str, ...] = ()) -> pa.Table:
    """Return all rows; on those of the customer the user id, the card and every column outside of `kept` are null."""
    import pyarrow as pa
    import pyarrow.compute as pc

    ids = pc.equal(pc.utf8_trim(table.column(USER_COLUMN), characters=BLANKS), customer.user_id)
    is_customer = pc.fill_null(ids, False)
    if customer.app_name:
        is_customer = pc.and_(is_customer, of_app(table, customer.app_name))
    is_card = pc.or_(is_customer, card_mask(table, customer))
    for position, name in enumerate(table.column_names):
        if name in (USER_COLUMN, CARD_COLUMN) or (kept and name not in kept):
            hidden = is_card if name == CARD_COLUMN else is_customer
            column = table.column(name)
            table = table.set_column(
                position, table.schema.field(name), pc.if_else(hidden, pa.scalar(None, column.type), column)
            )
    return table


def without_quotes(table: pa.Table, customer: Customer) -> pa.Table:
    """Return all rows, with `erased` in place of the id in every text."""
    import pyarrow as pa

    def clean(value: Any) -> Any:
        if isinstance(value, str):
            return erased(value.encode(), customer).decode()
        return [clean(each) for each in value] if isinstance(value, list) else value

    columns = [pa.array([clean(value) for value in column.to_pylist()], column.type) for column in table.columns]
    return pa.Table.from_arrays(columns, schema=table.schema)


def rewrite_files(session: Any, location: str, target: str, customer: Customer, rewrite: Rewrite) -> dict[str, str]:
    """Write the files of a location to another one, rewritten. Return `rows`, `files` and `size` of the result.

    Raises:
        PermanentError: the new files still name the customer.
    """
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    rows = size = files = 0
    for file in listed(session, [location]):
        before = read_parquet(s3.get_bytes(session, file.uri) or b"")
        after = rewrite(before, customer)
        content = io.BytesIO()
        # Spark writes timestamps like this, and the columns of a table must agree.
        pq.write_table(after, content, use_deprecated_int96_timestamps=True)
        if pc.any(row_mask(read_parquet(content.getvalue()), customer)).as_py():
            raise PermanentError(f"{file.uri} still names the customer after it was rewritten; nothing was changed")
        s3.put_bytes(session, f"{target}{file.uri.rpartition('/')[2]}", content.getvalue())
        rows, files, size = rows + after.num_rows, files + 1, size + len(content.getvalue())
    return {"rows": str(rows), "files": str(files), "size": str(size)}


def point_to(catalog: Catalog, table: str, value: str, location: str, statistics: dict[str, str]) -> None:
    """Point a published partition to its rewritten files. It keeps its fingerprint, so nothing is built again for it.

    The parameters that name an earlier location go: its files are about to be deleted.
    """
    where = {"DatabaseName": catalog.database, "TableName": table}
    stored = catalog.glue.get_partition(**where, PartitionValues=[value])["Partition"]
    parameters = {name: text for name, text in (stored.get("Parameters") or {}).items() if "previous" not in name}
    wanted = {
        "Values": [value],
        "StorageDescriptor": {**stored["StorageDescriptor"], "Location": location},
        "Parameters": {**parameters, **statistics},
    }
    catalog.glue.update_partition(**where, PartitionValueList=[value], PartitionInput=wanted)

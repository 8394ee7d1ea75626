"""Fingerprints of partitions, and what changed since the published ones."""

from collections.abc import Callable, Collection, Iterable, Mapping
from decimal import Decimal

from pyspark.sql import Column, DataFrame, Observation
from pyspark.sql import functions as F

from spark_jobs.partitions import Fingerprint, Partition

# Where a row came from is not part of its content. The database's surrogate id is left out as well: a reload of the
# source may give the same rows new numbers, and that must not rebuild every day.
LINEAGE_COLUMNS = ("batch_id", "source_id")


def row_hash(columns: Iterable[str]) -> Column:
    """Return the 64-bit hash of a row.

    xxhash64 skips nulls, so a value that moves to the next column would not change the hash. Therefore each column
    enters with its null flag.
    """
    parts = [part for name in columns for part in (F.col(f"`{name}`").isNull(), F.col(f"`{name}`"))]
    return F.xxhash64(*parts)


def fingerprints(
    rows: DataFrame,
    partition: str | None,
    excluded: Collection[str] = LINEAGE_COLUMNS,
    amount: Column | None = None,
) -> dict[str, Fingerprint]:
    """Return the fingerprint of each value of column `partition` (as text), or of all rows under '' if it is None.

    An unpartitioned table without rows has the fingerprint of no rows.

    Args:
        rows: the rows of the table.
        partition: the partition column.
        excluded: columns that are not part of the content.
        amount: the money of a row (decimal; null counts as 0), added up in the same pass.
    """
    hashed = row_hash(sorted(name for name in rows.columns if name not in excluded))
    value = F.col(partition) if partition else F.lit("")
    columns = [value.alias("value"), hashed.cast("decimal(20,0)").alias("hash")]
    amounts: dict[str, Column] = {}
    if amount is not None:
        columns.append(F.coalesce(amount, F.lit(0)).alias("money"))
        amounts = {"amount": F.sum("money"), "largest_amount": F.max(F.abs("money"))}
    grouped = (
        rows.select(*columns)
        .groupBy("value")
        .agg(
            F.count("*").alias("rows"),
            F.sum("hash").alias("hash_sum"),
            *(measure.alias(name) for name, measure in amounts.items()),
        )
    )
    found = {
        str(row["value"]): Fingerprint(row["rows"], int(row["hash_sum"]), *(row[name] for name in amounts))
        for row in grouped.collect()
    }
    return found if partition or found else {"": Fingerprint(0, 0)}


def observed(
    rows: DataFrame, excluded: Collection[str] = LINEAGE_COLUMNS
) -> tuple[DataFrame, Callable[[], Fingerprint]]:
    """Return the rows, and a function for the fingerprint of all of them, which may be called after they are written.

    The fingerprint is computed while the rows are written; they are not read again.
    """
    seen = Observation()
    hashed = row_hash(sorted(name for name in rows.columns if name not in excluded))
    counted = F.count(F.lit(1)).alias("rows"), F.sum(hashed.cast("decimal(20,0)")).alias("hash_sum")
    return rows.observe(seen, *counted), lambda: Fingerprint(seen.get["rows"], int(seen.get["hash_sum"] or 0))


def compare(
    current: Mapping[str, Fingerprint], known: Mapping[str, str], keep_absent: bool = False
) -> dict[str, Partition]:
    """Compare fingerprints with the published ones (`known`).

    A published partition without rows now is deleted, unless `keep_absent`: then the table only grows, and the
    partitions of other batches stay.
    """
    changes = {}
    for value, fingerprint in current.items():
        published = known.get(value)
        change = "new" if published is None else "unchanged" if published == fingerprint.text else "changed"
        amounts = _text(fingerprint.amount), _text(fingerprint.largest_amount)
        changes[value] = Partition(fingerprint.rows, fingerprint.text, change, *amounts)
    if not keep_absent:
        for value in known.keys() - current.keys():
            changes[value] = Partition(0, Fingerprint(0, 0).text, "deleted")
    return changes


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"


def to_write(partitions: Mapping[str, Partition]) -> list[str]:
    """Return the values of the partitions that must be written, sorted."""
    return sorted(value for value, part in partitions.items() if part.change in ("new", "changed"))

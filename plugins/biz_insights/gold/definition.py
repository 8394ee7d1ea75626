"""Gold tables, read from their SQL files: one file for each table, with a header that describes it.

    -- about: What each store sold each day.
    -- grain: restaurant_id x order_date
    -- partition: order_date
    -- reads: silver_order_items
    -- denominator: guests in
    -- renamed from: gold_store_days
    -- columns:
    --   net_sales: gross less discounts, in currency units
    SELECT …

`renamed from` is optional. It names the table that an earlier version published; the first publish of the new table
removes the old one from the catalog. The line `--   {{ customer_measures }}` is replaced by the columns of
`biz_schema.customer_measures`.

The SELECT is a Jinja template. SQL that several tables use is a macro in `dags/gold/macros`, which they import.
Every template can use `least_compared_share` (the share of days that a comparison needs), `customer_measures`, and
`measured_columns` (the silver columns that the measures use), `sample_buckets` and `sampled_days` (the size of the
sample that `customer_scores` reads).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from biz_insights.coverage import LEAST_COMPARED_SHARE
from biz_schema.customer_measures import CUSTOMER_MEASURES, lines_read
from biz_schema.score_inputs import SAMPLE_BUCKETS, SAMPLED_DAYS

GOLD_FOLDER = Path(__file__).resolve().parents[3] / "dags" / "gold"
KINDS = ("facts", "marts", "views")
PARTITIONS = ("order_date", "quarter", "year", "cutoff_date", "as_of_date", "none")

Kind = Literal["facts", "marts", "views"]

_FIELD = re.compile(r"^-- (about|grain|partition|reads|denominator|renamed from|columns):\s*(.*)$")
_COLUMN = re.compile(r"^--   (\w+): (.+)$")
_MEASURES_LINE = "--   {{ customer_measures }}"
_SQL = Environment(
    loader=FileSystemLoader(GOLD_FOLDER),
    undefined=StrictUndefined,
    autoescape=False,
    trim_blocks=True,
    lstrip_blocks=True,
)
_SHARED: dict[str, Any] = {
    "least_compared_share": LEAST_COMPARED_SHARE,
    "customer_measures": CUSTOMER_MEASURES,
    "measured_columns": lines_read(),
    "sample_buckets": SAMPLE_BUCKETS,
    "sampled_days": SAMPLED_DAYS,
}
_SQL.globals.update(_SHARED)


class GoldHeaderError(ValueError):
    """A gold SQL file lacks a header field, or a field has an invalid value."""


@dataclass(frozen=True)
class GoldTable:
    """A fact, mart or view: the fields of its header, and its SELECT as a Jinja template."""

    name: str
    kind: Kind
    about: str
    grain: str
    partition: str
    reads: tuple[str, ...]
    denominator: str
    columns: dict[str, str]
    sql_template: str
    renamed_from: str = ""

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the columns that identify a row, as `grain` names them."""
        return tuple(name.strip() for name in self.grain.split(" x "))

    def select(self, **variables: str) -> str:
        """Return the SELECT with its variables replaced: `database`, and those that the kind of partition needs."""
        return _SQL.from_string(self.sql_template).render(**variables).strip().rstrip(";")


def date_literal(day: str) -> str:
    """Return an ISO date as SQL: `2024-02-17` → `DATE '2024-02-17'`."""
    return f"DATE '{day}'"


def date_list(days: Sequence[str]) -> str:
    """Return ISO dates as a SQL list for `IN (…)`."""
    return ", ".join(date_literal(day) for day in days)


def read_gold_table(path: Path) -> GoldTable:
    """Parse one SQL file.

    Raises:
        GoldHeaderError: a field is missing, or `partition` is not one of PARTITIONS.
    """
    fields: dict[str, str] = {}
    columns: dict[str, str] = {}
    body: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not body and (found := _FIELD.match(line)):
            fields[found[1]] = found[2].strip()
        elif not body and "columns" in fields and (column := _COLUMN.match(line)):
            columns[column[1]] = column[2].strip()
        elif not body and "columns" in fields and line.rstrip() == _MEASURES_LINE:
            columns |= {measure.name: measure.meaning for measure in CUSTOMER_MEASURES}
        elif body or (line.strip() and not line.startswith("--")):
            body.append(line)
    missing = {"about", "grain", "partition", "reads", "denominator", "columns"} - set(fields)
    if missing or not columns or not body:
        what = ", ".join(sorted(missing)) or ("columns" if not columns else "a SELECT")
        raise GoldHeaderError(
            f"{path}: the header lacks {what}; add it as plugins/biz_insights/gold/definition.py describes"
        )
    if fields["partition"] not in PARTITIONS:
        raise GoldHeaderError(
            f"{path}: partition {fields['partition']!r} is not known; use one of {', '.join(PARTITIONS)}"
        )
    return GoldTable(
        name=path.stem,
        kind=cast(Kind, path.parent.name),
        about=fields["about"],
        grain=fields["grain"],
        partition=fields["partition"],
        reads=tuple(name.strip() for name in fields["reads"].split(",") if name.strip()),
        denominator=fields["denominator"],
        columns=columns,
        sql_template="\n".join(body),
        renamed_from=fields.get("renamed from", ""),
    )


@cache
def gold_tables(folder: Path = GOLD_FOLDER) -> dict[str, GoldTable]:
    """Return all gold tables by name, each after the tables that it reads (facts before marts before views).

    Raises:
        GoldHeaderError: a header is wrong, a renamed table still has a file, or tables read each other in a circle.
    """
    found = {
        table.name: table
        for kind in KINDS
        for table in (read_gold_table(path) for path in sorted((folder / kind).glob("*.sql")))
    }
    for table in found.values():
        if table.renamed_from in found:
            raise GoldHeaderError(
                f"{table.name} is renamed from {table.renamed_from}, which still has a SQL file; remove one of them"
            )
    ordered: dict[str, GoldTable] = {}

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            raise GoldHeaderError(
                f"gold tables read each other in a circle: {' -> '.join((*path, name))}; remove one of these reads"
            )
        if name in ordered or name not in found:
            return
        for upstream in found[name].reads:
            visit(upstream, (*path, name))
        ordered[name] = found[name]

    for name in found:
        visit(name, ())
    return ordered


def tables_of(kind: Kind, folder: Path = GOLD_FOLDER) -> list[GoldTable]:
    """Return the gold tables of one kind, in build order."""
    return [table for table in gold_tables(folder).values() if table.kind == kind]

"""The SQL of rules: Jinja templates in `.sql` files, and the placeholders that they may use.

| placeholder | is replaced by |
|---|---|
| `{{ batch }}` | the rows of the build; read it once, in a CTE named `built` |
| `{{ published }}` | the database of the published tables |
| `{{ process_date }}`, `{{ cutoff_date }}` | the run's date and the cut-off date that follows from it, as `DATE '…'` |
| `{{ price_basis }}`, `{{ business_timezone }}` | the settings that silver was built with, as text in quotes |
| `{{ unknown }}`, `{{ uncategorised }}` | what silver puts where the source has no store or no category, in quotes |
| `{{ source_tables }}`, `{{ quarantine_reasons }}` | the declared names, to be listed with `sql_list` |
| `{{ key }}` | the columns that name a row, a list |
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from biz_insights.gold.definition import date_literal
from biz_insights.gold.periods import cutoff_date
from biz_insights.quality.check_arguments import words
from biz_schema.placeholders import UNCATEGORISED, UNKNOWN
from biz_schema.quarantine_reasons import QUARANTINE_REASONS
from biz_schema.source_tables import SOURCE_TABLES

PLACEHOLDERS = ("batch", "published", "process_date", "cutoff_date", "price_basis", "business_timezone")
_BATCH = "<batch>"
"""Stands for `{batch}`, which Great Expectations replaces, while other braces are doubled."""


def placeholder_values(
    *,
    published: str,
    process_date: str,
    price_basis: str = "line_total",
    business_timezone: str = "America/Chicago",
) -> dict[str, str]:
    """The value of every placeholder but `batch`, as SQL; `process_date` is `YYYY-MM-DD`."""
    return {
        "published": published,
        "process_date": date_literal(process_date),
        "cutoff_date": date_literal(cutoff_date(process_date)),
        "price_basis": quoted(price_basis),
        "business_timezone": quoted(business_timezone),
    }


def render(template: str, folder: Path, values: Mapping[str, Any]) -> str:
    """The SQL of a template; `folder` is that of the suites, from which templates import macros.

    Raises:
        jinja2.TemplateError: the template is not valid Jinja, or it uses a placeholder that is not in `values`.
    """
    return _compiled(template, folder).render(**values).strip()


def for_great_expectations(template: str, folder: Path, values: Mapping[str, Any]) -> str:
    """The SQL with `{batch}` for Great Expectations to replace; other braces are doubled, as it wants them."""
    sql = render(template, folder, {**values, "batch": _BATCH})
    return sql.replace("{", "{{").replace("}", "}}").replace(_BATCH, "{batch}")


def quoted(value: Any) -> str:
    """A number as it is, a text in single quotes."""
    return str(value) if isinstance(value, int | float) else "'" + str(value).replace("'", "''") + "'"


def columns_in(sql: Any) -> list[str]:
    """The columns that SQL texts name, in order; the argument is a text, or lists of texts to any depth."""
    if not isinstance(sql, str):
        return list(dict.fromkeys(name for entry in sql for name in columns_in(entry)))
    return words(sql)


def sql_list(values: Iterable[Any]) -> str:
    """Values as the list that `IN (…)` and `ARRAY[…]` take."""
    return ", ".join(quoted(value) for value in values)


@cache
def _compiled(template: str, folder: Path) -> Template:
    return _environment(folder).from_string(template)


@cache
def _environment(folder: Path) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["sql_list"] = sql_list
    environment.filters["columns_in"] = columns_in
    environment.globals["unknown"] = quoted(UNKNOWN)
    environment.globals["uncategorised"] = quoted(UNCATEGORISED)
    environment.globals["source_tables"] = [table.name for table in SOURCE_TABLES]
    environment.globals["quarantine_reasons"] = sorted(QUARANTINE_REASONS)
    return environment

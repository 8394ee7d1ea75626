"""Arguments of the jobs, as Glue passes them: `--NAME value`, together with Glue's own arguments."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from biz_schema.setting_values import AUTO, NEGATIVE_LINE_RULES, NEGATIVE_LINES, PRICE_BASES
from biz_schema.source_tables import SOURCE_TABLES
from spark_jobs.errors import JobError


class RowBounds(NamedTuple):
    """Rows of a table in the database around the snapshot: counted directly before and after it."""

    least: int | None
    most: int | None


@dataclass(frozen=True)
class BronzeArguments:
    """What `bronze.py` needs; every folder URI ends with a slash.

    The rows come from the export at `landing_uri`, or from what the bronze run `from_run` has written for the batch.
    """

    job_run_id: str
    landing_uri: str
    bronze_uri: str
    batch_id: str
    forgotten_uri: str
    from_run: str


@dataclass(frozen=True)
class SilverArguments:
    """What `silver.py` needs; every folder URI ends with a slash."""

    job_run_id: str
    bronze_uri: str
    bronze_run: str
    batch_id: str
    silver_uri: str
    known_uri: str
    business_timezone: str
    zone_offsets_uri: str
    price_basis: str
    test_app_names: tuple[str, ...]
    negative_lines: str
    missing_marks: tuple[str, ...]
    holiday_country: str
    holiday_subdivision: str
    database_rows: Mapping[str, RowBounds]


@dataclass(frozen=True)
class ScoresArguments:
    """What `customer_scores.py` needs; `inputs_uri` is a document, `scores_uri` a folder and ends with a slash."""

    job_run_id: str
    as_of_date: date
    inputs_uri: str
    input_fingerprint: str
    scores_uri: str
    annual_discount_rate: float
    margin_rate: float | None


def job_arguments(argv: Sequence[str]) -> dict[str, str]:
    """Return the `--name value` and `--name=value` pairs of argv; a name without a value gets ''.

    Unknown names are included: Glue adds its own (--JOB_NAME, --job-language, --enable-metrics, …).
    """
    found: dict[str, str] = {}
    position = 0
    while position < len(argv):
        token = argv[position]
        position += 1
        if not token.startswith("--"):
            continue
        name, assigned, value = token[2:].partition("=")
        if not assigned and position < len(argv) and not argv[position].startswith("--"):
            value = argv[position]
            position += 1
        found[name] = value
    return found


def bronze_arguments(argv: Sequence[str]) -> BronzeArguments:
    """Return the typed arguments of the bronze job. Raises JobError if one is missing."""
    given = job_arguments(argv)
    source = "from_run" if given.get("from_run") else "landing_uri"
    found = _required("bronze", argv, ("JOB_RUN_ID", source, "bronze_uri", "batch_id"))
    return BronzeArguments(
        job_run_id=found["JOB_RUN_ID"],
        landing_uri=_folder(found.get("landing_uri", "")),
        bronze_uri=_folder(found["bronze_uri"]),
        batch_id=found["batch_id"],
        forgotten_uri=found.get("forgotten_uri", ""),
        from_run=found.get("from_run", ""),
    )


def silver_arguments(argv: Sequence[str]) -> SilverArguments:
    """Return the typed arguments of the silver job. Raises JobError if one is missing or has an unknown value."""
    required = (
        "JOB_RUN_ID", "bronze_uri", "bronze_run", "batch_id", "silver_uri", "known_uri",
        "business_timezone", "zone_offsets_uri", "price_basis", "negative_lines", "holiday_country", "database_rows",
    )  # fmt: skip
    found = _required("silver", argv, required)
    if found["negative_lines"] not in NEGATIVE_LINES:
        raise JobError(
            f"--negative_lines is {found['negative_lines']!r}; "
            f"next: set negative_lines to {', '.join(NEGATIVE_LINE_RULES)} or {AUTO}"
        )
    if "test_app_names" not in found:
        raise JobError("silver job lacks --test_app_names; next: pass it, empty if no channel is a test channel")
    if found["price_basis"] not in PRICE_BASES:
        raise JobError(
            f"--price_basis is {found['price_basis']!r}; next: set price_basis to {' or '.join(PRICE_BASES)}"
        )
    return SilverArguments(
        job_run_id=found["JOB_RUN_ID"],
        bronze_uri=_folder(found["bronze_uri"]),
        bronze_run=found["bronze_run"],
        batch_id=found["batch_id"],
        silver_uri=_folder(found["silver_uri"]),
        known_uri=found["known_uri"],
        business_timezone=found["business_timezone"],
        zone_offsets_uri=found["zone_offsets_uri"],
        price_basis=found["price_basis"],
        test_app_names=_names(found["test_app_names"]),
        negative_lines=found["negative_lines"],
        missing_marks=_names(found.get("missing_marks", "")),
        holiday_country=found["holiday_country"],
        holiday_subdivision=found.get("holiday_subdivision", ""),
        database_rows=_database_rows(found["database_rows"]),
    )


def scores_arguments(argv: Sequence[str]) -> ScoresArguments:
    """Return the typed arguments of the scores job. Raises JobError if one is missing or has a wrong value."""
    required = ("JOB_RUN_ID", "as_of_date", "inputs_uri", "input_fingerprint", "scores_uri", "annual_discount_rate")
    found = _required("customer_scores", argv, required)
    margin = found.get("margin_rate", "")
    return ScoresArguments(
        job_run_id=found["JOB_RUN_ID"],
        as_of_date=_date("as_of_date", found["as_of_date"]),
        inputs_uri=found["inputs_uri"],
        input_fingerprint=found["input_fingerprint"],
        scores_uri=_folder(found["scores_uri"]),
        annual_discount_rate=_rate("annual_discount_rate", found["annual_discount_rate"]),
        margin_rate=_rate("margin_rate", margin) if margin else None,
    )


def _required(job: str, argv: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    found = job_arguments(argv)
    missing = [f"--{name}" for name in names if not found.get(name)]
    if missing:
        raise JobError(f"{job} job lacks {', '.join(missing)}; next: pass them as arguments of the Glue job run")
    return found


def _names(text: str) -> tuple[str, ...]:
    """Return the names of a comma-separated list."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _folder(uri: str) -> str:
    return uri if uri.endswith("/") else f"{uri}/"


def _date(name: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise JobError(f"--{name} is {text!r}, which is not a date; next: pass it as YYYY-MM-DD") from error


def _rate(name: str, text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = -1.0
    if not 0 <= rate <= 1:
        raise JobError(f"--{name} is {text!r}; next: set {name} to a number from 0 to 1, such as 0.10 for 10 %")
    return rate


def _database_rows(text: str) -> dict[str, RowBounds]:
    """Parse `{"order_items": [min, max], …}`; a table that is not in it has unknown bounds."""
    try:
        bounds = {table: RowBounds(int(least), int(most)) for table, (least, most) in json.loads(text).items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise JobError(
            f'--database_rows is {text[:100]!r}; next: pass JSON such as {{"order_items": [203519, 203519]}}'
        ) from error
    return {table.name: bounds.get(table.name, RowBounds(None, None)) for table in SOURCE_TABLES}

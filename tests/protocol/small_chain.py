"""A chain with a few days of sales: its source, and jobs and queries that do in memory what Spark and Athena do.

The content of a file says what it was made from. So a test can compute from the source what each table must hold.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from biz_insights.gold.definition import GoldTable
from biz_insights.identity import candidate_name, fingerprint
from biz_insights.lake.builds import Column, PartitionBuild, TableBuild
from biz_insights.lake.catalog import Catalog
from biz_insights.settings import Settings
from biz_insights.steps.bronze_steps import utc_text
from biz_insights.steps.score_steps import JOB_FILES as SCORE_FILES
from biz_insights.steps.silver_steps import JOB_FILES as SILVER_FILES
from biz_schema.silver_tables import (
    QUARANTINE,
    ROW_LEDGER,
    SILVER_DATE_DIM,
    SILVER_ORDER_ITEM_OPTIONS,
    SILVER_ORDER_ITEMS,
    SILVER_TABLES,
)
from biz_schema.source_tables import SOURCE_TABLES
from tests.protocol.aws_in_memory import SessionInMemory

SETTINGS = Settings()
DATABASE = SETTINGS.published_database
DATABASES = (DATABASE, f"{DATABASE}_a", f"{DATABASE}_b", SETTINGS.build_database)
FILE = "part-0.parquet"
ITEMS, OPTIONS, CALENDAR = SILVER_ORDER_ITEMS.name, SILVER_ORDER_ITEM_OPTIONS.name, SILVER_DATE_DIM.name
START = datetime(2026, 3, 1, tzinfo=UTC)

FACT, SECOND_FACT, MART = "gold_sales_by_day", "gold_options_by_day", "mart_sales"


def _gold(name: str, kind: Any, partition: str, *reads: str) -> GoldTable:
    return GoldTable(name, kind, "", partition, partition, reads, "none", {}, f"SELECT {name} FROM {{{{ database }}}}")


GOLD = {
    table.name: table
    for table in (
        _gold(FACT, "facts", "order_date", ITEMS, CALENDAR),
        _gold(SECOND_FACT, "facts", "order_date", OPTIONS, FACT),
        _gold(MART, "marts", "as_of_date", FACT, SECOND_FACT),
    )
}


def digest(*parts: str) -> str:
    """Return a short digest of texts."""
    return fingerprint(*parts)[:8]


def silver_of(days: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return what each silver table but the ledger holds for these source days: content by partition value."""
    return {
        QUARANTINE.name: {"order_items": f"quarantine {digest(*sorted(days.values()))}"},
        CALENDAR: {"": f"calendar {len(days) // 2}"},
        OPTIONS: {day: f"options {text}" for day, text in days.items() if text.endswith("1")},
        ITEMS: {day: f"items {text}" for day, text in days.items()},
    }


def fact_of(items: Mapping[str, str], calendar: Mapping[str, str]) -> dict[str, str]:
    """Return the fact by day. A day of test orders (content `… 0`) has no row."""
    return {day: f"fact {digest(text, calendar[''])}" for day, text in items.items() if not text.endswith("0")}


def second_fact_of(options: Mapping[str, str], fact: Mapping[str, str], days: set[str]) -> dict[str, str]:
    """Return the second fact: of each day of an input."""
    return {day: f"second {digest(options.get(day, ''), fact.get(day, ''))}" for day in days}


def mart_of(fact: Mapping[str, str], second: Mapping[str, str], as_of: str) -> str:
    """Return the mart: everything up to its day."""
    parts = [f"{day} {of[day]}" for of in (fact, second) for day in sorted(of) if day <= as_of]
    return f"mart {digest(as_of, *parts)}"


class SmallChain:
    """The source, the clock, the lake in memory, and what its jobs have done.

    Attributes:
        days: what the source holds now: text by day. Texts end with a digit.
        batches: by batch id, what the source held when the batch was exported.
        moments: what the source held at each snapshot, by its time as silver stores it.
        audited: locations that a passed audit has read.
        red: whether the next audits fail.
    """

    def __init__(self) -> None:
        self.session = SessionInMemory(DATABASES)
        self.now = START
        self.days: dict[str, str] = {"2026-02-26": "a 1", "2026-02-27": "b 2", "2026-02-28": "c 0"}
        self.batches: dict[str, dict[str, str]] = {}
        self.moments: dict[str, dict[str, str]] = {}
        self.audited: set[str] = {SETTINGS.lake_uri("published/_no_files/")}
        self.red = False
        self._jobs = 0
        for key in {*SILVER_FILES, *SCORE_FILES}:
            self.session.s3.objects[SETTINGS.artefacts_bucket, key] = b"code 1"

    def clock(self) -> datetime:
        return self.now

    def wait(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)

    def content(self, location: str) -> str | None:
        """Return the content of a location; None without a file."""
        body = self.session.s3.objects.get((SETTINGS.lake_bucket, f"{_key(location)}{FILE}"))
        return None if body is None else body.decode()

    def contents(self, database: str, table: str) -> dict[str, str]:
        """Return the content by partition value, as a query reads a table: partitions without files have no row."""
        description = self.session.glue.databases[database][table]
        if not description["PartitionKeys"]:
            located = {"": description["StorageDescriptor"]["Location"]}
        else:
            partitions = self.session.glue.partitions[database, table]
            located = {value: entry["StorageDescriptor"]["Location"] for (value,), entry in partitions.items()}
        found = {value: self.content(location) for value, location in located.items()}
        return {value: text for value, text in found.items() if text is not None}

    def export(self, run: str, number: int) -> tuple[str, str]:
        """Take a snapshot of the source. Return the id of the batch, and when it was taken."""
        batch, taken = f"export-{run}-{number}", self.now.isoformat()
        self.batches[batch] = self.moments[utc_text(taken)] = dict(self.days)
        return batch, taken

    def run_bronze_job(self, batch: str) -> str:
        """Write the batch and its manifest; return the JobRunId."""
        text = json.dumps(self.batches[batch], sort_keys=True)
        held = {table.bronze_name: {batch: text} for table in SOURCE_TABLES}
        return self._write("bronze/", batch, held, dict.fromkeys(held, "batch_id"), {})

    def run_silver_job(self, plan: Mapping[str, Any]) -> str:
        """Write the days that differ from the known ones; return the JobRunId."""
        known = json.loads(self.session.s3.objects[SETTINGS.lake_bucket, _key(plan["known_uri"])])
        held = silver_of(self.batches[plan["batch_id"]])
        held[ROW_LEDGER.name] = {plan["batch_id"]: f"ledger {digest(*held[ITEMS].values())}"}
        known[ROW_LEDGER.name].pop(plan["batch_id"], None)  # the ledger is written by each run
        keys = {name: next(iter(SILVER_TABLES[name].partition_keys), None) for name in held}
        return self._write("silver/", plan["batch_id"], held, keys, known)

    def run_queries(self, run_id: str, try_number: int, plan: Mapping[str, Any]) -> list[str]:
        """Run the CTAS statements of a gold plan; return the names of the tables that they create."""
        parts = []
        for number, _ in enumerate(plan["selects"]):
            name = candidate_name(plan["table"], run_id, try_number, number)
            folder = SETTINGS.lake_uri(f"build/tables/q-{self._next()}/")
            made = self._selected(plan)
            built = [
                PartitionBuild(value, f"{folder}{plan['partition']}={value}/", "") for value in made if made[value]
            ]
            for part in built:
                self._put(part.location, made[part.value])
            with self._unseen() as catalog:
                table = TableBuild(name, COLUMNS, Column(plan["partition"], "date"), tuple(built))
                catalog.drop_table(name)
                catalog.create_table(table, name, folder)
                catalog.add_partitions(name, COLUMNS, built)
            parts.append(name)
        return parts

    def audit(self, candidates: Mapping[str, str], **_: Any) -> Any:
        """Stand in for a checkpoint: it passes unless it is `red` or a file is missing."""
        from biz_insights.quality.outcome import QualityGateError

        found = [location for name in candidates.values() for location in self._locations(name)]
        empty = SETTINGS.lake_uri("published/_no_files/")
        blocked = self.red or any(self.content(location) is None for location in found if location != empty)

        class Report:
            def raise_if_blocked(_report) -> None:
                if blocked:
                    raise QualityGateError("checkpoint blocked the publish")
                self.audited.update(found)

        return Report()

    def _selected(self, plan: Mapping[str, Any]) -> dict[str, str]:
        """Return the rows of a plan's SELECTs by partition value, read now from the database that they name."""
        database, values = plan["database"], plan["fingerprints"]
        if plan["table"] == FACT:
            found = fact_of(self.contents(database, ITEMS), self.contents(database, CALENDAR))
        elif plan["table"] == SECOND_FACT:
            options, fact = self.contents(database, OPTIONS), self.contents(database, FACT)
            found = second_fact_of(options, fact, set(values))
        else:
            fact, second = self.contents(database, FACT), self.contents(database, SECOND_FACT)
            found = {value: mart_of(fact, second, value) for value in values}
        return {value: found.get(value, "") for value in values}

    def _write(
        self, layer: str, batch: str, held: Mapping[str, Mapping[str, str]], keys: Mapping[str, Any], known: Any
    ) -> str:
        job_run = f"jr-{self._next()}"
        tables = {}
        for name, parts in held.items():
            location = SETTINGS.lake_uri(f"{layer}{name}/run={job_run}/")
            then, partitions = known.get(name, {}), {}
            for value, text in parts.items():
                kind = "unchanged" if then.get(value) == digest(text) else "changed" if value in then else "new"
                partitions[value] = {"rows": 1, "fingerprint": digest(text), "change": kind}
                if kind != "unchanged":
                    self._put(f"{location}{keys[name]}={value}/" if keys[name] else location, text)
            gone = then.keys() - parts.keys() if name not in (ROW_LEDGER.name,) else ()
            partitions |= {value: {"rows": 0, "fingerprint": "", "change": "deleted"} for value in gone}
            tables[name] = {
                "columns": [["content", "string"]],
                "partition_keys": [[keys[name], "string"]] if keys[name] else [],
                "location": location,
                "partitions": partitions,
            }
        document = {"job_run_id": job_run, "batch_id": batch, "tables": tables}
        uri = SETTINGS.lake_uri(f"{layer}_manifest/run={job_run}/manifest.json")
        self.session.s3.objects[SETTINGS.lake_bucket, _key(uri)] = json.dumps(document).encode()
        return job_run

    def _put(self, location: str, text: str) -> None:
        self.session.s3.objects[SETTINGS.lake_bucket, f"{_key(location)}{FILE}"] = text.encode()

    def _locations(self, candidate: str) -> list[str]:
        glue, database = self.session.glue, SETTINGS.build_database
        description = glue.databases[database][candidate]
        if not description["PartitionKeys"]:
            return [description["StorageDescriptor"]["Location"]]
        return [entry["StorageDescriptor"]["Location"] for entry in glue.partitions[database, candidate].values()]

    def _next(self) -> int:
        self._jobs += 1
        return self._jobs

    def _unseen(self) -> _Unseen:
        return _Unseen(self)


class _Unseen:
    """The build database as Athena changes it: not by calls of the pipeline, so nothing is counted or fails."""

    def __init__(self, chain: SmallChain) -> None:
        self._faults = chain.session.faults
        self._catalog = Catalog(chain.session.glue, SETTINGS.build_database)

    def __enter__(self) -> Catalog:
        self._saved = (self._faults.before, self._faults.after, self._faults.calls)
        self._faults.before = self._faults.after = lambda *_: None
        return self._catalog

    def __exit__(self, *_: object) -> None:
        self._faults.before, self._faults.after, self._faults.calls = self._saved


COLUMNS = (Column("content", "string"),)


def _key(uri: str) -> str:
    return uri.removeprefix(f"s3://{SETTINGS.lake_bucket}/")

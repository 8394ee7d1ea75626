"""Can these figures be trusted, and how new are they?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date

import pandas as pd
import streamlit as st

from biz_schema.quarantine_reasons import QUARANTINE_REASONS
from streamlit_dashboard import card, charts, data_age, formats
from streamlit_dashboard.card import Card, show
from streamlit_dashboard.formats import Column
from streamlit_dashboard.warehouse import loads, operations
from streamlit_dashboard.warehouse.athena import NotPublishedError
from streamlit_dashboard.warehouse.recent import RECENT_DAYS

TITLE = "Data health"
ICON = ":material/monitor_heart:"
SECTION = "Data"
ORDER = 10


def render() -> None:
    """Draw the page."""
    as_of = loads.state().as_of
    _figures()
    _blocked()
    _suites(as_of)
    _failures(as_of)
    _ledger(as_of)
    _quarantine(as_of)
    _tables(as_of)
    _history(as_of)


def _figures() -> None:
    state = loads.state()
    newest = state.newest
    audit = next((audit for audit in state.audits if audit.run == newest.run), None)
    now = data_age.now()
    ago = formats.age((now - newest.published_at.replace(tzinfo=UTC)).total_seconds())
    through = f"The last complete day counted. {data_age.of(state.as_of, now).sentence}"
    card.figures(
        (
            ("Data through", formats.day(state.as_of), through),
            ("Last publish", f"{ago} ago", f"{newest.published_at:%Y-%m-%d %H:%M} UTC, run {newest.run}."),
            (
                "Quality of that run",
                "–" if audit is None else f"{audit.score:.1f}",
                "Weighted part of the checks that passed, of 100. A critical check counts three times a warning.",
            ),
            ("Expectations", "–" if audit is None else formats.count(audit.expectations), "Checked in that run."),
            (
                "Failed",
                "–" if audit is None else formats.count(audit.failed),
                "Critical checks and warnings, see below. Checks for information only do not count.",
            ),
        )
    )


def _blocked() -> None:
    """Say that a newer run was blocked, so that the figures shown are older."""
    state = loads.state()
    blocked = [a for a in state.audits if a.blocked and a.checked_at > state.newest.published_at]
    for audit in blocked[:1]:
        st.error(
            f"**A later run was blocked.** Run `{audit.run}` scored {audit.score:.1f} on "
            f"{audit.checked_at:%Y-%m-%d %H:%M} UTC with {audit.failed} failed expectation(s). What it blocked is "
            "not shown here. The failed expectations below say what to do.",
            icon=":material/gpp_bad:",
        )


def _suites(as_of: date) -> None:
    rows = _or_empty(operations.expectations)
    show(
        Card(
            key="suites",
            title="Quality by suite",
            unit="expectations in the newest check of each table that a recent run checked",
            denominator="one suite a table",
            source="data_quality_results",
            as_of=as_of,
            rows=rows,
            columns=(
                Column("table_name", "Table"),
                Column("checkpoint", "Checkpoint"),
                Column("expectations", "Expectations", "count"),
                Column("failed", "Failed", "count"),
                Column("critical_failed", "Critical", "count"),
                Column("warning_failed", "Warnings", "count"),
                Column("score", "Score of the checkpoint", "number"),
                Column("blocked", "Blocked", "flag"),
                Column("checked_at", "Checked (UTC)", "time"),
            ),
            empty="No checkpoint has run yet.",
        )
    )


def _failures(as_of: date) -> None:
    rows = _or_empty(operations.failed_expectations)
    show(
        Card(
            key="failed-expectations",
            title="Failed expectations",
            unit=f"newest first, runs of the last {RECENT_DAYS} days before the last publish",
            denominator="up to 200",
            source="data_quality_results",
            as_of=as_of,
            rows=rows,
            columns=(
                Column("checked_at", "Checked (UTC)", "time"),
                Column("table_name", "Table"),
                Column("rule_name", "Expectation"),
                Column("severity", "Severity"),
                Column("unexpected_count", "Unexpected", "count"),
                Column("observed", "Observed"),
                Column("why", "Why it matters"),
                Column("fix", "What to do"),
                Column("run", "Run"),
            ),
            empty="Every expectation of every recent run passed.",
        )
    )


def _ledger(as_of: date) -> None:
    rows = _or_empty(operations.ledger)
    if not rows.empty:
        rows = rows.assign(balanced=rows["source_rows"] == rows["accepted_rows"] + rows["quarantined_rows"])
        if "source_amount" in rows:
            # Doubles are exact enough to see a difference; the checkpoint compares the decimals.
            difference = rows["source_amount"] - rows["accepted_amount"] - rows["quarantined_amount"]
            rows["balanced"] &= difference.fillna(0.0).abs() < 0.005
    show(
        Card(
            key="ledger",
            title="Ledger: source = accepted + quarantined, in rows and in money",
            unit="rows of the latest batch, and their amounts in all currencies together",
            denominator="every row of the source",
            source="row_ledger",
            as_of=as_of,
            rows=rows,
            columns=(
                Column("source_table", "Source table"),
                Column("source_rows", "Source", "count"),
                Column("accepted_rows", "Accepted", "count"),
                Column("quarantined_rows", "Quarantined", "count"),
                Column("test_rows", "Tests among the accepted", "count"),
                Column("balanced", "Adds up", "flag"),
                Column("source_amount", "Money, source", "number"),
                Column("accepted_amount", "Money, accepted", "number"),
                Column("quarantined_amount", "Money, quarantined", "number"),
                Column("negative_lines", "Negative lines", "count"),
                Column("negative_lines_rule", "Treated as"),
                Column("batch_id", "Batch"),
            ),
            empty="No batch has been published yet.",
        )
    )


def _quarantine(as_of: date) -> None:
    """Draw the part about the quarantine: how much is there and why, what to do about it, and some of the rows."""
    st.subheader("Quarantine", anchor="quarantine")
    _reasons(as_of)
    _what_to_do(as_of)
    _samples(as_of)


def _reasons(as_of: date) -> None:
    rows = _or_empty(operations.quarantine_by_reason)
    named = zip(rows["reason"], rows["source_table"], strict=True) if len(rows) else ()
    labels = [f"{reason} ({table})" for reason, table in named]
    source = _or_empty(operations.ledger)
    if len(rows):
        totals = dict(zip(source["source_table"], source["source_rows"], strict=True)) if len(source) else {}
        rows = rows.assign(share=rows["quarantined_rows"] / rows["source_table"].map(totals))
    show(
        Card(
            key="quarantine",
            title="Quarantined rows by reason",
            unit="rows, and their money in all currencies together; a row with two reasons counts for both",
            denominator="every row of the source",
            source="quarantine",
            as_of=as_of,
            rows=rows,
            columns=(
                Column("source_table", "Source table"),
                Column("reason", "Reason"),
                Column("quarantined_rows", "Rows", "count"),
                Column("share", "Share of the source's rows", "share"),
                Column("amount", "Money", "number", help="What can be read of it, negative rows taken off."),
                Column("first_day", "First day", "date", help="In UTC. An option has no day of its own."),
                Column("last_day", "Last day", "date"),
            ),
            figure=lambda: charts.bars(
                labels,
                rows["quarantined_rows"],
                "count",
                texts=[formats.count(value) for value in rows["quarantined_rows"]],
            ),
            empty="No row is in quarantine.",
        )
    )


def _what_to_do(as_of: date) -> None:
    rows = _or_empty(operations.quarantine_by_reason)
    if len(rows):
        reasons = rows[["reason"]].drop_duplicates()
        declared = [QUARANTINE_REASONS.get(name) for name in reasons["reason"]]
        rows = reasons.assign(
            meaning=[found.meaning if found else "" for found in declared],
            what_to_do=[found.what_to_do if found else "" for found in declared],
        )
    show(
        Card(
            key="quarantine-what-to-do",
            title="What to do about quarantined rows",
            unit="one line for each reason",
            denominator="the reasons that rows have now",
            source="quarantine",
            as_of=as_of,
            rows=rows,
            columns=(
                Column("reason", "Reason"),
                Column("meaning", "The row is quarantined because"),
                Column("what_to_do", "What to do"),
            ),
            empty="No row is in quarantine.",
        )
    )


def _samples(as_of: date) -> None:
    show(
        Card(
            key="quarantine-samples",
            title="Some quarantined rows",
            unit="keys and reasons; the raw text is only in the lake",
            denominator="up to five of each table and reason",
            source="quarantine",
            as_of=as_of,
            rows=_or_empty(operations.quarantine_samples),
            columns=(
                Column("source_table", "Source table"),
                Column("reason", "Reason"),
                Column("source_id", "Row id", "count"),
                Column("order_id", "Order"),
                Column("lineitem_id", "Line"),
            ),
            empty="No row is in quarantine.",
        )
    )


def _tables(as_of: date) -> None:
    tables = sorted(loads.state().tables.values(), key=lambda publication: publication.published_at, reverse=True)
    rows = pd.DataFrame(
        [
            {"table": p.table, "latest": p.partition, "published_at": pd.Timestamp(p.published_at), "run": p.run}
            for p in tables
        ]
    )
    show(
        Card(
            key="tables",
            title="What is published, by table",
            unit="greatest partition and last publish",
            denominator="every table that was published lately",
            source="publish_history",
            as_of=as_of,
            rows=rows,
            columns=(
                Column("table", "Table"),
                Column("latest", "Greatest partition"),
                Column("published_at", "Published (UTC)", "time"),
                Column("run", "Run"),
            ),
        )
    )


def _history(as_of: date) -> None:
    show(
        Card(
            key="history",
            title="Publish history",
            unit="partitions changed, by run and table; newest first",
            denominator=f"up to 200 rows, last {RECENT_DAYS} days before the last publish",
            source="publish_history",
            as_of=as_of,
            rows=operations.publish_history(),
            columns=(
                Column("published_at", "Published (UTC)", "time"),
                Column("table_name", "Table"),
                Column("added", "Added", "count"),
                Column("replaced", "Replaced", "count"),
                Column("removed", "Removed", "count"),
                Column("process_date", "Process date"),
                Column("run", "Run"),
            ),
        )
    )


def _or_empty(read: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    """Return the rows, or none if the table was never written."""
    try:
        return read()
    except NotPublishedError:
        return pd.DataFrame()


render()

"""First page of the Data Docs: score, checkpoints and failures of a run, as plain HTML without anything to load.

Great Expectations' own index fills its tables with scripts from the web, so it stays empty without web access.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; width: 100%; margin: 0 0 2rem; }
th, td { border-bottom: 1px solid #ddd; padding: .35rem .6rem; text-align: left; vertical-align: top; }
td.number { text-align: right; } code { overflow-wrap: anywhere; } .critical, .blocked { color: #b00020; }
"""


def overview_html(report: Mapping[str, Any], pages: Mapping[tuple[str, str], str], all_results: str = "") -> str:
    """Return the page.

    Args:
        report: as `quality_report.merge_parts` makes it.
        pages: (checkpoint, table) → relative address of the page with its results.
        all_results: relative address of Great Expectations' own index; no link if empty.
    """
    run, score = escape(str(report["run"])), "none" if report["score"] is None else f"{report['score']:g}"
    state = '<strong class="blocked">blocked</strong>' if report["blocked"] else "passed"
    link = f' · <a href="{escape(all_results)}">all suites (needs the web)</a>' if all_results else ""
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>Data quality of {run}</title>"
        f"<style>{STYLE}</style><h1>Data quality</h1>"
        f"<p>Run {run}, process date {escape(str(report['process_date']))}: score <strong>{score}</strong> "
        f"of 100 (gate {report['gate']:g}), {state}{link}</p>"
        f"<h2>Checkpoints</h2>{_checkpoints(report, pages)}<h2>Failures</h2>{_failures(report)}"
        f"<h2>Measured</h2>{_measured(report)}</html>\n"
    )


def _checkpoints(report: Mapping[str, Any], pages: Mapping[tuple[str, str], str]) -> str:
    rows = []
    for name, part in report["checkpoints"].items():
        tables = " ".join(
            f'<a href="{escape(pages[name, table])}">{escape(table)}</a>' if (name, table) in pages else escape(table)
            for table in part["tables"]
        )
        counts = part["counts"]
        rows.append(
            f"<tr><td>{escape(name)}<td class=number>{part['score']:g}<td>{'blocked' if part['blocked'] else ''}"
            f"<td class=number>{counts['passed']} of {counts['evaluated']}<td>{tables}"
        )
    head = "<tr><th>checkpoint<th>score<th>state<th>passed<th>results by table"
    return f"<table>{head}{''.join(rows)}</table>" if rows else "<p>No checkpoint ran: nothing had changed.</p>"


def _failures(report: Mapping[str, Any]) -> str:
    rows = []
    for entry in report["failures"]:
        found = entry["error"] or entry["observed"] or f"{entry['unexpected_count']} unexpected"
        samples = "<br>".join(f"<code>{escape(sample)}</code>" for sample in entry["samples"])
        rows.append(
            f'<tr><td class="{entry["severity"]}">{entry["severity"]}<td>{escape(entry["suite"])}'
            f"<td>{escape(entry['name'])}<br>{escape(entry['why'])}<td>{escape(str(found))}<br>{samples}"
            f"<td>{escape(entry['fix'])}"
        )
    head = "<tr><th>severity<th>table<th>expectation<th>found<th>who fixes it, and how"
    return f"<table>{head}{''.join(rows)}</table>" if rows else "<p>None.</p>"


def _measured(report: Mapping[str, Any]) -> str:
    """What the rules that check a setting measured, whether they hold or not."""
    rows = [
        f"<tr><td>{'holds' if entry['success'] else escape(entry['severity'])}<td>{escape(entry['suite'])}"
        f"<td>{escape(entry['name'])}<br>{escape(entry['why'])}<td><code>{escape(entry['observed'])}</code>"
        for entry in report["measured"]
    ]
    head = "<tr><th>state<th>table<th>expectation<th>measured"
    return f"<table>{head}{''.join(rows)}</table>" if rows else "<p>Nothing: no such expectation was evaluated.</p>"

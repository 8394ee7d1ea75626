"""The address of a report in the lake, and the message that announces it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import quote, unquote

from biz_insights.aws import s3

PREFIX = "reports/daily/"
FILE = "report.html"
CONTENT_TYPE = "text/html; charset=utf-8"
HEADLINE = "headline"
"""Metadata of the object that holds the headline, percent-encoded: S3 accepts ASCII only, and 2 KB in total."""
HEADLINE_BYTES = 1500

CONSOLES = {"cn-": "console.amazonaws.cn", "us-gov-": "console.amazonaws-us-gov.com"}


def report_key(as_of: date) -> str:
    """Return the key of the report of a day: `reports/daily/as_of_date=2024-02-17/report.html`."""
    return f"{PREFIX}as_of_date={as_of.isoformat()}/{FILE}"


def day_of(key: str) -> date | None:
    """Return the day of a report's key, or None for any other key."""
    day = key.removeprefix(f"{PREFIX}as_of_date=").removesuffix(f"/{FILE}")
    try:
        found = date.fromisoformat(day)
    except ValueError:
        return None
    return found if report_key(found) == key else None


def deliver(session: Any, uri: str, html: str, headline: str) -> bool:
    """Write the page, unless the same page is stored already. The default encryption of the bucket applies.

    Returns:
        Whether the page was written.
    """
    body = html.encode()
    if s3.get_bytes(session, uri) == body:
        return False
    s3.put_bytes(session, uri, body, CONTENT_TYPE, {HEADLINE: encoded(headline)})
    return True


def encoded(headline: str) -> str:
    """Return the headline as metadata. A headline that is too long is cut and ends with an ellipsis."""
    start, shortened = headline, headline
    while len(quote(shortened, safe=" ")) > HEADLINE_BYTES:
        start = start[:-1]
        shortened = f"{start}…"
    return quote(shortened, safe=" ")


def decoded(metadata: Mapping[str, str]) -> str:
    """Return the headline from an object's metadata; empty when there is none."""
    return unquote(metadata.get(HEADLINE, ""))


def console_link(region: str, uri: str) -> str:
    """Return the address of the object's page in the S3 console."""
    bucket, key = s3.split_uri(uri)
    domain = next((name for start, name in CONSOLES.items() if region.startswith(start)), "console.aws.amazon.com")
    return f"https://{region}.{domain}/s3/object/{bucket}?region={region}&prefix={quote(key)}"


def message(as_of: date, headline: str, uri: str, *, region: str, dashboard_url: str, written: bool) -> str:
    """Return the message as plain text: the headline, then each link to the report and who can open it.

    Args:
        as_of: the day of the report.
        headline: the summary of the report.
        uri: `s3://` address of the report.
        region: AWS region of the bucket.
        dashboard_url: address of the dashboards; when empty there is no link to them.
        written: whether this run wrote the page.
    """
    lines = [
        headline,
        "",
        f"Daily report ({'written by this run' if written else 'unchanged: this run found nothing new for it'}):",
        f"  {uri}",
    ]
    if dashboard_url:
        link = f"{dashboard_url.rstrip('/')}/daily_reports?date={as_of.isoformat()}"
        lines.append(f"  {link} (dashboards, for users with access to them)")
    lines.append(f"  {console_link(region, uri)} (S3 console, for users who may read the bucket)")
    return "\n".join(lines)

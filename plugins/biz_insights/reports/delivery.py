"""Where a report lies in the lake, and what is said about it to those who hear of it."""

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
"""Name of the object's metadata that holds the headline, percent-encoded: S3 takes ASCII only, 2 KB in all."""
HEADLINE_BYTES = 1500

CONSOLES = {"cn-": "console.amazonaws.cn", "us-gov-": "console.amazonaws-us-gov.com"}


def report_key(as_of: date) -> str:
    """``reports/daily/as_of_date=2024-02-17/report.html``."""
    return f"{PREFIX}as_of_date={as_of.isoformat()}/{FILE}"


def day_of(key: str) -> date | None:
    """The day of a report's key; None for any other key."""
    day = key.removeprefix(f"{PREFIX}as_of_date=").removesuffix(f"/{FILE}")
    try:
        found = date.fromisoformat(day)
    except ValueError:
        return None
    return found if report_key(found) == key else None


def deliver(session: Any, uri: str, html: str, headline: str) -> bool:
    """Write the page, unless the one that lies there is the same.

    The bucket's default encryption holds for it, as for all that the pipeline writes.

    Returns:
        Whether it was written.
    """
    body = html.encode()
    if s3.get_bytes(session, uri) == body:
        return False
    s3.put_bytes(session, uri, body, CONTENT_TYPE, {HEADLINE: encoded(headline)})
    return True


def encoded(headline: str) -> str:
    """The headline as metadata; one that is too long ends with an ellipsis."""
    kept, shortened = headline, headline
    while len(quote(shortened, safe=" ")) > HEADLINE_BYTES:
        kept = kept[:-1]
        shortened = f"{kept}…"
    return quote(shortened, safe=" ")


def decoded(metadata: Mapping[str, str]) -> str:
    """The headline from an object's metadata; empty where it carries none."""
    return unquote(metadata.get(HEADLINE, ""))


def console_link(region: str, uri: str) -> str:
    """The object's page in the S3 console, for those who may log in to the account."""
    bucket, key = s3.split_uri(uri)
    domain = next((name for start, name in CONSOLES.items() if region.startswith(start)), "console.aws.amazon.com")
    return f"https://{region}.{domain}/s3/object/{bucket}?region={region}&prefix={quote(key)}"


def message(as_of: date, headline: str, uri: str, *, region: str, dashboard_url: str, written: bool) -> str:
    """What is announced: the headline, then each way to the report with who can take it. Plain text.

    Args:
        dashboard_url: where the dashboards are served; empty: no link to them.
        written: see :func:`deliver`.
    """
    lines = [
        headline,
        "",
        f"Daily report ({'written by this run' if written else 'unchanged: this run found nothing new for it'}):",
        f"  {uri}",
    ]
    if dashboard_url:
        link = f"{dashboard_url.rstrip('/')}/daily_reports?date={as_of.isoformat()}"
        lines.append(f"  {link} (dashboards, for those admitted there)")
    lines.append(f"  {console_link(region, uri)} (S3 console, for those who may read the bucket)")
    return "\n".join(lines)

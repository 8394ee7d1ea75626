"""Names of what a run creates. They are unique for each try and follow the rules of each service."""

from __future__ import annotations

import hashlib
import re


def run_slug(run_id: str) -> str:
    """Return a run id as a path segment: `manual__2024-02-18T03:00:00+00:00` → `manual-2024-02-18t03-…`."""
    return re.sub(r"[^a-z0-9]+", "-", run_id.lower()).strip("-")


def attempt_name(run_id: str, process_date: str, try_number: int) -> str:
    """Return the name of one try of one run that is valid in RDS.

    RDS allows up to 60 lower-case letters, digits and single hyphens, and a letter first. Airflow's `ts_nodash` is not
    used: it has a capital T, and it does not change when a task is cleared.
    """
    return f"bi-{process_date.replace('-', '')}-{_digest(run_id)}-t{try_number}"


def attempt_pattern(run_id: str) -> re.Pattern[str]:
    """Return what the `attempt_name` of every try of a run matches, and that of no other run."""
    return re.compile(rf"bi-\d{{8}}-{_digest(run_id)}-t\d+")


def candidate_name(table: str, run_id: str, try_number: int, part: int | None = None) -> str:
    """Return the catalog name of an unpublished build: `gold_item_sales_by_day__1a2b3c4d_t1[_p0]`."""
    suffix = "" if part is None else f"_p{part}"
    return f"{table}__{_digest(run_id)}_t{try_number}{suffix}"


def fingerprint(*parts: str) -> str:
    """Return a digest of the parts: 64 bits as 16 hexadecimal digits."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode())
        digest.update(b"\x1f")
    return digest.hexdigest()[:16]


def _digest(run_id: str) -> str:
    return hashlib.sha256(run_id.encode()).hexdigest()[:8]

"""What the DAGs for operators share: the day that is published, and the text that they end with."""

from __future__ import annotations

from biz_insights.aws import s3
from biz_insights.errors import PermanentError
from biz_insights.lake.releases import Release
from biz_insights.steps.run_context import RunContext


def require_release(run: RunContext) -> Release:
    """Return the release that readers see.

    Raises:
        PermanentError: there is none yet.
    """
    if run.current is None:
        raise PermanentError("nothing is published yet; run business_insights_daily first (on a laptop: make run)")
    return run.current


def published_day(run: RunContext) -> str:
    """Return the latest published day: everything that is built again is built for this day."""
    return require_release(run).process_date


def outcome_uri(lake_uri: str, run: str) -> str:
    """Return the address of the text with which a run for an operator ends."""
    return f"{lake_uri}ops/outcomes/{run}.json"


def write_outcome(run: RunContext, text: str) -> str:
    """Store the text with which the run ends. `make` prints it, and the task returns it."""
    s3.put_json(run.session, outcome_uri(run.settings.lake_uri(""), run.run), {"text": text})
    return text

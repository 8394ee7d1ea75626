"""What an audit needs to know: where the candidates are, where the results go, and the gate."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

SUITES_FOLDER = Path(__file__).resolve().parents[2] / "expectations"


@dataclass(frozen=True, kw_only=True)
class QualitySettings:
    """Names of databases and addresses; addresses end with `/`.

    `published_database` is the database that rules compare the build with: the slot to which it will be published.
    `operations_database` holds `data_quality_results`.

    `poll_seconds` is the time between two requests for a query's state; `gate` is the lowest score (0–100) that may be
    published; `suites_folder` holds `<layer>/<table>.json`. `price_basis` and `business_timezone` are what silver was
    built with, for the rules that check them against the data.
    """

    region: str
    build_database: str
    published_database: str
    operations_database: str
    workgroup: str
    results_uri: str
    quality_uri: str
    ops_uri: str
    poll_seconds: float = 0.5
    gate: float = 80.0
    suites_folder: Path = SUITES_FOLDER
    price_basis: str = "line_total"
    business_timezone: str = "America/Chicago"

    def connection_url(self) -> str:
        """Return the SQLAlchemy address of the build database; credentials come from the default chain of boto3."""
        query = urlencode(
            {
                "s3_staging_dir": self.results_uri,
                "work_group": self.workgroup,
                "poll_interval": self.poll_seconds,
            }
        )
        host = f"athena.{self.region}.amazonaws.com:443"
        return f"awsathena+rest://@{host}/{quote(self.build_database)}?{query}"

    def run_uri(self, run: str) -> str:
        """Return the folder of one run's reports."""
        return f"{self.quality_uri.rstrip('/')}/run={run}/"

"""What a running query needs."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from mwaa.local_aws.athena.athena_catalog import Catalog
from mwaa.local_aws.athena.plan import Planner
from mwaa.local_aws.athena.scan_cache import ScanCache
from mwaa.local_aws.athena.storage import Storage


@dataclass
class Session:
    """One query's connection, catalog and output settings. `output` is the folder URI of its results."""

    query_id: str
    cursor: duckdb.DuckDBPyConnection
    catalog: Catalog
    storage: Storage
    scan_cache: ScanCache
    database: str
    output: str
    enforced: bool

    @property
    def planner(self) -> Planner:
        """Return a planner with this query's default database."""
        return Planner(self.catalog, self.storage, self.cursor, self.database, self.scan_cache)

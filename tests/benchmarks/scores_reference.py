"""The reference: the same statistics by plain DuckDB over the same files, and the same fit by the lifetimes package."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
from lifetimes.fitters.modified_beta_geo_fitter import ModifiedBetaGeoFitter

GROUPED = """
WITH customers AS (
    SELECT count(*) AS n, max(order_date) - min(order_date) AS t_x, DATE '{as_of}' - min(order_date) AS t,
        sum(net_sales) AS s, sum(net_sales * net_sales) AS ss
    FROM (
        FROM read_parquet('{folder}/quarter=*/*.parquet', hive_partitioning = false)
        UNION ALL BY NAME
        FROM read_parquet('{folder}/order_date=*/*.parquet', hive_partitioning = true)
    )
    GROUP BY app_name, user_id, currency
)
SELECT n, t_x, t, count(*) AS customers, sum(s) AS sum_s, sum(s * s) AS sum_s2, sum(ss) AS sum_ss
FROM customers GROUP BY n, t_x, t
"""


def run(folder: Path, as_of: str, warm_up_days: int) -> dict[str, Any]:
    """Return the seconds of both, and the parameters r, alpha, a, b that lifetimes finds."""
    began = time.monotonic()
    connection = duckdb.connect()
    connection.execute("SET threads = 2")
    groups = connection.execute(GROUPED.format(folder=folder, as_of=as_of)).df()
    statistics = time.monotonic() - began
    # The customers that the job fits: those of the first days may have come before the data begin.
    fitted = groups[groups["t"] <= groups["t"].max() - warm_up_days]
    fitter = ModifiedBetaGeoFitter()
    began = time.monotonic()
    fitter.fit(fitted["n"] - 1, fitted["t_x"], fitted["t"], weights=fitted["customers"])
    fit = time.monotonic() - began
    return {"statistics": statistics, "fit": fit, "parameters": dict(fitter.params_)}


if __name__ == "__main__":
    print(json.dumps(run(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))))

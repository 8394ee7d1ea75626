"""CDNOW, the public data set of the purchase-model literature: files in the `lifetimes` wheel, never imported."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from tests.spark_jobs.models.process import Customers

CALIBRATION_END = pd.Timestamp("1997-09-30")
HOLDOUT_END = pd.Timestamp("1998-06-30")
HOLDOUT_WEEKS = 39.0


def dataset(name: str) -> Path:
    spec = find_spec("lifetimes")
    assert spec is not None and spec.origin is not None, "lifetimes is not installed: its wheel carries the CDNOW files"
    return Path(spec.origin).parent / "datasets" / name


@cache
def summary() -> pd.DataFrame:
    """2,357 customers: ID, frequency, recency, T in weeks, as Fader & Hardie published them."""
    return pd.read_csv(dataset("cdnow_customers_summary.csv"))


@cache
def purchase_days() -> pd.DataFrame:
    """Customer × day: id, date, value (dollars) of the same 2,357 customers, both halves."""
    rows = pd.read_csv(dataset("CDNOW_sample.txt"), sep=r"\s+", names=["master_id", "id", "date", "cds", "value"])
    rows["date"] = pd.to_datetime(rows["date"].astype(str))
    return rows.groupby(["id", "date"], as_index=False)["value"].sum()


def histories(days: pd.DataFrame) -> Customers:
    """Sufficient statistics in weeks at the end of the calibration half, with the holdout's purchase days."""
    known = days[days["date"] <= CALIBRATION_END].groupby("id")["date"].agg(["min", "max", "size"])
    later = days[days["date"] > CALIBRATION_END].groupby("id").size().reindex(known.index, fill_value=0)
    x, t_x = known["size"] - 1.0, (known["max"] - known["min"]).dt.days / 7
    t = (CALIBRATION_END - known["min"]).dt.days / 7
    columns = (column.to_numpy(dtype=float) for column in (x, t_x, t, x * float("nan"), later))
    return Customers(*columns)

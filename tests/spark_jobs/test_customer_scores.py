"""The scores job from end to end on a folder: what it writes, that order does not matter, and what poor data gets."""

import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from biz_insights.gold.periods import QUARTERS_READ_BY_DAY
from biz_schema.score_inputs import (
    DAYS_OF_CLOSED_QUARTERS,
    DAYS_OF_CURRENT_QUARTER,
    SAMPLE_BEFORE_CUTOFF,
    SAMPLE_BUCKETS,
    TOTALS_BEFORE_CUTOFF,
)
from biz_schema.score_tables import AS_OF_DATE, PURCHASE_MODELS, SCORE_TABLES
from spark_jobs import customer_scores
from spark_jobs.errors import JobError
from spark_jobs.scores.customers_in_pandas import CustomersInPandas
from spark_jobs.scores.customers_in_spark import CustomersInSpark
from spark_jobs.scores.origins import quarter_start
from tests.spark_jobs.scores.before_cutoff import write_before_cutoff
from tests.spark_jobs.scores.chain import AS_OF, customer_days

EPOCH = date(1970, 1, 1)


def publish_days(folder: Path, frame: pd.DataFrame) -> Path:
    """Write customer days as they are published, and return the document that names their folders.

    A closed quarter is one folder, a day of the current quarter is one folder, and the folders have no common parent.
    The totals and the sample before the cutoff date are written too.
    """
    dates = pd.Series([EPOCH + timedelta(days=int(day)) for day in frame["day"]], index=frame.index, dtype=object)
    quarters = dates.map(quarter_start)
    is_closed = quarters < quarter_start(AS_OF)
    locations: dict[str, dict[str, str]] = {DAYS_OF_CLOSED_QUARTERS: {}, DAYS_OF_CURRENT_QUARTER: {}}
    values = quarters.where(is_closed, dates)
    for number, ((closed, value), rows) in enumerate(frame.groupby([is_closed, values])):
        name, key = (DAYS_OF_CLOSED_QUARTERS, "quarter") if closed else (DAYS_OF_CURRENT_QUARTER, "order_date")
        place = folder / f"query-{number % 3}" / f"{key}={value}"
        place.mkdir(parents=True)
        columns = {
            "app_name": pa.array(["Cafe"] * len(rows)),
            "user_id": pa.array([f"user-{key}" for key in rows["key"]]),
            "currency": pa.array(rows["currency"].tolist(), pa.string()),
            "orders": pa.array([1] * len(rows), pa.int64()),
            "items": pa.array([1] * len(rows), pa.int64()),
            "loyalty_orders": pa.array([0] * len(rows), pa.int64()),
            "net_sales": pa.array([Decimal(str(amount)) for amount in rows["amount"]], pa.decimal128(18, 4)),
            "sample_bucket": pa.array((rows["key"] % SAMPLE_BUCKETS).tolist(), pa.int64()),
        }
        if closed:
            columns["order_date"] = pa.array(dates[rows.index].tolist(), pa.date32())
        pq.write_table(pa.table(columns), place / "part.parquet")
        locations[name][str(value)] = f"file://{place}/"
    document = folder / "inputs.json"
    document.parent.mkdir(parents=True, exist_ok=True)
    before_cutoff: dict[str, dict[str, str]] = {TOTALS_BEFORE_CUTOFF: {}, SAMPLE_BEFORE_CUTOFF: {}}
    if locations[DAYS_OF_CLOSED_QUARTERS]:
        closed_days = f"read_parquet('{folder}/query-*/quarter=*/part.parquet', hive_partitioning = false)"
        before_cutoff = write_before_cutoff(closed_days, AS_OF.isoformat(), folder)
    document.write_text(json.dumps(locations | before_cutoff))
    return document


def run(folder: Path, inputs: Path, job_run: str = "jr-1", as_of: date = AS_OF) -> dict[str, list[dict[str, Any]]]:
    """Run the job; returns the rows of each table."""
    customer_scores.main(
        ["--JOB_NAME", "s", "--JOB_RUN_ID", job_run, "--as_of_date", as_of.isoformat(), "--inputs_uri", inputs.as_uri(),
         "--input_fingerprint", "abc123", "--scores_uri", folder.as_uri(), "--annual_discount_rate", "0.10"]
    )  # fmt: skip
    return {
        name: pq.read_table(folder / name / f"run={job_run}" / f"{AS_OF_DATE}={as_of}", partitioning=None).to_pylist()
        for name in SCORE_TABLES
    }


def by_user(rows: list[dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["user_id"], row["currency"]): row for row in rows}


@pytest.fixture(scope="module")
def days() -> pd.DataFrame:
    """A thousand and a half customers paying in USD, a few also in CAD, over almost four years."""
    abroad = customer_days(6, seed=2, currency="CAD")
    return pd.concat([customer_days(1_500), abroad], ignore_index=True)


@pytest.fixture(scope="module")
def built(
    spark: SparkSession, days: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, list[dict[str, Any]]]]:
    folder = tmp_path_factory.mktemp("scores")
    return folder, run(folder / "out", publish_days(folder / "in", monthly(days)))


def monthly(frame: pd.DataFrame) -> pd.DataFrame:
    """The same customers with their days moved to the first of each four weeks: 50 files instead of 1,400."""
    moved = frame.assign(day=frame["day"] - frame["day"] % 28)
    return moved.groupby(["key", "currency", "day"], as_index=False)["amount"].sum().round(2)


def test_every_customer_is_scored_once(built: Any, days: pd.DataFrame) -> None:
    rows = built[1]["gold_customer_predictions"]
    assert len(by_user(rows)) == len(rows) == len(days.groupby(["key", "currency"]))
    assert all(row["p_alive"] is not None and row["model_version"] == f"{AS_OF}-abc123" for row in rows)
    dollars, abroad = ([row for row in rows if row["currency"] == code] for code in ("USD", "CAD"))
    assert {row["ltv_decile"] for row in dollars} <= set(range(1, 11)) and len(dollars) > 1_000
    assert {(row["expected_value_365"], row["value_status"]) for row in abroad} == {(None, "insufficient_data")}


def test_the_registry_says_what_was_fitted_and_how_it_did(built: Any) -> None:
    found = {(row["model"], row["currency"]): row for row in built[1]["model_registry"]}
    assert set(found) == {
        *((model_name, "all") for model_name in PURCHASE_MODELS),
        ("buhlmann", "USD"),
        ("buhlmann", "CAD"),
    }
    assert [
        model_name for model_name, _ in found if model_name != "buhlmann" and found[model_name, "all"]["is_used"]
    ] == ["mbg_nbd"]
    model = found["mbg_nbd", "all"]
    assert model["fit_status"] == "fitted" and model["r"] > 0 and model["r_se"] > 0
    assert model["backtest_origins"] == 8 and model["mae"] < model["naive_mae"]
    assert found["buhlmann", "USD"]["mu"] > 0 and found["buhlmann", "CAD"]["status"] == "insufficient_data"
    assert len(built[1]["model_backtests"]) == 8 + 8 + 5 + 2 * 5
    assert {row["method"] for row in built[1]["churn_backtests"]} == {
        "rule_45_days", "model_at_rule_volume", "model_at_threshold"
    }  # fmt: skip


def test_files_and_manifest_have_the_declared_columns(built: Any) -> None:
    folder = built[0] / "out"
    tables = json.loads((folder / "_manifest" / "run=jr-1" / "manifest.json").read_text())["tables"]
    assert set(tables) == set(SCORE_TABLES)
    for name, table in SCORE_TABLES.items():
        declared = [[column, kind.type] for column, kind in table.columns.items()]
        assert tables[name]["columns"] + tables[name]["partition_keys"] == declared
        partition = tables[name]["partitions"][AS_OF.isoformat()]
        assert partition == {
            "rows": len(built[1][name]), "fingerprint": "abc123", "change": "new",
            "amount": None, "largest_amount": None,
        }  # fmt: skip


def test_the_order_of_the_rows_and_where_they_are_scored_change_nothing(
    built: Any, days: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(customer_scores, "DRIVER_BYTES", 0)  # Python workers score them
    shuffled = monthly(days).sample(frac=1, random_state=7)
    again = run(tmp_path / "out", publish_days(tmp_path / "in", shuffled))
    first = built[1]
    scored, expected = (by_user(found["gold_customer_predictions"]) for found in (again, first))
    assert set(scored) == set(expected)
    for customer, row in expected.items():
        # The last digit depends on which rows numpy takes in one step.
        assert scored[customer] == {
            name: pytest.approx(value, rel=1e-9) if isinstance(value, float) else value for name, value in row.items()
        }
    for name in ("model_registry", "model_backtests", "churn_backtests"):
        assert again[name] == first[name]


POOR = {
    "nobody": pd.DataFrame({"key": [], "currency": [], "day": [], "amount": []}),
    "odd amounts and dates": pd.DataFrame(
        {"key": range(150), "currency": ["USD", "CAD", "unknown"] * 50, "day": [-9_000, 0, 19_000] * 50,
         "amount": [0.0, -3.0, 1e9] * 50}
    ),
}  # fmt: skip


@pytest.mark.parametrize("frame", POOR.values(), ids=POOR)
def test_poor_data_gets_rows_and_a_status(spark: SparkSession, tmp_path: Path, frame: pd.DataFrame) -> None:
    found = run(tmp_path / "out", publish_days(tmp_path / "in", frame), as_of=date(2024, 2, 17))
    assert {row["status"] for row in found["model_registry"]} == {"insufficient_data"}
    assert not any(row["is_used"] for row in found["model_registry"]) and len(found["model_registry"]) >= len(
        PURCHASE_MODELS
    )
    assert len(found["gold_customer_predictions"]) == len(frame)
    for row in found["gold_customer_predictions"]:
        assert (row["p_alive"], row["expected_value_365"], row["model_status"]) == (None, None, "insufficient_data")


@pytest.mark.parametrize("months", [0, 5], ids=["no closed quarter", "no day of the open quarter"])
def test_the_driver_takes_a_chain_that_lacks_one_kind_of_partition(
    spark: SparkSession, tmp_path: Path, months: int
) -> None:
    first = (AS_OF - timedelta(days=1 + 30 * months) - EPOCH).days
    frame = pd.DataFrame({"key": [1, 2], "currency": "USD", "day": [first, first + 1], "amount": [5.0, 6.0]})
    inputs = customer_scores.read_inputs(spark, publish_days(tmp_path, frame).as_uri())
    customers = customer_scores.read_customers(inputs, AS_OF)
    assert isinstance(customers, CustomersInPandas)
    assert sorted(customers.sample(SAMPLE_BUCKETS)["amount"]) == [5.0, 6.0]


def test_of_a_large_chain_no_day_before_the_cutoff_is_read_but_the_sample_s(
    spark: SparkSession, days: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = publish_days(tmp_path, monthly(days))
    everything = customer_scores.read_customers(customer_scores.read_inputs(spark, document.as_uri()), AS_OF)
    locations = json.loads(document.read_text())
    (cutoff,) = locations[TOTALS_BEFORE_CUTOFF]
    quarters = locations[DAYS_OF_CLOSED_QUARTERS]
    old = [quarter for quarter in quarters if quarter < cutoff]
    assert len(old) > 5 and len(quarters) - len(old) == QUARTERS_READ_BY_DAY
    for quarter in old:
        next(Path(quarters[quarter].removeprefix("file://")).glob("*.parquet")).write_bytes(b"no Parquet")
    monkeypatch.setattr(customer_scores, "DRIVER_BYTES", 0)
    customers = customer_scores.read_customers(customer_scores.read_inputs(spark, document.as_uri()), AS_OF)
    assert isinstance(customers, CustomersInSpark)
    keys = ["currency", "n", "t_x", "t"]
    found, expected = (one.groups().set_index(keys).sort_index() for one in (customers, everything))
    pd.testing.assert_frame_equal(found, expected, check_dtype=False, check_exact=True)
    assert customers.programmes() == everything.programmes()
    columns = ["key", "day", "amount", "orders", "is_loyal"]
    for buckets in (SAMPLE_BUCKETS, 500):
        found, expected = (one.sample(buckets)[columns].sort_values(columns) for one in (customers, everything))
        pd.testing.assert_frame_equal(found.reset_index(drop=True), expected.reset_index(drop=True))
    assert 0 < len(found) < 0.5 * len(monthly(days))
    customers.release()


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (None, r"published locations are not at .*inputs\.json"),
        (
            "{}",
            r"lack gold_customer_day_by_quarter, .*, gold_customer_day_sample_before_cutoff; next: clear the plan task",
        ),
        ("[]", r"are not JSON of table, partition and location"),
    ],
)
def test_a_lost_document_is_no_chain_without_customers(
    spark: SparkSession, tmp_path: Path, document: str | None, message: str
) -> None:
    inputs = tmp_path / "inputs.json"
    if document is not None:
        inputs.write_text(document)
    with pytest.raises(JobError, match=message):
        run(tmp_path / "out", inputs)

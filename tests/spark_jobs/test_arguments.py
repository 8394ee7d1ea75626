"""Arguments as Glue passes them."""

import pytest

from spark_jobs.arguments import RowBounds, bronze_arguments, job_arguments, scores_arguments, silver_arguments
from spark_jobs.errors import JobError

GLUE = ["--JOB_NAME", "bi-silver", "--job-language", "python", "--enable-metrics", "--JOB_RUN_ID", "jr_1"]
SILVER = [
    *GLUE,
    "--bronze_uri", "s3://lake/bronze/",
    "--bronze_run", "jr_0",
    "--batch_id", "export-1",
    "--silver_uri", "s3://lake/silver",
    "--known_uri", "s3://lake/ops/known.json",
    "--business_timezone", "America/Chicago",
    "--zone_offsets_uri", "s3://lake/silver/_plan/zone_offsets.json",
    "--price_basis", "line_total",
    "--test_app_names", "DEVELOPMENT, staging",
    "--negative_lines", "auto",
    "--missing_marks", "NULL, -, --",
    "--holiday_country", "US",
    "--holiday_subdivision", "MA",
    "--database_rows", '{"order_items": [10, 12]}',
]  # fmt: skip


def without(name: str) -> list[str]:
    position = SILVER.index(name)
    return SILVER[:position] + SILVER[position + 2 :]


def test_glues_own_arguments_are_tolerated() -> None:
    found = silver_arguments(SILVER)
    assert (found.job_run_id, found.silver_uri) == ("jr_1", "s3://lake/silver/")
    assert found.test_app_names == ("DEVELOPMENT", "staging")
    assert found.missing_marks == ("NULL", "-", "--")
    assert found.database_rows["order_items"] == RowBounds(10, 12)
    assert found.database_rows["date_dim"] == RowBounds(None, None)


def test_values_may_be_assigned_and_absent() -> None:
    assert job_arguments(["--a=1=2", "--b", "--c", "x y"]) == {"a": "1=2", "b": "", "c": "x y"}


def test_no_test_channel_is_an_empty_value_not_a_missing_argument() -> None:
    assert silver_arguments([*without("--test_app_names"), "--test_app_names", ""]).test_app_names == ()
    with pytest.raises(JobError, match="lacks --test_app_names"):
        silver_arguments(without("--test_app_names"))


def test_holidays_of_the_whole_country_are_an_empty_subdivision() -> None:
    found = silver_arguments(SILVER)
    assert (found.holiday_country, found.holiday_subdivision) == ("US", "MA")
    assert silver_arguments([*without("--holiday_subdivision"), "--holiday_subdivision"]).holiday_subdivision == ""
    with pytest.raises(JobError, match="lacks --holiday_country"):
        silver_arguments(without("--holiday_country"))


def test_an_unknown_rule_for_negative_lines_is_refused() -> None:
    with pytest.raises(JobError, match="--negative_lines is 'drop'; next: set negative_lines to refund, quarantine"):
        silver_arguments([*without("--negative_lines"), "--negative_lines", "drop"])


def test_missing_arguments_are_named_in_one_line() -> None:
    with pytest.raises(JobError) as caught:
        bronze_arguments(["--batch_id", "export-1"])
    assert str(caught.value).startswith("bronze job lacks --JOB_RUN_ID, --landing_uri, --bronze_uri; next:")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("--price_basis", "total", r"--price_basis is 'total'; next: .*line_total or unit_price"),
        ("--database_rows", "many", r"--database_rows is 'many'"),
        ("--database_rows", '{"order_items": 5}', r"--database_rows is"),
    ],
)
def test_unknown_values_are_refused_with_the_next_step(name: str, value: str, message: str) -> None:
    with pytest.raises(JobError, match=message):
        silver_arguments([*without(name), name, value])


SCORES = [
    *GLUE,
    "--as_of_date", "2024-02-17",
    "--inputs_uri", "s3://lake/scores/_plan/inputs.json",
    "--input_fingerprint", "abc",
    "--scores_uri", "s3://lake/scores",
    "--annual_discount_rate", "0.1",
]  # fmt: skip


def test_the_margin_rate_of_the_scores_may_be_empty() -> None:
    found = scores_arguments([*SCORES, "--margin_rate", ""])
    assert (found.as_of_date.isoformat(), found.scores_uri, found.annual_discount_rate) == (
        "2024-02-17", "s3://lake/scores/", 0.1
    )  # fmt: skip
    assert found.margin_rate is None and scores_arguments([*SCORES, "--margin_rate", "0.3"]).margin_rate == 0.3


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("as_of_date", "17.2.2024", r"--as_of_date is '17\.2\.2024', which is not a date; next: pass it as YYYY-MM-DD"),
        ("annual_discount_rate", "10", r"--annual_discount_rate is '10'; next: .* such as 0\.10 for 10 %"),
        ("margin_rate", "nan", r"--margin_rate is 'nan'; next: set margin_rate"),
    ],
)
def test_scores_refuse_a_date_or_rate_that_is_none(name: str, value: str, message: str) -> None:
    with pytest.raises(JobError, match=message):
        scores_arguments([*SCORES, f"--{name}", value])

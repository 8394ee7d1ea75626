"""Settings: where values come from, and the message about a wrong one."""

import pytest

from biz_insights.settings import Settings, SettingsError, resolve


def test_environment_wins_over_the_variable_and_the_variable_over_the_default():
    settings = resolve(
        {"BIZ_INSIGHTS_LAKE_BUCKET": "from-env"}, {"lake_bucket": "from-variable", "region": "eu-west-1"}
    )
    assert settings.lake_bucket == "from-env"
    assert settings.region == "eu-west-1"
    assert settings.source_bucket == Settings().source_bucket


def test_text_from_the_environment_is_converted_to_the_type_of_the_setting():
    settings = resolve({"BIZ_INSIGHTS_POLL_SECONDS": "3", "BIZ_INSIGHTS_QUALITY_GATE": "92.5"})
    assert settings.poll_seconds == 3
    assert settings.quality_gate == 92.5


@pytest.mark.parametrize(
    ("environment", "names"),
    [
        ({"BIZ_INSIGHTS_LAKE_BUKET": "x"}, ["lake_buket"]),
        ({"BIZ_INSIGHTS_POLL_SECONDS": "soon"}, ["poll_seconds", "soon"]),
        ({"BIZ_INSIGHTS_POLL_SECONDS": "0.05"}, ["poll_seconds", "below 0.1", "use 15 on AWS"]),
        ({"BIZ_INSIGHTS_RESCHEDULE_SECONDS": "0"}, ["reschedule_seconds", "below 0.1", "use 60 on AWS"]),
        ({"BIZ_INSIGHTS_BUSINESS_TIMEZONE": "Chicago"}, ["business_timezone", "Chicago", "America/Chicago"]),
        ({"BIZ_INSIGHTS_BUSINESS_TIMEZONE": "CET"}, ["business_timezone", "'CET'", "Europe/Brussels"]),
        ({"BIZ_INSIGHTS_PRICE_BASIS": "each"}, ["price_basis", "each", "line_total"]),
        ({"BIZ_INSIGHTS_NEGATIVE_LINES": "drop"}, ["negative_lines", "drop", "refund", "quarantine", "auto"]),
        ({"BIZ_INSIGHTS_HOLIDAY_COUNTRY": "USA"}, ["holiday_country", "USA", "such as US"]),
        ({"BIZ_INSIGHTS_DASHBOARD_URL": "dashboards.example"}, ["dashboard_url", "dashboards.example", "https://"]),
        ({"BIZ_INSIGHTS_QUALITY_GATE": "180"}, ["quality_gate", "180"]),
        ({"BIZ_INSIGHTS_ANNUAL_DISCOUNT_RATE": "10"}, ["annual_discount_rate", "10", "0.10"]),
        ({"BIZ_INSIGHTS_VOLUME_LIMIT_PERCENT": "0"}, ["volume_limit_percent", "0", "such as 10"]),
        ({"BIZ_INSIGHTS_VOLUME_LIMIT_DAY_PERCENT": "nan"}, ["volume_limit_day_percent", "nan"]),
        ({"BIZ_INSIGHTS_MARGIN_RATE": "a third"}, ["margin_rate", "a third"]),
    ],
)
def test_a_wrong_setting_is_reported_with_its_value(environment, names):
    with pytest.raises(SettingsError) as error:
        resolve(environment)
    assert all(name in str(error.value) for name in names)
    assert "\n" not in str(error.value)


def test_the_margin_rate_may_be_empty():
    assert resolve({}).margin_rate is None
    assert resolve({"BIZ_INSIGHTS_MARGIN_RATE": ""}).margin_rate is None
    assert resolve({"BIZ_INSIGHTS_MARGIN_RATE": "0.3"}, {"annual_discount_rate": 0}).margin_rate == 0.3


def test_lake_addresses():
    assert Settings(lake_bucket="lake").lake_uri("silver/") == "s3://lake/silver/"


def test_the_usual_texts_for_a_missing_value_are_in_the_default():
    marks = {mark.strip().lower() for mark in resolve({}).missing_marks.split(",")}
    assert {"null", "nan", "n/a", "none", "-"} <= marks
    assert "" not in marks

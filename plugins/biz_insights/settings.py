"""The settings of the pipeline. No other module reads settings from the environment.

A value comes from the first of these that has it: the environment (`BIZ_INSIGHTS_LAKE_BUCKET=…`), the Airflow Variable
`biz_insights` (one JSON object: `{"lake_bucket": "…"}`), the default below. Settings are read at run time, not when a
DAG file is parsed. The one exception is the time zone of the schedule (`biz_insights.dag.timetable`). The defaults fit
the laptop endpoint.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from biz_insights.store_closings import StoreClosingsError, store_closings
from biz_insights.time_formats import TimeFormatError, time_format
from biz_insights.time_zones import TimeZoneError, require_region
from biz_schema.setting_values import NEGATIVE_LINES, PRICE_BASES, NegativeLines, PriceBasis

ENVIRONMENT_PREFIX = "BIZ_INSIGHTS_"
VARIABLE_NAME = "biz_insights"
LEAST_POLL_SECONDS = 0.1
VERIFYING_SSLMODES = ("verify-full", "verify-ca")
"""TLS modes of libpq that compare the server's certificate with trusted ones."""
SSLMODES = (*VERIFYING_SSLMODES, "require")


class SettingsError(ValueError):
    """A setting is unknown or has an invalid value."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings of the pipeline, with their types and defaults. Buckets are names; prefixes end with `/`."""

    region: str = "us-east-1"
    account_id: str = "123456789012"

    # Where the data is stored.
    source_bucket: str = "business-insights-source"
    source_prefix: str = "incoming/"
    lake_bucket: str = "business-insights-lake"
    artefacts_bucket: str = "business-insights-artefacts"
    published_database: str = "biz_insights"
    build_database: str = "biz_insights_build"

    # The source database and its export.
    rds_instance: str = "business-insights-source"
    source_secret: str = "business-insights/source-database"
    source_database: str = "restaurant"
    source_sslmode: str = "verify-full"
    """How the server of the source database proves who it is: `verify-full` compares certificate and host name,
    `verify-ca` only the certificate, `require` encrypts without proof. A Unix socket needs none of them."""
    source_ca_bundle: str = "certificates/rds-global-bundle.pem"
    """Certificates to trust, in PEM form: a key in the artefacts bucket, an `s3://` address, a path that begins with
    `/`, or `system` for those of the machine."""
    source_date_format: str = "iso"
    """Format of times in the source files: `iso`, or a template such as `MM/DD/YYYY HH24:MI` (`time_formats`)."""
    source_timezone: str = "UTC"
    """Time zone (IANA name) of times in the source files that have no offset from UTC."""
    export_role_arn: str = "arn:aws:iam::123456789012:role/business-insights-rds-export"
    kms_key_id: str = "alias/business-insights"

    # The jobs, workgroups and topics that the tasks use.
    bronze_job: str = "business-insights-bronze"
    silver_job: str = "business-insights-silver"
    scores_job: str = "business-insights-customer-scores"
    build_workgroup: str = "business-insights-build"
    read_workgroup: str = "business-insights-read"
    notification_topic_arn: str = "arn:aws:sns:us-east-1:123456789012:business-insights-alerts"
    poll_seconds: float = 15
    reschedule_seconds: float = 60
    """Between two looks of a task that frees its worker meanwhile. It must be longer than the scheduler takes to hear
    that the worker is free: otherwise it finds the task queued again, and fails it as lost."""
    dashboard_url: str = ""
    """Address of the dashboards (https://…). When empty, messages do not link to them."""

    go_back_run: str = ""
    """Id of a DAG run that was cleared so that its older snapshot replaces what is published. Empty it afterwards."""

    lost_forgotten_list: str = ""
    """Mark of a list of forgotten customers that is lost for good: runs go on without it. The error names the mark."""

    # What the figures mean (docs/solution-design.md).
    business_timezone: str = "America/Chicago"
    price_basis: PriceBasis = "line_total"
    test_app_names: str = "DEVELOPMENT"
    negative_lines: NegativeLines = "auto"
    """How to treat a line with a negative price or quantity: as a refund, or as a damaged row. `auto` decides by the
    data."""
    missing_marks: str = "NULL, (null), #NULL!, NaN, N/A, #N/A, NA, <NA>, None, nil, undefined, -, --"
    """Texts that mean a missing value, in upper or lower case, separated by commas."""
    closed_days: str = ""
    """Weekdays and dates on which no store is open: `SUNDAY, 2026-12-25`. A run does not expect orders on them."""
    holiday_country: str = "US"
    holiday_subdivision: str = ""
    quality_gate: float = 80.0
    annual_discount_rate: float = 0.10
    margin_rate: float | None = None

    # How much a publish may change of closed days before an operator must accept it (lake/volume_guard.py).
    volume_limit_percent: float = 10.0
    """Total change of rows, or of net sales, over all closed days, in percent of what they hold."""
    volume_limit_day_percent: float = 50.0
    """Change of rows, or of net sales, of one closed day of meaningful size, in percent of what it holds."""

    # How long the lake stores what readers no longer see (dags/lake_maintenance.py), in days.
    retention_days: int = 35
    """Replaced and removed data, after the release that replaced or removed it: as long as a rollback can return."""
    landing_days: int = 7
    """Exports in landing, results of queries, and candidate tables of failed tries."""
    as_of_days: int = 90
    """As-of dates before the newest one of which every one stays published; of older months the last one stays."""
    quality_days: int = 365
    """Results of expectations, quality reports and reports of maintenance."""

    def __post_init__(self) -> None:
        try:
            require_region(self.business_timezone)
        except TimeZoneError as error:
            raise SettingsError(f"setting business_timezone: {error}") from error
        try:
            require_region(self.source_timezone)
        except TimeZoneError as error:
            raise SettingsError(f"setting source_timezone: {error}") from error
        try:
            time_format(self.source_date_format)
        except TimeFormatError as error:
            raise SettingsError(f"setting source_date_format: {error}") from error
        try:
            store_closings(self.closed_days)
        except StoreClosingsError as error:
            raise SettingsError(f"setting closed_days: {error}") from error
        if self.source_sslmode not in SSLMODES:
            raise SettingsError(
                f"setting source_sslmode: {self.source_sslmode!r} is not known; use verify-full (certificate and host "
                "name), verify-ca (certificate) or require (encryption only)"
            )
        if self.price_basis not in PRICE_BASES:
            raise SettingsError(f"setting price_basis: {self.price_basis!r} is not known; use line_total or unit_price")
        if self.negative_lines not in NEGATIVE_LINES:
            raise SettingsError(
                f"setting negative_lines: {self.negative_lines!r} is not known; use refund, quarantine or auto "
                "(decides by the data)"
            )
        if not re.fullmatch("[A-Z]{2}", self.holiday_country):
            raise SettingsError(
                f"setting holiday_country: {self.holiday_country!r} is not a country code; "
                "use the two capital letters of ISO 3166, such as US"
            )
        if self.dashboard_url and not self.dashboard_url.startswith(("https://", "http://")):
            raise SettingsError(
                f"setting dashboard_url: {self.dashboard_url!r} is not a web address; write it as https://host"
            )
        if not 0 <= self.quality_gate <= 100:
            raise SettingsError(
                f"setting quality_gate: {self.quality_gate} is not between 0 and 100; use a score such as 80"
            )
        for name, rate in (("annual_discount_rate", self.annual_discount_rate), ("margin_rate", self.margin_rate)):
            if rate is not None and not 0 <= rate <= 1:
                raise SettingsError(f"setting {name}: {rate} is not between 0 and 1; write 10 % as 0.10")
        for name in ("volume_limit_percent", "volume_limit_day_percent"):
            if not getattr(self, name) > 0:
                raise SettingsError(
                    f"setting {name}: {getattr(self, name)} is not above 0; use percent such as 10, or 1000 to allow "
                    "almost every change"
                )
        for name in ("retention_days", "landing_days", "as_of_days", "quality_days"):
            if getattr(self, name) < 1:
                raise SettingsError(
                    f"setting {name}: {getattr(self, name)} is below 1; use a number of days such as 35"
                )
        for name in ("poll_seconds", "reschedule_seconds"):
            if getattr(self, name) < LEAST_POLL_SECONDS:
                usual = type(self).__dataclass_fields__[name].default
                raise SettingsError(
                    f"setting {name}: {getattr(self, name)} is below {LEAST_POLL_SECONDS}; use {usual} on AWS"
                )

    def lake_uri(self, prefix: str) -> str:
        """Return the `s3://` address of a prefix of the lake bucket: `silver/` → `s3://…/silver/`."""
        return f"s3://{self.lake_bucket}/{prefix}"


def _typed(name: str, kind: Any, value: Any) -> Any:
    """Return `value` as the type of the setting. The environment gives text for every type."""
    try:
        if kind in ("int", int):
            return int(value)
        if kind in ("float", float):
            return float(value)
        if kind == "float | None":
            return float(value) if value not in ("", None) else None
    except (TypeError, ValueError) as error:
        raise SettingsError(f"setting {name}: {value!r} is not a number; write it as 0.5 or 15") from error
    return str(value)


def resolve(environment: Mapping[str, str], variable: Mapping[str, Any] | None = None) -> Settings:
    """Return the settings from an environment and the JSON of the Airflow Variable. The environment wins.

    Raises:
        SettingsError: a name is unknown or a value is invalid; the message names both.
    """
    kinds = {field.name: field.type for field in fields(Settings)}
    given: dict[str, Any] = dict(variable or {})
    for key, value in environment.items():
        if key.startswith(ENVIRONMENT_PREFIX):
            given[key.removeprefix(ENVIRONMENT_PREFIX).lower()] = value
    unknown = sorted(set(given) - set(kinds))
    if unknown:
        raise SettingsError(f"unknown setting {unknown[0]!r}; use a name from plugins/biz_insights/settings.py")
    return Settings(**{name: _typed(name, kinds[name], value) for name, value in given.items()})


def load_settings() -> Settings:
    """Return the settings of the running task, from the environment and the Airflow Variable `biz_insights`.

    Raises:
        SettingsError: the Variable is not a JSON object, or a setting is wrong.
    """
    from airflow.sdk import Variable

    text = Variable.get(VARIABLE_NAME, default=None)
    if not text:
        return resolve(os.environ)
    try:
        variable = json.loads(text)
    except json.JSONDecodeError as error:
        raise SettingsError(
            f"Airflow Variable {VARIABLE_NAME!r} is not valid JSON ({error}); "
            'write one object of settings, such as {"quality_gate": 80}'
        ) from error
    if not isinstance(variable, dict):
        raise SettingsError(
            f"Airflow Variable {VARIABLE_NAME!r} is not a JSON object; "
            'write one object of settings, such as {"quality_gate": 80}'
        )
    return resolve(os.environ, variable)


class TemplateSettings:
    """Settings for Jinja templates. `{{ settings.build_workgroup }}` is read when the task runs."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(load_settings(), name)

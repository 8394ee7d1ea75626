"""The provisioning file has the resources that the settings' defaults name, and installed module versions."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from biz_insights.lake.current_release import SLOTS, slot_database
from biz_insights.settings import Settings
from mwaa.local_aws.glue.job_modules import require_modules
from mwaa.local_aws.layout import ACCOUNT_ID, REGION
from mwaa.local_aws.server.provisioning_file import python_modules, read_provisioning
from mwaa.local_runner.environment import PROVISIONING, REPOSITORY
from mwaa.packaging import archives

DECLARED = read_provisioning(PROVISIONING)
SETTINGS = Settings()
BUCKETS = {"source_bucket", "lake_bucket", "artefacts_bucket"}
DATABASES = {"published_database", "build_database"}
JOBS = {"bronze_job", "silver_job", "scores_job"}
WORKGROUPS = {"build_workgroup", "read_workgroup"}


def values_of(names: set[str]) -> set[str]:
    return {getattr(SETTINGS, name) for name in names}


def test_the_settings_name_the_same_resources() -> None:
    assert set(DECLARED.buckets) == values_of(BUCKETS)
    slots = {slot_database(SETTINGS.published_database, slot) for slot in SLOTS}
    assert set(DECLARED.databases) == values_of(DATABASES) | slots
    assert {job.name for job in DECLARED.jobs} == values_of(JOBS)
    assert {group.name for group in DECLARED.workgroups} == values_of(WORKGROUPS)
    assert DECLARED.kms_aliases == (SETTINGS.kms_key_id,)
    assert [f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:{topic}" for topic in DECLARED.topics] == [
        SETTINGS.notification_topic_arn
    ]
    assert SETTINGS.export_role_arn in {f"arn:aws:iam::{ACCOUNT_ID}:role/{role.name}" for role in DECLARED.roles}
    (instance,) = DECLARED.db_instances
    assert (instance.identifier, instance.database, instance.secret) == (
        SETTINGS.rds_instance,
        SETTINGS.source_database,
        SETTINGS.source_secret,
    )
    assert (SETTINGS.account_id, SETTINGS.region) == (ACCOUNT_ID, REGION)


def test_every_setting_that_names_a_resource_is_compared() -> None:
    """A new bucket, database, job or workgroup in the settings must be in the file and in the lists above."""
    ends = ("_bucket", "_job", "_workgroup")
    named = {found.name for found in fields(Settings) if found.name.endswith(ends)}
    assert named == BUCKETS | JOBS | WORKGROUPS


def test_the_build_workgroup_writes_to_the_lake_and_enforces_it() -> None:
    groups = {group.name: group for group in DECLARED.workgroups}
    build, read = groups[SETTINGS.build_workgroup], groups[SETTINGS.read_workgroup]
    assert (build.output_location, build.enforced) == (SETTINGS.lake_uri("gold/"), True)
    assert (read.output_location, read.enforced) == (SETTINGS.lake_uri("athena-results/"), False)


@pytest.mark.parametrize("job", DECLARED.jobs, ids=lambda job: job.name)
def test_every_job_has_a_script_in_the_repository(job) -> None:
    prefix = f"s3://{SETTINGS.artefacts_bucket}/"
    assert job.script.startswith(prefix)
    assert (REPOSITORY / job.script.removeprefix(prefix)).is_file()
    assert job.libraries == (f"{prefix}spark_jobs.zip",)


def test_the_declared_jobs_are_those_that_a_deployment_uploads() -> None:
    assert {job.script.rpartition("/")[2] for job in DECLARED.jobs} == set(archives.JOBS)


def test_the_jobs_modules_are_pinned_in_the_lock_and_installed() -> None:
    lock = (REPOSITORY / "mwaa" / "requirements" / "laptop.txt").read_text(encoding="utf-8").split()
    files = {Path(PROVISIONING).parent / job.modules_file for job in DECLARED.jobs}
    (modules,) = {python_modules(file) for file in files}
    assert "holidays" in {pin.split("==")[0] for pin in modules.split(",")}
    assert set(modules.split(",")) <= set(lock)
    require_modules(modules)

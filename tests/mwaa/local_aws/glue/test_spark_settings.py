"""The settings and arguments that a Glue run starts with."""

import sys
from pathlib import Path

import pytest

from mwaa.local_aws.glue.spark_process import RunRequest, glue_arguments
from mwaa.local_aws.glue.spark_settings import settings_argument, spark_environment
from mwaa.local_aws.layout import StateLayout


def test_the_conf_argument_can_have_several_settings() -> None:
    value = "spark.sql.shuffle.partitions=8 --conf spark.sql.ansi.enabled=false"
    assert settings_argument(value) == {"spark.sql.shuffle.partitions": "8", "spark.sql.ansi.enabled": "false"}
    assert settings_argument("") == {}


def test_a_conf_part_without_a_value_is_named() -> None:
    with pytest.raises(ValueError, match=r"spark\.x"):
        settings_argument("spark.x")


def test_every_bucket_is_mounted_and_the_jobs_own_settings_count(tmp_path: Path) -> None:
    layout = StateLayout.at(tmp_path)
    (layout.s3 / "lake").mkdir()
    (layout.s3 / ".nanio").mkdir()
    folder = tmp_path / "run"
    folder.mkdir()
    environment = spark_environment(folder, layout, {"--conf": "spark.sql.shuffle.partitions=9"}, "512m")
    lines = (folder / "spark.properties").read_text().splitlines()
    settings = dict(line.split(" ", 1) for line in lines)
    assert settings["spark.hadoop.fs.viewfs.mounttable.lake.linkFallback"] == (layout.s3 / "lake").as_uri()
    assert not [key for key in settings if ".nanio" in key]
    assert settings["spark.sql.shuffle.partitions"] == "9"
    assert settings["spark.driver.memory"] == "512m"
    assert "spark.sql.session.timeZone" not in settings
    assert environment["PYSPARK_SUBMIT_ARGS"].endswith("pyspark-shell")
    assert environment["PYSPARK_PYTHON"] == sys.executable
    assert list(Path(environment["SPARK_CONF_DIR"]).iterdir()) == []


@pytest.mark.parametrize("is_short", [True, False])
def test_only_a_short_run_has_no_optimising_compiler(tmp_path: Path, is_short: bool) -> None:
    spark_environment(tmp_path, StateLayout.at(tmp_path / "state"), {}, "512m", is_short=is_short)
    assert ("-XX:TieredStopAtLevel=1" in (tmp_path / "spark.properties").read_text()) == is_short


def test_an_argument_without_a_value_is_passed_as_its_name() -> None:
    request = RunRequest("job", "jr_ab", "s3://b/job.py", {"--verbose": "", "--day": "2023-01-01"})
    assert glue_arguments(request)[-3:] == ["--verbose", "--day", "2023-01-01"]

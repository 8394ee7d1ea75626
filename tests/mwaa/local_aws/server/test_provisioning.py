"""What the endpoint creates at its start: the declared resources, and nothing without a file."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PACKAGE = Path(__file__).resolve().parents[4] / "mwaa" / "local_aws"
PRODUCT_NAMES = re.compile(
    r"business.insights|biz.insights|biz_schema|restaurant|bronze|silver|\bgold\b|gold_|spark_jobs|customer|franchise"
    r"|loyalty|\bmart_|\bmake (setup|run|clean|query|airflow|dashboard)\b|laptop|mwaa/requirements",
    re.IGNORECASE,
)

EMPTY_ENDPOINT = """
import json, sys
from mwaa.local_aws.server.endpoint import LocalEndpoint
with LocalEndpoint(sys.argv[1]) as endpoint:
    client = endpoint.client
    print(json.dumps({
        "buckets": client("s3").list_buckets()["Buckets"],
        "databases": client("glue").get_databases()["DatabaseList"],
        "jobs": client("glue").list_jobs()["JobNames"],
        "workgroups": [group["Name"] for group in client("athena").list_work_groups()["WorkGroups"]],
        "roles": client("iam").list_roles()["Roles"],
        "topics": client("sns").list_topics()["Topics"],
        "secrets": client("secretsmanager").list_secrets()["SecretList"],
        "instances": client("rds").describe_db_instances()["DBInstances"],
    }))
"""


def test_declared_resources_exist(aws: Callable[[str], Any]) -> None:
    assert {"biz_insights", "biz_insights_build"} <= {
        database["Name"] for database in aws("glue").get_databases()["DatabaseList"]
    }
    jobs = {job["Name"]: job for job in aws("glue").get_jobs()["Jobs"]}
    for name in ("business-insights-bronze", "business-insights-silver"):
        assert jobs[name]["GlueVersion"] == "6.0"
        assert jobs[name]["DefaultArguments"]["--extra-py-files"] == "s3://business-insights-artefacts/spark_jobs.zip"
        assert jobs[name]["DefaultArguments"]["--additional-python-modules"].startswith("holidays==")
    group = aws("athena").get_work_group(WorkGroup="business-insights-build")["WorkGroup"]["Configuration"]
    assert group["EnforceWorkGroupConfiguration"] is True
    assert group["ResultConfiguration"]["OutputLocation"] == "s3://business-insights-lake/gold/"
    instance = aws("rds").describe_db_instances(DBInstanceIdentifier="business-insights-source")["DBInstances"][0]
    assert (instance["DBInstanceStatus"], instance["DBName"]) == ("available", "restaurant")


def test_without_a_file_there_are_no_resources(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", EMPTY_ENDPOINT, str(tmp_path)],
        cwd=PACKAGE.parents[1],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found.pop("workgroups") == ["primary"]  # AWS has it in every account
    assert set(map(len, found.values())) == {0}, found


@pytest.mark.parametrize(
    "path", [path for path in PACKAGE.rglob("*") if path.suffix in (".py", ".sql", ".md")], ids=lambda path: path.name
)
def test_the_endpoint_does_not_know_the_product(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    found = [f"{path}:{number}: {line}" for number, line in enumerate(lines, start=1) if PRODUCT_NAMES.search(line)]
    assert not found, "declare it in the provisioning file, or say it without the product's names"

"""The provisioning file: what it declares, and the messages about a wrong file."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from mwaa.local_aws.server.provisioning_file import (
    DbInstance,
    Job,
    ProvisioningError,
    Resources,
    Role,
    Workgroup,
    python_modules,
    read_provisioning,
)

PACKAGE = Path(__file__).resolve().parents[4] / "mwaa" / "local_aws"
README = (PACKAGE / "README.md").read_text(encoding="utf-8")

COMPLETE = """
buckets = ["lake", "code"]
databases = ["sales"]
kms_aliases = ["alias/data"]
topics = ["alerts"]

[[roles]]
name = "jobs"
service = "glue.amazonaws.com"

[[workgroups]]
name = "build"
output_location = "s3://lake/build/"
enforced = true

[job_defaults]
role = "jobs"
glue_version = "6.0"
arguments = { "--a" = "1" }

[[jobs]]
name = "load"
script = "s3://code/load.py"

[[jobs]]
name = "rank"
script = "s3://code/rank.py"
glue_version = "5.1"
workers = 4

[[db_instances]]
identifier = "source"
database = "shop"
username = "shop_owner"
secret = "shop/source"
"""


def write(folder: Path, content: str) -> Path:
    path = folder / "resources.toml"
    path.write_text(content, encoding="utf-8")
    return path


def test_a_complete_file_is_read(tmp_path: Path) -> None:
    found = read_provisioning(write(tmp_path, COMPLETE))
    assert (found.buckets, found.databases) == (("lake", "code"), ("sales",))
    assert (found.kms_aliases, found.topics) == (("alias/data",), ("alerts",))
    assert found.roles == (Role(name="jobs", service="glue.amazonaws.com"),)
    assert found.workgroups == (Workgroup(name="build", output_location="s3://lake/build/", enforced=True),)
    assert found.db_instances == (
        DbInstance(identifier="source", database="shop", username="shop_owner", secret="shop/source"),
    )


def test_jobs_get_the_defaults_unless_they_say_otherwise(tmp_path: Path) -> None:
    load, rank = read_provisioning(write(tmp_path, COMPLETE)).jobs
    assert (load.glue_version, load.workers, load.arguments) == ("6.0", 2, {"--a": "1"})
    assert (rank.glue_version, rank.workers, rank.role) == ("5.1", 4, "jobs")


def test_no_file_declares_nothing() -> None:
    assert read_provisioning(None) == Resources()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('["sales"]', '"sales"', "databases is 'sales': write a list of texts"),
        ("topics =", "topic =", "topic is not a known field: use one of buckets, "),
        ('script = "s3://code/load.py"', "", r"jobs\[1\]\.script is missing: add it"),
        ("workers = 4", 'workers = "4"', r"jobs\[2\]\.workers is '4': write a whole number above 0"),
        ("workers = 4", "wokers = 4", r"jobs\[2\]\.wokers is not a known field: use one of name, script, "),
        ("enforced = true", "enforced = 1", r"workgroups\[1\]\.enforced is 1: write true or false"),
        ('{ "--a" = "1" }', '{ "--a" = 1 }', r"jobs\[1\]\.arguments is .*: write a table of texts"),
        ('role = "jobs"', 'role = "load"', r"jobs\[1\]\.role names 'load', which is not in roles: add a "),
        (
            "s3://lake/build/",
            "s3://lak/build/",
            r"workgroups\[1\]\.output_location is .*none of the buckets: write s3://",
        ),
        ("workers = 4", 'modules_file = "no.txt"', r"jobs\[2\]\.modules_file names 'no\.txt', which is not a file in "),
        ("[[roles]]", "[roles]", r"roles is not a list of tables: write one \[\[roles\]\] for each"),
        ("buckets = [", "buckets = ", "is not TOML .*: correct it"),
    ],
)
def test_a_wrong_file_is_refused_with_file_field_and_next_step(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert old in COMPLETE
    path = write(tmp_path, COMPLETE.replace(old, new, 1))
    with pytest.raises(ProvisioningError, match=message) as refused:
        read_provisioning(path)
    assert str(refused.value).startswith(f"the provisioning file {path}")


def test_a_missing_file_is_one_line_on_the_command_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mwaa.local_aws", "serve", "--state", str(tmp_path / "state")]
    done = subprocess.run(
        [*command, "--provisioning", str(tmp_path / "none.toml")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"error: the provisioning file {tmp_path / 'none.toml'} cannot be read (No such file")
    assert not (tmp_path / "state").exists()


def test_a_modules_file_becomes_glues_argument(tmp_path: Path) -> None:
    path = tmp_path / "modules.txt"
    path.write_text("# why\nholidays==0.108\n\nnumpy==2.0  # pinned\n", encoding="utf-8")
    assert python_modules(path) == "holidays==0.108,numpy==2.0"


@pytest.mark.parametrize("kind", [Resources, Role, Workgroup, Job, DbInstance], ids=lambda kind: kind.__name__)
def test_the_readme_describes_every_field(kind: type) -> None:
    section = README.partition("## The provisioning file")[2].partition("\n## ")[0]
    missing = [field.name for field in fields(kind) if not re.search(rf"`(\[\[)?{field.name}(\]\])?`", section)]
    assert not missing


def test_the_names_in_the_readme_exist() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    variables = set(re.findall(r"`((?:AWS|ARROW)_[A-Z0-9_]+)`", README))
    named = set(re.findall(r"`(_?[A-Z][A-Z_]{4,})`", README)) - variables - {"FOLDER"}
    assert {"SERVICES", "PERSISTED_SERVICES", "MOVED_MODULES"} <= named
    assert [name for name in named if f"{name}:" not in code and f"{name} =" not in code] == []
    files = re.findall(r"`([a-z0-9]+/[a-z0-9_]+\.py)`", README)
    folders = (PACKAGE, PACKAGE.parents[1])  # a path is from the endpoint's folder, or from the repository
    assert files and [file for file in files if not any((folder / file).is_file() for folder in folders)] == []

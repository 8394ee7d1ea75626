"""The package of declarations: standard library only, and whole in the zips of the jobs and of the plugins."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from mwaa.packaging.archives import jobs_zip, plugins_zip

PACKAGE = Path(__file__).resolve().parents[2] / "plugins" / "biz_schema"
MODULES = sorted(PACKAGE.glob("*.py"))


def imported(path: Path) -> set[str]:
    """Top-level names of the packages that a module imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("" if node.level else str(node.module).partition(".")[0])
    return found


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_only_the_standard_library_is_imported(module: Path) -> None:
    assert imported(module) <= {"biz_schema", *sys.stdlib_module_names}


@pytest.mark.parametrize("archive", [jobs_zip, plugins_zip], ids=["jobs", "plugins"])
def test_every_module_can_be_imported_from_the_zip(archive, tmp_path: Path) -> None:
    zip_file = tmp_path / "archive.zip"
    zip_file.write_bytes(archive())
    names = ", ".join(f"biz_schema.{path.stem}" for path in MODULES if path.stem != "__init__")
    assert "biz_schema.source_tables" in names
    code = f"import {names}; print(biz_schema.__file__)"
    # -I: neither the environment nor the working directory is on the path; -S: no installed package is either.
    command = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(zip_file)!r}); {code}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(zip_file))

"""Saved state: what it can contain, and that state of an earlier version still loads."""

from __future__ import annotations

import importlib
import os
import pickle
import subprocess
from collections import defaultdict
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from moto.core.base_backend import BackendDict

from mwaa.local_aws.layout import ACCOUNT_ID, REGION
from mwaa.local_aws.rds.postgres import Postgres
from mwaa.local_aws.rds.rds_backend import Instance, LocalRdsBackend
from mwaa.local_aws.services.state_pickle import MOVED_MODULES, dumps, loads, restore

SAVED_CLASSES = [
    ("mwaa.local_aws.athena.backend", "QueryExecution"),
    ("mwaa.local_aws.athena.errors", "AthenaQueryError"),
    ("mwaa.local_aws.athena.statement", "Outcome"),
    ("mwaa.local_aws.glue_catalog", "LocalTable"),
    ("mwaa.local_aws.glue_jobs", "LocalJobRun"),
    ("mwaa.local_aws.rds_backend", "Instance"),
    ("mwaa.local_aws.rds_backend", "Snapshot"),
    ("mwaa.local_aws.rds_export", "ExportTask"),
    ("mwaa.local_aws.state_pickle", "_private_key"),
]
"""Classes and functions that saved state refers to, with the modules where earlier versions had them."""


@pytest.fixture
def backends() -> BackendDict:
    return BackendDict(LocalRdsBackend, "rds")


def saved_by_an_earlier_version(target: Any, module: str, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """Return a pickle that refers to `target` (a class or function) by its earlier module."""
    earlier = ModuleType(module)
    setattr(earlier, target.__name__, target)
    monkeypatch.setitem(importlib.import_module("sys").modules, module, earlier)
    monkeypatch.setattr(target, "__module__", module)
    content = pickle.dumps(target)
    monkeypatch.undo()
    return content


@pytest.mark.parametrize(("module", "name"), SAVED_CLASSES)
def test_state_that_names_an_earlier_module_loads(
    module: str, name: str, backends: BackendDict, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = getattr(importlib.import_module(MOVED_MODULES.get(module, module)), name)
    content = saved_by_an_earlier_version(target, module, monkeypatch)
    assert module.encode() in content
    assert loads(content, backends) is target


@pytest.mark.parametrize("earlier", MOVED_MODULES)
def test_every_moved_module_exists_under_its_new_name_only(earlier: str) -> None:
    importlib.import_module(MOVED_MODULES[earlier])
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module(earlier)


def test_a_backend_is_saved_as_a_reference(backends: BackendDict) -> None:
    backend = backends[ACCOUNT_ID][REGION]
    assert loads(dumps({"owner": backend}), backends)["owner"] is backend


def test_private_keys_and_lambda_defaults_survive(backends: BackendDict) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    tags: dict[str, list[str]] = defaultdict(lambda: [])
    tags["a"].append("b")
    loaded_key, loaded_tags = loads(dumps((key, tags)), backends)
    assert loaded_key.private_numbers() == key.private_numbers()
    assert loaded_tags == {"a": ["b"]}


def test_restored_attributes_leave_a_backends_defaults(backends: BackendDict) -> None:
    backend: Any = backends[ACCOUNT_ID][REGION]
    backend.tags = defaultdict(list, {"old": ["x"]})
    restore(backend, {"tags": {"new": ["y"]}, "instances": {"source": Instance("source", "shop", None, "owner")}})  # type: ignore[arg-type]
    assert backend.tags == {"new": ["y"]}
    assert backend.tags["unknown"] == []
    assert backend.instances["source"].database == "shop"


class Planted:
    """What an attacker would put into a state file: loading it calls a function."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> Any:
        return self.call


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (os.system, ("touch planted",)),
        (eval, ("open('planted', 'w')",)),
        (getattr, ({}, "get")),
        (importlib.import_module, ("antigravity",)),
        (subprocess.Popen, (["touch", "planted"],)),
        (Postgres, ("layout", "password")),
    ],
)
def test_state_that_calls_anything_else_is_refused(
    function: Any, arguments: tuple[Any, ...], backends: BackendDict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    content = pickle.dumps(Planted(function, *arguments))
    with pytest.raises(pickle.UnpicklingError, match="which saved state never contains"):
        loads(content, backends)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("moto.glue.models", "datetime"),  # a class that the module only imports
        ("moto.glue.models", "paginate"),  # a function
        ("moto.glue.models", "FakeJob.start_job_run"),
        ("mwaa.local_aws.glue.glue_jobs", "install_runner"),
    ],
)
def test_state_may_name_only_the_classes_of_its_modules(module: str, name: str, backends: BackendDict) -> None:
    content = b"\x80\x04" + b"".join(b"\x8c" + bytes([len(text)]) + text.encode() for text in (module, name)) + b"\x93."
    with pytest.raises(pickle.UnpicklingError):
        loads(content, backends)

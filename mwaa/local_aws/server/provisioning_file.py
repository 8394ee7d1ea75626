"""Read the provisioning file: a TOML file that names every resource the endpoint creates at its start.

README.md beside this package describes the format. A wrong file is refused before anything is created; the message
names the file, the field and what to do.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from mwaa.local_aws.errors import EndpointError

FORMAT = "the format is described in mwaa/local_aws/README.md"


class ProvisioningError(EndpointError):
    """The provisioning file is missing or wrong; the message names the file, the field and what to do."""


@dataclass(frozen=True, kw_only=True)
class Role:
    """An IAM role that one AWS service may assume, such as `glue.amazonaws.com`."""

    name: str
    service: str


@dataclass(frozen=True, kw_only=True)
class Workgroup:
    """An Athena workgroup; `enforced` says that queries cannot choose another output location."""

    name: str
    output_location: str
    enforced: bool = False


@dataclass(frozen=True, kw_only=True)
class Job:
    """A Glue job. `modules_file` is a list of `name==version` lines, relative to the provisioning file."""

    name: str
    script: str
    role: str
    glue_version: str
    libraries: tuple[str, ...] = ()
    modules_file: str = ""
    worker_type: str = "G.1X"
    workers: int = 2
    timeout_minutes: int = 480
    concurrent_runs: int = 1
    arguments: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class DbInstance:
    """A database with its owner, and the Secrets Manager secret that says how to connect."""

    identifier: str
    database: str
    username: str
    secret: str


@dataclass(frozen=True, kw_only=True)
class Resources:
    """Everything to create. Without a provisioning file there is nothing."""

    buckets: tuple[str, ...] = ()
    databases: tuple[str, ...] = ()
    kms_aliases: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ()
    workgroups: tuple[Workgroup, ...] = ()
    jobs: tuple[Job, ...] = ()
    db_instances: tuple[DbInstance, ...] = ()


_LISTS = ("buckets", "databases", "kms_aliases", "topics")
_TABLES: dict[str, type[Any]] = {"roles": Role, "workgroups": Workgroup, "jobs": Job, "db_instances": DbInstance}
_DEFAULTS = "job_defaults"
_EXPECTED = {
    "str": "a text",
    "bool": "true or false",
    "int": "a whole number above 0",
    "tuple[str, ...]": "a list of texts",
    "dict[str, str]": "a table of texts",
}
Entry = TypeVar("Entry")


def read_provisioning(path: Path | str | None) -> Resources:
    """Return the resources that the file at `path` declares; none without a path.

    Raises:
        ProvisioningError: the file cannot be read, or a field is missing, unknown or wrong.
    """
    if path is None:
        return Resources()
    path = Path(path)
    return _Reader(path, _content(path)).resources()


def _content(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ProvisioningError(
            f"the provisioning file {path} cannot be read ({error.strerror}): give the path of a TOML file"
        ) from error
    except ValueError as error:
        raise ProvisioningError(f"the provisioning file {path} is not TOML ({error}): correct it; {FORMAT}") from error


class _Reader:
    def __init__(self, path: Path, content: dict[str, Any]) -> None:
        self._path = path
        self._content = content

    def resources(self) -> Resources:
        self._refuse_unknown(self._content, (*_LISTS, *_TABLES, _DEFAULTS), "")
        lists = {name: self._value("tuple[str, ...]", self._content.get(name, []), name) for name in _LISTS}
        tables = {name: tuple(self._entries(name, kind)) for name, kind in _TABLES.items()}
        found = Resources(**lists, **tables)
        self._check_references(found)
        return found

    def _entries(self, name: str, kind: type[Entry]) -> Iterator[Entry]:
        entries = self._content.get(name, [])
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise self._error(name, "is not a list of tables", f"write one [[{name}]] for each")
        defaults = self._content.get(_DEFAULTS, {}) if kind is Job else {}
        if not isinstance(defaults, dict):
            raise self._error(_DEFAULTS, "is not a table", f"write [{_DEFAULTS}] with fields of jobs below it")
        for number, entry in enumerate(entries, start=1):
            yield self._entry(kind, {**defaults, **entry}, f"{name}[{number}]")

    def _entry(self, kind: type[Entry], given: Mapping[str, Any], where: str) -> Entry:
        known = {known.name: known for known in fields(kind)}  # type: ignore[arg-type]
        self._refuse_unknown(given, tuple(known), f"{where}.")
        values = {}
        for name, known_field in known.items():
            if name in given:
                values[name] = self._value(str(known_field.type), given[name], f"{where}.{name}")
            elif known_field.default is MISSING and known_field.default_factory is MISSING:
                raise self._error(f"{where}.{name}", "is missing", "add it")
        return kind(**values)

    def _value(self, kind: str, value: Any, where: str) -> Any:
        if kind == "str" and isinstance(value, str) and value:
            return value
        if kind == "bool" and isinstance(value, bool):
            return value
        if kind == "int" and isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
        if kind == "tuple[str, ...]" and isinstance(value, list) and all(isinstance(part, str) for part in value):
            return tuple(value)
        if kind == "dict[str, str]" and isinstance(value, dict) and all(isinstance(v, str) for v in value.values()):
            return value
        raise self._error(where, f"is {value!r}", f"write {_EXPECTED[kind]}")

    def _check_references(self, found: Resources) -> None:
        roles = {role.name for role in found.roles}
        for number, job in enumerate(found.jobs, start=1):
            if job.role not in roles:
                raise self._error(
                    f"jobs[{number}].role", f"names {job.role!r}, which is not in roles", "add a [[roles]]"
                )
            if job.modules_file and not (self._path.parent / job.modules_file).is_file():
                raise self._error(
                    f"jobs[{number}].modules_file",
                    f"names {job.modules_file!r}, which is not a file in {self._path.parent}",
                    "correct the path",
                )
        buckets = {f"s3://{bucket}/" for bucket in found.buckets}
        for number, group in enumerate(found.workgroups, start=1):
            if not group.output_location.startswith(tuple(buckets)):
                raise self._error(
                    f"workgroups[{number}].output_location",
                    f"is {group.output_location!r}, which is in none of the buckets",
                    "write s3://bucket/prefix/ with a bucket of buckets",
                )

    def _refuse_unknown(self, given: Mapping[str, Any], known: tuple[str, ...], prefix: str) -> None:
        for name in given:
            if name not in known:
                raise self._error(f"{prefix}{name}", "is not a known field", f"use one of {', '.join(known)}")

    def _error(self, where: str, what: str, to_do: str) -> ProvisioningError:
        return ProvisioningError(f"the provisioning file {self._path}: {where} {what}: {to_do}; {FORMAT}")


def python_modules(path: Path) -> str:
    """Return the lines of a requirements file as Glue's `--additional-python-modules`: `name==version`, by commas."""
    lines = (line.split("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return ",".join(line for line in lines if line)

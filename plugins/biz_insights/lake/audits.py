"""Records of passed audits. A publish takes its builds from such a record, and from nowhere else.

The checkpoint that passes writes the record: which build it audited, with every partition, location and fingerprint.
So a publish can be repeated at any time, also after the candidate tables have been dropped, and it cannot publish
a build that no audit has passed: a build made since has another identity.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from biz_insights.aws import s3
from biz_insights.errors import PermanentError
from biz_insights.lake.builds import Column, PartitionBuild, TableBuild


@dataclass(frozen=True)
class PassedAudit:
    """What a checkpoint has passed.

    Attributes:
        checkpoint: its name, such as `silver` or a gold table.
        run: name of the run.
        build_id: identity of the build: a JobRunId, or the names of the CTAS tables.
        builds: the audited builds, in the order in which they are published.
        candidates: tables of the build database that can be dropped after the publish.
    """

    checkpoint: str
    run: str
    build_id: str
    builds: tuple[TableBuild, ...]
    candidates: tuple[str, ...]


def build_identity(build: str | Sequence[str]) -> str:
    """Return the identity of a build: the JobRunId, or the names of all CTAS tables."""
    return build if isinstance(build, str) else ",".join(build)


def record_audit(session: Any, ops_uri: str, audit: PassedAudit, try_number: int, part: str = "") -> str:
    """Write the record of a passed audit. Return its address.

    Args:
        part: what distinguishes the audits of one try, where a try has several.
    """
    uri = f"{ops_uri}audits/{audit.run}/{audit.checkpoint}/try={try_number}{f'-{part}' if part else ''}.json"
    s3.put_json(session, uri, asdict(audit))
    return uri


def require_audit(session: Any, uri: str, build_id: str) -> PassedAudit:
    """Return the record of the audit that passed exactly this build.

    Raises:
        PermanentError: there is no record, or it is of another build.
    """
    document = s3.find_json(session, uri)
    if document is None:
        raise PermanentError(f"there is no passed audit at {uri}; clear the audit task with its downstream tasks")
    found = PassedAudit(
        document["checkpoint"],
        document["run"],
        document["build_id"],
        builds_of(document),
        tuple(document["candidates"]),
    )
    if found.build_id != build_id:
        raise PermanentError(
            f"checkpoint {found.checkpoint} passed the build {found.build_id}, and this is the build {build_id}, which "
            "no checkpoint has passed; clear the audit task with its downstream tasks"
        )
    return found


def builds_of(document: Mapping[str, Any]) -> tuple[TableBuild, ...]:
    """Return the builds that a stored record lists."""
    return tuple(table_build(entry) for entry in document["builds"])


def table_build(entry: Mapping[str, Any]) -> TableBuild:
    """Return a build from its JSON form, which `dataclasses.asdict` makes."""
    key = entry["partition_key"]
    return TableBuild(
        entry["table"],
        tuple(Column(**column) for column in entry["columns"]),
        Column(**key) if key else None,
        tuple(PartitionBuild(**partition) for partition in entry["partitions"]),
        tuple(entry["removed"]),
    )

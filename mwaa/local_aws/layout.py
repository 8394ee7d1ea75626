"""Where the endpoint keeps things on disk, and the account it answers for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mwaa.local_aws.errors import EndpointError

ACCOUNT_ID = "123456789012"
REGION = "us-east-1"
ACCESS_KEY = "local-access-key"
SECRET_KEY = "local-secret-key"


@dataclass(frozen=True)
class StateLayout:
    """Folders and files under one state directory; `root` is absolute."""

    root: Path

    @classmethod
    def at(cls, state_dir: Path | str) -> StateLayout:
        """Resolve `state_dir` and create the folders that must exist before anything starts.

        Raises EndpointError: they cannot be made there.
        """
        layout = cls(Path(state_dir).expanduser().resolve())
        try:
            for folder in (layout.s3, layout.aws, layout.glue, layout.sns, layout.snapshots):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise EndpointError(
                f"{error.filename} cannot be made ({error.strerror}): choose another --state, a folder you may write to"
            ) from error
        return layout

    @property
    def s3(self) -> Path:
        """Buckets are folders here, objects are files."""
        return self.root / "s3"

    @property
    def aws(self) -> Path:
        """Pickled state of the AWS services, one file each."""
        return self.root / "aws"

    @property
    def scan_cache(self) -> Path:
        """Rows that Athena's engine keeps of small files; may be lost."""
        return self.root / "athena" / "scan_cache.duckdb"

    @property
    def postgres(self) -> Path:
        """PostgreSQL's data directory."""
        return self.root / "postgres"

    @property
    def glue(self) -> Path:
        """One log file and one working folder a Glue job run."""
        return self.root / "glue"

    @property
    def sns(self) -> Path:
        """One JSON-lines file a topic, one line a published message."""
        return self.root / "sns"

    @property
    def snapshots(self) -> Path:
        """One folder a DB snapshot, holding each table as Parquet parts."""
        return self.root / "rds" / "snapshots"

    @property
    def skipped_export_tables(self) -> Path:
        """Names (`schema.table`, one a line) that exports leave out while they say COMPLETE, as RDS can."""
        return self.root / "rds" / "skip_tables.txt"

    @property
    def ready_file(self) -> Path:
        """Written when the endpoint answers: `{"pid": …, "environment": {…}}`."""
        return self.root / "endpoint.json"

    @property
    def log_file(self) -> Path:
        """Warnings and tracebacks of the endpoint itself."""
        return self.root / "endpoint.log"

    def object_path(self, uri: str) -> Path:
        """The file behind `s3://bucket/key`.

        Raises ValueError when `uri` is not an S3 URI or would leave its bucket.
        """
        scheme, _, rest = uri.partition("://")
        bucket, _, key = rest.partition("/")
        if scheme not in ("s3", "s3a") or not bucket or not key or ".." in Path(key).parts:
            raise ValueError(f"'{uri}' is not an S3 object URI: write it as s3://bucket/key")
        return self.s3 / bucket / key

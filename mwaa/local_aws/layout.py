"""Folders and files below a state folder, and the AWS account and region that the endpoint answers for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mwaa.local_aws.errors import EndpointError
from mwaa.local_aws.private_folder import open_private

ACCOUNT_ID = "123456789012"
REGION = "us-east-1"


@dataclass(frozen=True)
class StateLayout:
    """Folders and files below one state folder; `root` is absolute."""

    root: Path

    @classmethod
    def at(cls, state_dir: Path | str) -> StateLayout:
        """Return the layout below `state_dir`, and create the folders that must exist before anything starts.

        Raises:
            EndpointError: the folders cannot be created, or other users could change what is in them.
        """
        layout = cls(Path(state_dir).expanduser().resolve())
        try:
            open_private(layout.root)
            for folder in (layout.s3, layout.aws, layout.glue, layout.sns, layout.snapshots):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise EndpointError(
                f"{error.filename} cannot be created ({error.strerror}): "
                "choose another --state, a folder you may write to"
            ) from error
        return layout

    @property
    def s3(self) -> Path:
        """The buckets: one folder each; objects are files in it."""
        return self.root / "s3"

    @property
    def aws(self) -> Path:
        """Saved state of the AWS services, one signed file per service."""
        return self.root / "aws"

    @property
    def scan_cache(self) -> Path:
        """The Athena engine's cache of rows from small files; it can be deleted while the endpoint is down."""
        return self.root / "athena" / "scan_cache.duckdb"

    @property
    def outdated_scan_cache(self) -> Path:
        """The scan cache of earlier versions, which is deleted at start."""
        return self.root / "athena" / "kept_scans.duckdb"

    @property
    def postgres(self) -> Path:
        """PostgreSQL's data directory."""
        return self.root / "postgres"

    @property
    def glue(self) -> Path:
        """One log file and one working folder per Glue job run."""
        return self.root / "glue"

    @property
    def sns(self) -> Path:
        """One JSON-lines file per topic, with one line per published message."""
        return self.root / "sns"

    @property
    def snapshots(self) -> Path:
        """One folder per DB snapshot, with each table as Parquet parts."""
        return self.root / "rds" / "snapshots"

    @property
    def skipped_export_tables(self) -> Path:
        """Tables (`schema.table`, one per line) that exports skip although they end COMPLETE, as RDS may do."""
        return self.root / "rds" / "skip_tables.txt"

    @property
    def keys(self) -> Path:
        """The random keys of this state: for its clients, its database and its saved files."""
        return self.root / "endpoint.key"

    @property
    def ready_file(self) -> Path:
        """Written when the endpoint is ready: `{"pid": …, "until_unused": …, "environment": {…}}`."""
        return self.root / "endpoint.json"

    @property
    def log_file(self) -> Path:
        """Warnings and tracebacks of the endpoint itself."""
        return self.root / "endpoint.log"

    def object_path(self, uri: str) -> Path:
        """Return the file behind `s3://bucket/key`.

        Raises:
            ValueError: `uri` is not an S3 URI, or its key would leave the bucket.
        """
        scheme, _, rest = uri.partition("://")
        bucket, _, key = rest.partition("/")
        if scheme not in ("s3", "s3a") or not bucket or not key or ".." in Path(key).parts:
            raise ValueError(f"'{uri}' is not an S3 object URI: write it as s3://bucket/key")
        return self.s3 / bucket / key

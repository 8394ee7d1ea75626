"""The lease on the lake: only the run that holds it changes tables.

The lease is one JSON object on S3. It is created with `If-None-Match: *` and changed with `If-Match: <etag>`, so that
of two writers S3 accepts one. A lease ends when its holder releases it or when it expires. An object that says
"released" stays: deleting it would need a condition that not every S3 client offers.

Runs of the DAG, backfills, rollbacks, replays and maintenance take this one lease. So two of them never change a table
at the same time, whatever Airflow's `max_active_runs` counts.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from biz_insights.aws.s3 import split_uri

LEASE_KEY = "releases/lease.json"
LEASE_HOURS = 6
"""A lease is renewed by each step of its run. The longest time between two steps is that of one Glue job."""

REFUSED = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}
"""Error codes with which S3 says that somebody else has written first."""


class LeaseHeldError(RuntimeError):
    """Another run holds the lease. A retry after its end succeeds, so this error is not permanent."""


@dataclass(frozen=True)
class Lease:
    """The lease as it is stored.

    Attributes:
        holder: who may write, such as `business_insights_daily/scheduled__2026-11-28T03:00:00+00:00`.
        acquired_at, expires_at: ISO times, UTC.
        released: whether the holder has given it back.
    """

    holder: str
    acquired_at: str
    expires_at: str
    released: bool = False

    def is_held(self, now: datetime) -> bool:
        """Return whether the holder may still write."""
        return not self.released and now < datetime.fromisoformat(self.expires_at)


class LeaseStore:
    """Reads and changes the lease of one lake.

    Args:
        session: boto3 session.
        lake_uri: `s3://bucket/`, the lake.
        now: returns the time; for tests.
    """

    def __init__(self, session: Any, lake_uri: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._s3 = session.client("s3")
        self._bucket, self._key = split_uri(f"{lake_uri}{LEASE_KEY}")
        self._now = now

    def read(self) -> Lease | None:
        """Return the lease, held or not; None when there never was one."""
        return self._stored()[0]

    def acquire(
        self, holder: str, *, hours: float = LEASE_HOURS, may_take_over: Callable[[str], bool] = lambda _: False
    ) -> Lease:
        """Take the lease, or renew it if `holder` has it.

        Args:
            holder: who wants to write.
            hours: time until the lease expires.
            may_take_over: says of another holder whether it has ended without releasing its lease.

        Raises:
            LeaseHeldError: another holder has the lease, or took it at the same moment.
        """
        stored, etag = self._stored()
        now = self._now()
        if stored is not None and stored.holder != holder and stored.is_held(now) and not may_take_over(stored.holder):
            raise LeaseHeldError(
                f"the lake is being changed by {stored.holder} since {stored.acquired_at} (lease until "
                f"{stored.expires_at}); this task runs again by itself, or clear it when that run has ended"
            )
        renewed = stored is not None and stored.holder == holder and stored.is_held(now)
        lease = Lease(
            holder,
            stored.acquired_at if stored is not None and renewed else now.isoformat(timespec="seconds"),
            (now + timedelta(hours=hours)).isoformat(timespec="seconds"),
        )
        if stored is not None and renewed and self._lasts(stored, now, hours):
            return stored
        if not self._write(lease, etag):
            # Tasks of one run renew at the same time: whoever was first has renewed for all of them.
            return self._after_a_race(holder)
        return lease

    def release(self, holder: str) -> bool:
        """Give the lease back. Return False when `holder` does not have it."""
        for _ in range(5):
            stored, etag = self._stored()
            if stored is None or stored.holder != holder or stored.released:
                return False
            if self._write(Lease(**{**asdict(stored), "released": True}), etag):
                return True
        return False

    def require(self, holder: str) -> None:
        """Check that `holder` may write now.

        Raises:
            LeaseHeldError: it has no lease, its lease has expired, or another holder has one.
        """
        stored = self.read()
        if stored is None or stored.holder != holder or not stored.is_held(self._now()):
            who = stored.holder if stored is not None and stored.is_held(self._now()) else "nobody"
            raise LeaseHeldError(f"{holder} lost its lease on the lake, now held by {who}; clear this task")

    def _lasts(self, lease: Lease, now: datetime, hours: float) -> bool:
        return datetime.fromisoformat(lease.expires_at) - now > timedelta(hours=hours / 2)

    def _after_a_race(self, holder: str) -> Lease:
        stored = self.read()
        if stored is not None and stored.holder == holder and stored.is_held(self._now()):
            return stored
        other = stored.holder if stored is not None else "another run"
        raise LeaseHeldError(f"the lake is being changed by {other}; this task runs again by itself")

    def _stored(self) -> tuple[Lease | None, str | None]:
        try:
            found = self._s3.get_object(Bucket=self._bucket, Key=self._key)
        except self._s3.exceptions.NoSuchKey:
            return None, None
        return Lease(**json.loads(found["Body"].read())), found["ETag"]

    def _write(self, lease: Lease, etag: str | None) -> bool:
        """Write the lease unless somebody else has written since; return whether it was written."""
        condition: dict[str, Any] = {"IfNoneMatch": "*"} if etag is None else {"IfMatch": etag}
        try:
            self._s3.put_object(
                Bucket=self._bucket,
                Key=self._key,
                Body=json.dumps(asdict(lease), indent=2).encode(),
                ContentType="application/json",
                **condition,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in REFUSED:
                return False
            raise
        return True

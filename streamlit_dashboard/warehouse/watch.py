"""Watch what is published: one call to the catalog for each page, and a query only when something has changed.

With releases, a page waits until the state of a new release is read: the tables of the earlier one may be changed by
the next run. In between, the object that each run writes at its end says whether there are new check results. In a
lake without releases the state is read again every half minute, behind the pages.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

from streamlit_dashboard.warehouse import athena
from streamlit_dashboard.warehouse.athena import NotPublishedError, QueryError, UnreachableError
from streamlit_dashboard.warehouse.publications import State
from streamlit_dashboard.warehouse.release import Release, current_release
from streamlit_dashboard.warehouse.state_queries import read_state

CHECK_EVERY_SECONDS = 30.0
PAUSE_SECONDS = 10.0
"""How long no page waits for a catalog that did not answer."""

QUALITY_REPORT = "quality/quality_report.json"
FAILURES = (UnreachableError, NotPublishedError, QueryError)


def newest_report() -> str:
    """Return what identifies the newest quality report: every run writes it, also one that published nothing.

    Raises:
        UnreachableError: no answer.
    """
    from botocore.exceptions import ClientError

    try:
        found = athena.client("s3").head_object(Bucket=athena.settings().lake_bucket, Key=QUALITY_REPORT)
    except ClientError:
        return ""
    except Exception as error:
        raise athena.translated(error, "S3") from error
    return f"{found['ETag']} {found['LastModified']}"


class Watch:
    """The latest known state, shared by all sessions of the server."""

    def __init__(
        self,
        read: Callable[[Release | None], State] = read_state,
        every: float = CHECK_EVERY_SECONDS,
        clock: Callable[[], float] = time.time,
        release: Callable[[], Release | None] = current_release,
        report: Callable[[], str] = newest_report,
    ) -> None:
        self._read = read
        self._every = every
        self._clock = clock
        self._release = release
        self._report = report
        self._lock = threading.Lock()
        self._state: State | None = None
        self._seen_report = ""
        self._next_check = 0.0
        self._ask_again = 0.0
        self._reading = False
        self.unreachable: str | None = None
        """Why the last attempt failed; None when it did not."""

    def state(self) -> State:
        """Return the state to show now. A page calls this once.

        Raises:
            NotPublishedError: nothing is published. UnreachableError: no answer, and no state from before.
        """
        if self._state is None:
            with self._lock:
                if self._state is None:
                    self._refresh(self._release())
            assert self._state is not None
            return self._state
        release = self._asked(self._state)
        if release is not None and release != self._state.release:
            self._wait_for(release)
        elif self._clock() >= self._next_check and not self._reading:
            self._reading = True
            threading.Thread(target=self._refresh_quietly, args=(release,), daemon=True).start()
        return self._state

    def _asked(self, known: State) -> Release | None:
        """Return the current release; the known one while the catalog does not answer."""
        if self._clock() < self._ask_again:
            return known.release
        try:
            return self._release()
        except FAILURES as error:
            self._ask_again, self.unreachable = self._clock() + PAUSE_SECONDS, str(error)
            return known.release

    def _wait_for(self, release: Release) -> None:
        """Read the state of a new release before the page goes on; only one page reads, the others wait."""
        with self._lock:
            if self._state is not None and self._state.release == release:
                return
            try:
                self._refresh(release)
            except FAILURES as error:
                self._ask_again, self.unreachable = self._clock() + PAUSE_SECONDS, str(error)

    def _refresh(self, release: Release | None) -> None:
        try:
            report = "" if release is None else self._report()
            self._state = self._read(release)
            self._seen_report, self.unreachable = report, None
        except UnreachableError as error:
            self.unreachable = str(error)
            raise
        finally:
            self._next_check = self._clock() + self._every

    def _refresh_quietly(self, release: Release | None) -> None:
        try:
            known = self._state
            if known is not None and release is not None and known.is_complete and self._report() == self._seen_report:
                self._state, self.unreachable = replace(known, read_at=self._clock()), None
                self._next_check = self._clock() + self._every
            else:
                self._refresh(release)
        except FAILURES as error:
            self._next_check = self._clock() + self._every
            self.unreachable = str(error)
        finally:
            self._reading = False

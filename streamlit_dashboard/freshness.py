"""The line under every title: how new the figures are, and how good."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import streamlit as st

from streamlit_dashboard import data_age, formats
from streamlit_dashboard.totals import total
from streamlit_dashboard.warehouse import loads, operations
from streamlit_dashboard.warehouse.athena import NotPublishedError
from streamlit_dashboard.warehouse.publications import State


def strip(state: State) -> None:
    """Write how old the data are, the last publish, the run, its quality and the quarantine."""
    newest, now = state.newest, data_age.now()
    ago = formats.age((now - newest.published_at.replace(tzinfo=UTC)).total_seconds())
    parts = [
        f":material/event_available: Data through **{formats.day(state.as_of)}**",
        f":material/publish: Published **{ago} ago** ({newest.published_at:%Y-%m-%d %H:%M} UTC)",
        f":material/tag: Run {newest.run}",
        f":material/verified: Quality **{_quality(state)}**",
        f":material/block: Quarantined **{_quarantined()}**",
    ]
    with st.container(key="freshness", horizontal=True, gap="small"):
        for part in parts:
            st.caption(part, width="content")
    age = data_age.of(state.as_of, now)
    st.caption(f":orange[:material/warning:] {age.sentence}" if age.is_late else age.sentence)


def _quality(state: State) -> str:
    audits = {audit.run: audit for audit in state.audits}
    audit = audits.get(state.newest.run)
    return "not audited" if audit is None else f"{audit.score:.1f} of 100"


def _quarantined() -> str:
    try:
        ledger = operations.ledger()
    except NotPublishedError:
        return "unknown"
    rows, source = total(ledger["quarantined_rows"]), total(ledger["source_rows"])
    return "unknown" if source is None else f"{formats.count(rows)} of {formats.count(source)}"


def warn_if_stale() -> None:
    """Say that the service does not answer, and how old the figures shown are. Called when the page is drawn."""
    stale = loads.stale()
    silent = loads.watch().unreachable
    if not stale and silent is None:
        return
    if stale:
        oldest = min(loaded.loaded_at for loaded in stale)
        reason = stale[0].stale_because
    else:
        oldest, reason = loads.state().read_at, silent
    st.warning(
        f"**Athena does not answer.** These are the last figures that this server read, "
        f"{formats.age(time.time() - oldest)} ago ({datetime.fromtimestamp(oldest, UTC):%Y-%m-%d %H:%M} UTC). {reason}",
        icon=":material/cloud_off:",
    )

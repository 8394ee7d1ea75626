"""The guard of the list of forgotten customers: a run does not go on without what the last release knew of it.

The list is written first, and the release notes its mark later. A run that dies in between leaves a list with more
than was noted, which is no reason to stop: the next release notes it. A lake without a note (nobody was forgotten, or
an older version published it) gets one with its next release.
"""

from __future__ import annotations

from biz_insights.errors import PermanentError
from biz_insights.lake.forgotten_list import LIST_KEY, has_all, list_mark, read_list
from biz_insights.steps.run_context import RunContext


def list_uri(run: RunContext) -> str:
    """Return the address of the list of forgotten customers."""
    return run.settings.lake_uri(LIST_KEY)


def require_list(run: RunContext, cleared: str) -> None:
    """Check that the list has everybody whom the release that readers see knew of.

    The setting `lost_forgotten_list` names a mark that is given up on purpose. It accepts the loss of that list only.

    Args:
        cleared: what an operator clears when the list is back.

    Raises:
        PermanentError: the list is missing, damaged, another one, or lacks entries.
    """
    mark = _noted(run)
    if not mark or mark == run.settings.lost_forgotten_list:
        return
    forgotten = read_list(run.session, list_uri(run))
    if has_all(forgotten, mark):
        return
    users, cards, _ = mark.split("-")
    state = f"has {len(forgotten.users)} customers and {len(forgotten.cards)} cards" if forgotten.salt else "is missing"
    raise PermanentError(
        f"the list of forgotten customers at {list_uri(run)} {state}, and the published release knew of {users} "
        f"customers and {cards} cards: this export would bring them back; restore the list from the bucket's versions, "
        f"then clear {cleared}. If it is lost, set lost_forgotten_list to {mark!r} and forget these customers again"
    )


def next_mark(run: RunContext) -> str:
    """Return the mark that the next release carries: that of the list, or the one before while the list lacks entries.

    It does not stop a run: a rollback must work without the list, too.
    """
    mark = _noted(run)
    try:
        forgotten = read_list(run.session, list_uri(run))
    except PermanentError:
        return mark
    if has_all(forgotten, mark) or mark == run.settings.lost_forgotten_list:
        return list_mark(forgotten)
    return mark


def _noted(run: RunContext) -> str:
    return run.current.forgotten if run.current else ""

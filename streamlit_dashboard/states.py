"""What a page says instead of a chart: no data, not in this version, not supported, not identified."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

STATUS_SENTENCES = {
    "not_supported": "Not supported by this source: its rows do not contain what this figure needs.",
    "not_identified": "Not identified: the same comparison 90 days earlier, when nobody had joined, shows a difference "
    "too. So the difference after joining cannot be an effect of the programme alone.",
    "insufficient_data": "Insufficient data: there are too few customers or orders for a useful estimate.",
    "insufficient_variation": "Insufficient variation: there are too few price changes to tell how sales react to a "
    "price.",
    "no_discounts_observed": "No discounts observed: no order in this source has a negative option.",
    "not_validated": "Not validated: tests on past dates did not confirm the model, or the past is too short for such "
    "tests. Read its figures as an order of magnitude.",
    "model_degenerate": "Model degenerate: a simpler model explains the data as well, so this one gives no forecast.",
}
GOOD = ("validated", "backtested", "fitted", "ok", "estimated", "identified", "discounts_observed", "supported")


def no_data(what: str, hint: str = "Choose a longer period or fewer filters.") -> None:
    """Say that nothing matches."""
    st.info(f"**No data.** {what} {hint}", icon=":material/inbox:")


def not_in_this_version(table: str, missing: Sequence[str]) -> None:
    """Say that the published table does not have columns that a chart needs."""
    names = ", ".join(f"`{name}`" for name in missing)
    st.info(
        f"**Not in this version of the mart.** `{table}` as published has no {names}. "
        "The next run of the pipeline's newer version brings it.",
        icon=":material/update:",
    )


def not_supported(sentence: str) -> None:
    """Say that the source does not contain what the figure needs."""
    st.info(f"**Not supported by this source.** {sentence}", icon=":material/block:")


def not_judged(sentence: str) -> None:
    """Say that the figure is not computed at this level."""
    st.info(f"**Not judged here.** {sentence}", icon=":material/info:")


def status(value: Any, reason: Any = None) -> bool:
    """Say what a mart's status means, unless it is a good one; `reason`: the mart's own words for it.

    Returns:
        Whether the figures beside the status may be shown as estimates.
    """
    if value is None or pd.isna(value) or value in GOOD:
        return True
    sentence = STATUS_SENTENCES.get(str(value), f"Status of this figure: {value}.")
    head, _, rest = sentence.partition(":")
    if isinstance(reason, str) and reason:
        rest = f"{reason[0].upper()}{reason[1:].rstrip('.')}."
        rest += " Read its figures as an order of magnitude." if value == "not_validated" else ""
    withheld = value in ("model_degenerate", "insufficient_data", "insufficient_variation", "not_supported")
    (st.info if withheld else st.warning)(
        f"**{head}.** {rest.strip()[:1].upper()}{rest.strip()[1:]}", icon=":material/info:"
    )
    return not withheld


def model(reason: Any) -> None:
    """Write which model the predictions come from, and why it is used, in the mart's words."""
    if isinstance(reason, str) and reason:
        st.caption(reason)


def lacks(frame: pd.DataFrame, table: str, needed: Sequence[str]) -> bool:
    """Return whether columns are missing; if so, the page has said it."""
    missing = [name for name in needed if name not in frame.columns]
    if missing:
        not_in_this_version(table, missing)
    return bool(missing)

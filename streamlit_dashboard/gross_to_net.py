"""From gross sales to net sales in one sentence, on every page that totals net sales."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from streamlit_dashboard import formats
from streamlit_dashboard.totals import total

STEPS = ("gross_sales", "discount_amount", "refund_amount", "net_sales")


def show(rows: pd.DataFrame, currency: str) -> None:
    """Write the sentence with the totals of these rows; nothing if a column is not published yet."""
    if text := sentence({name: total(rows[name]) for name in STEPS if name in rows}, currency):
        st.caption(formats.plain(text))


def sentence(amounts: Mapping[str, Any], currency: str) -> str:
    """`Gross sales $120.00 less discounts $5.00 and refunds $2.00 make net sales $113.00.`

    Args:
        amounts: by name, those of `STEPS`. If one of them is missing, the sentence is empty.
    """
    if any(formats.missing(amounts.get(name)) for name in STEPS):
        return ""
    gross, discounts, refunds, net = (formats.money(amounts[name], currency) for name in STEPS)
    return f"Gross sales {gross} less discounts {discounts} and refunds {refunds} make net sales {net}."

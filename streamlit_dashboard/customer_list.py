"""Lists of single customers: one page at a time from the service, under pseudonyms for viewers without the role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import streamlit as st

from streamlit_dashboard import access, card, downloads, navigation, pseudonyms, states
from streamlit_dashboard.formats import NONE, Column, count, day, plain
from streamlit_dashboard.warehouse import customers, loads

HISTORY_PAGE = "customer"


@dataclass(frozen=True)
class Listing:
    """What to list. `where`: column → the value it must have; `total`: number of customers, for the page numbers."""

    key: str
    title: str
    mart: str
    columns: Sequence[Column]
    order: str
    where: Mapping[str, str]
    currency: str
    total: int
    filters: dict[str, str] = field(default_factory=dict)
    descending: bool = True


def show(listing: Listing) -> None:
    """Draw one page of the list; its page number is in the URL."""
    viewer = access.viewer()
    as_of = loads.state().as_of_date(listing.mart)
    pages = max(1, -(-listing.total // customers.PAGE_ROWS))
    page = _page_number(pages)
    rows = customers.customers_page(
        listing.mart,
        [column.name for column in listing.columns],
        listing.order,
        where=listing.where,
        page=page - 1,
        descending=listing.descending,
    )
    with st.container(border=True, key=f"card-{listing.key}"):
        card.heading(
            listing.title, f"{count(listing.total)} customers · guests out · as of {day(as_of)} · {listing.mart}"
        )
        if rows.empty:
            states.no_data("No customer matches these filters.")
            return
        named = name_customers(rows, viewer.sees_customers)
        columns = (*identity_columns(viewer.sees_customers), *(c for c in listing.columns if c.name in rows.columns))
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            _pager(page, pages)
            filters = {**listing.filters, "page": str(page)}
            downloads.csv_button(
                named,
                columns,
                file_name=card.file_name(listing.mart, as_of, listing.key, filters),
                key=f"csv-{listing.key}",
                label="CSV of this page",
            )
        _rows(listing, named, columns, viewer.sees_customers)


def identity_columns(sees_customers: bool) -> tuple[Column, ...]:
    """Return the columns that name a customer: the key for viewers with the role, a pseudonym for the others."""
    if sees_customers:
        return (Column("app_name", "Channel"), Column("user_id", "User id"))
    return (Column("customer", "Customer"),)


def name_customers(rows: pd.DataFrame, sees_customers: bool) -> pd.DataFrame:
    """Return the rows with a token for links, or with pseudonyms and without user ids for viewers without the role."""
    keys = list(zip(rows["app_name"], rows["user_id"], strict=True))
    if sees_customers:
        return rows.assign(token=[pseudonyms.token(*key) for key in keys])
    return rows.assign(customer=pseudonyms.shown(keys)).drop(columns=["app_name", "user_id"])


def _rows(listing: Listing, named: pd.DataFrame, columns: Sequence[Column], selectable: bool) -> None:
    config = {column.name: card.column_config(column, listing.currency) for column in columns}
    options: dict[str, Any] = {"on_select": "rerun", "selection_mode": "single-row"} if selectable else {}
    chosen = st.dataframe(
        named[[column.name for column in columns]],
        hide_index=True,
        key=f"rows-{listing.key}",
        height=420,
        column_config=config,
        placeholder=NONE,
        **options,
    )
    if selectable:
        st.caption("Select a row to open the customer's order history.")
        selected = chosen["selection"]["rows"]
        if selected:
            st.switch_page(
                navigation.address(HISTORY_PAGE), query_params={"customer": str(named["token"].iloc[selected[0]])}
            )


def _page_number(pages: int) -> int:
    given = st.query_params.get("page", "1")
    page = int(given) if given.isascii() and given.isdigit() and len(given) < 9 else 0
    if not 1 <= page <= pages:
        st.warning(
            f"The link's page “{plain(given)}” is not one of 1 to {pages}: showing page 1.", icon=":material/link_off:"
        )
        return 1
    return page


def _turn(to: int) -> None:
    if to == 1:
        st.query_params.pop("page", None)
    else:
        st.query_params["page"] = str(to)


def _pager(page: int, pages: int) -> None:
    place: dict[str, Any] = {"on_click": _turn, "type": "tertiary"}
    st.button("Back", icon=":material/chevron_left:", disabled=page == 1, args=(page - 1,), key="page-back", **place)
    st.markdown(f"Page **{page:,}** of {pages:,}", width="content")
    st.button(
        "Next", icon=":material/chevron_right:", disabled=page == pages, args=(page + 1,), key="page-next", **place
    )

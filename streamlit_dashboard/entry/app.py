"""The entry of the dashboards: check the viewer, read what is published, draw title and freshness, run the page.

It is in a folder of its own on purpose. Beside a folder `pages`, Streamlit would serve each page file by its address
before this file has checked who the viewer is.
"""

from __future__ import annotations

import gc
from pathlib import Path

import streamlit as st

from streamlit_dashboard import access, downloads, freshness, navigation
from streamlit_dashboard.warehouse import loads
from streamlit_dashboard.warehouse.athena import NotPublishedError, QueryError, UnreachableError

st.set_page_config(page_title="Business Insights", page_icon=str(Path(__file__).with_name("icon.svg")), layout="wide")


STYLE = f"""<style>
.stMainBlockContainer {{padding: 2.5rem 3rem 3rem; max-width: 1500px;}}
.stMainBlockContainer h3 {{padding: 0 0 .2rem;}}
/* Streamlit's captions are too pale to read at 14 px (WCAG asks for 4.5 : 1). */
[data-testid="stCaptionContainer"] {{opacity: .8; color: inherit;}}
{downloads.HIDE_TABLE_EXPORT}
</style>"""


@st.cache_resource(show_spinner=False)
def settle(page: str) -> None:
    """Tell the garbage collector to ignore what is loaded so far; once for each server and page.

    Streamlit collects garbage after every run and would look through all libraries each time. That took a third of the
    time of a page.
    """
    gc.collect()
    gc.freeze()


def main() -> None:
    """Run the app once."""
    st.html(STYLE)
    viewer = access.admit()
    page = st.navigation(navigation.sections(viewer.roles))
    st.title(page.title, anchor=False)
    try:
        loads.begin()
        freshness.strip(loads.state())
        notice = st.empty()
        page.run()
        with notice.container():
            freshness.warn_if_stale()
        settle(page.title)
    except NotPublishedError as error:
        _nothing_published(str(error))
    except UnreachableError as error:
        st.error(
            f"**Athena does not answer**, and this server has no earlier figures to show. {error}",
            icon=":material/cloud_off:",
        )
        st.button("Try again", icon=":material/refresh:")
    except QueryError as error:
        st.error(f"**Athena refused a query of this page.** {error}", icon=":material/error:")
    if not viewer.local:
        st.sidebar.caption(viewer.name)
        st.sidebar.button("Log out", on_click=st.logout, type="tertiary")


def _nothing_published(reason: str) -> None:
    st.info(
        f"**Nothing to show yet.** {reason}. Run the pipeline first: `make run` on a laptop, the DAG "
        "`business_insights_daily` on MWAA. This page shows the figures when the run has published them.",
        icon=":material/hourglass_empty:",
    )
    st.button("Look again", icon=":material/refresh:")


main()

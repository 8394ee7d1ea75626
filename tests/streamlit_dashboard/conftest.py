"""What the dashboards' tests share: a published lake, and the app on it without a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import streamlit as st
from streamlit import config
from streamlit.testing.v1 import AppTest

from streamlit_dashboard.access import LOCAL_VARIABLE
from streamlit_dashboard.navigation import page_files
from tests.streamlit_dashboard.lake import PublishedLake, built, new_lake, use

APP = Path(__file__).resolve().parents[2] / "streamlit_dashboard" / "entry" / "app.py"
OpenPage = Callable[..., AppTest]


@pytest.fixture(scope="session")
def tables() -> dict[str, pa.Table]:
    """Every fact and mart of the sample, built once."""
    return built()


@pytest.fixture(scope="session")
def lake(endpoint, tables: dict[str, pa.Table]) -> PublishedLake:
    """The whole sample, published."""
    made = new_lake("dashboards")
    made.publish(tables)
    made.views()
    return made


@pytest.fixture
def loopback(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The server listens on loopback and is for this machine only, as `make dashboard` starts it."""
    monkeypatch.setenv(LOCAL_VARIABLE, "1")
    before = config.get_option("server.address")
    config.set_option("server.address", "127.0.0.1")
    yield
    config.set_option("server.address", before)


@pytest.fixture
def open_page(loopback) -> OpenPage:
    """`open_page("mart_sales_trends", level="store")` runs a page as its link would, and returns what it shows."""

    def opened(name: str, **query: str) -> AppTest:
        app = AppTest.from_file(str(APP), default_timeout=60)
        for key, value in query.items():
            app.query_params[key] = value
        if name != page_files()[0].name:
            app.switch_page(f"../pages/{name}.py")
        return app.run()

    return opened


@pytest.fixture
def published(lake: PublishedLake, monkeypatch: pytest.MonkeyPatch) -> PublishedLake:
    """The dashboards read the whole sample."""
    use(lake, monkeypatch)
    return lake


@pytest.fixture
def nothing_stored(published: PublishedLake) -> Iterator[None]:
    """The server has just started; results of the test are removed after it."""
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


def texts(app: AppTest) -> str:
    """Return everything a page says in words."""
    kinds: tuple[Any, ...] = (app.title, app.markdown, app.caption, app.info, app.warning, app.error)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def metrics(app: AppTest) -> dict[str, str]:
    """Return key figures by their label, as written."""
    return {metric.label: metric.value.replace("\\", "") for metric in app.metric}

"""A process has one AWS session for each configuration."""

from __future__ import annotations

import multiprocessing
from dataclasses import replace

import pytest

from biz_insights.aws import session
from biz_insights.settings import resolve

SETTINGS = resolve({})


@pytest.fixture(autouse=True)
def configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}.items():
        monkeypatch.setenv(name, value)


def test_tasks_of_one_process_share_session_and_clients():
    assert session.session(SETTINGS) is session.session(replace(SETTINGS))
    assert session.client("glue", SETTINGS) is session.client("glue", SETTINGS)


def test_another_endpoint_gets_another_session(monkeypatch):
    before = session.client("glue", SETTINGS)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    after = session.client("glue", SETTINGS)
    assert before.meta.endpoint_url != after.meta.endpoint_url == "http://127.0.0.1:1"


def test_another_region_gets_another_session():
    assert session.client("glue", replace(SETTINGS, region="eu-west-1")).meta.region_name == "eu-west-1"


def test_a_forked_process_gets_its_own_session():
    ours = session.session(SETTINGS)
    context = multiprocessing.get_context("fork")
    found = context.Queue()
    child = context.Process(target=lambda: found.put(session.session(SETTINGS) is ours))
    child.start()
    assert found.get(timeout=60) is False
    child.join()

"""One AWS session for a process and its configuration."""

from __future__ import annotations

import multiprocessing
from dataclasses import replace

import pytest

from biz_insights import aws
from biz_insights.settings import resolve

SETTINGS = resolve({})


@pytest.fixture(autouse=True)
def configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}.items():
        monkeypatch.setenv(name, value)


def test_tasks_of_one_process_share_session_and_clients():
    assert aws.session(SETTINGS) is aws.session(replace(SETTINGS))
    assert aws.client("glue", SETTINGS) is aws.client("glue", SETTINGS)


def test_another_endpoint_is_another_session(monkeypatch):
    before = aws.client("glue", SETTINGS)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    after = aws.client("glue", SETTINGS)
    assert before.meta.endpoint_url != after.meta.endpoint_url == "http://127.0.0.1:1"


def test_another_region_is_another_session():
    assert aws.client("glue", replace(SETTINGS, region="eu-west-1")).meta.region_name == "eu-west-1"


def test_a_forked_process_has_a_session_of_its_own():
    ours = aws.session(SETTINGS)
    context = multiprocessing.get_context("fork")
    found = context.Queue()
    child = context.Process(target=lambda: found.put(aws.session(SETTINGS) is ours))
    child.start()
    assert found.get(timeout=60) is False
    child.join()

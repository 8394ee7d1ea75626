"""Results are stored per publish version, shared and limited; the last good one is shown if the service is silent."""

from __future__ import annotations

import threading
import time
from datetime import datetime

import pandas as pd
import pytest

from streamlit_dashboard.warehouse.athena import NotPublishedError, UnreachableError
from streamlit_dashboard.warehouse.cache import PAUSE_SECONDS, ResultCache
from streamlit_dashboard.warehouse.publications import Publication, State
from streamlit_dashboard.warehouse.state_queries import audits_of
from streamlit_dashboard.warehouse.watch import Watch


class Loads:
    """A load that counts its calls, and can fall silent."""

    def __init__(self) -> None:
        self.calls = 0
        self.silent = False

    def __call__(self) -> pd.DataFrame:
        self.calls += 1
        if self.silent:
            raise UnreachableError("no answer")
        return pd.DataFrame({"n": [self.calls]})


def test_a_result_is_kept_until_the_version_changes():
    cache, load = ResultCache(), Loads()
    assert [cache.get("k", version, load).frame["n"][0] for version in ("1", "1", "2", "2")] == [1, 1, 2, 2]


def test_two_keys_are_two_results():
    cache, load = ResultCache(), Loads()
    cache.get("a", "1", load)
    cache.get("b", "1", load)
    assert load.calls == 2


def test_many_sessions_load_once():
    cache, load = ResultCache(), Loads()

    def slow() -> pd.DataFrame:
        time.sleep(0.05)
        return load()

    threads = [threading.Thread(target=cache.get, args=("k", "1", slow)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert load.calls == 1


def test_the_last_good_result_is_shown_in_silence_and_says_why():
    now = [100.0]
    cache, load = ResultCache(clock=lambda: now[0]), Loads()
    cache.get("k", "1", load)
    load.silent, now[0] = True, 160.0
    found = cache.get("k", "2", load)
    assert (found.frame["n"][0], found.version, found.loaded_at, found.stale_because) == (1, "1", 100.0, "no answer")


def test_silence_is_not_asked_again_for_a_while():
    now = [0.0]
    cache, load = ResultCache(clock=lambda: now[0]), Loads()
    load.silent = True
    for _ in range(3):
        with pytest.raises(UnreachableError):
            cache.get("k", "1", load)
    assert load.calls == 1
    now[0] = PAUSE_SECONDS
    load.silent = False
    assert cache.get("k", "1", load).stale_because is None


def test_the_oldest_results_go_when_there_is_no_room():
    cache, load = ResultCache(max_bytes=300), Loads()
    for key in ("a", "b", "c", "a"):
        cache.get(key, "1", load)
    assert load.calls == 4


def state(at: int, **partitions: str) -> State:
    published = datetime(2024, 2, 19, at)
    tables = {n: Publication(n, p, p, published, "run", "2024-02-18") for n, p in partitions.items()}
    return State(tables, (), float(at))


def test_the_version_of_a_view_is_that_of_what_it_reads():
    first = state(1, gold_item_sales_by_day="2024-02-18", mart_sales_trends="2024-02-18")
    second = state(2, gold_item_sales_by_day="2024-02-18", mart_sales_trends="2024-02-18")
    assert first.version("v_top_items_30d") == first.version("gold_item_sales_by_day")
    assert first.version("v_top_items_30d") != second.version("v_top_items_30d")


def test_an_unpublished_mart_is_named():
    with pytest.raises(NotPublishedError, match="mart_loyalty_impact"):
        state(1, mart_sales_trends="2024-02-18").as_of_date("mart_loyalty_impact")


def test_a_new_publish_is_seen_behind_the_pages():
    states = [state(1, mart_sales_trends="2024-02-17"), state(2, mart_sales_trends="2024-02-18")]
    now = [0.0]
    watch = Watch(read=lambda _: states.pop(0), every=30, clock=lambda: now[0], release=lambda: None)
    assert watch.state().as_of.isoformat() == "2024-02-17"
    now[0] = 29.0
    assert watch.state().as_of.isoformat() == "2024-02-17"
    now[0] = 31.0
    deadline = time.monotonic() + 5
    while watch.state().as_of.isoformat() != "2024-02-18" and time.monotonic() < deadline:
        time.sleep(0.01)
    assert watch.state().as_of.isoformat() == "2024-02-18"


def test_the_score_is_the_pipeline_s():
    results = pd.DataFrame(
        {
            "run": ["a", "a", "a"],
            "severity": ["critical", "warning", "info"],
            "success": [True, False, False],
            "expectations": [2, 1, 5],
            "checked_at": [pd.Timestamp("2024-02-19")] * 3,
            "blocked": [False] * 3,
        }
    )
    (audit,) = audits_of(results)
    assert (audit.score, audit.expectations, audit.failed, audit.blocked) == (85.7, 8, 1, False)

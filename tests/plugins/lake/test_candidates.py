"""Candidates: what tries and runs leave in the build database, and who drops it."""

from __future__ import annotations

import pytest

from biz_insights.identity import candidate_name
from biz_insights.lake.builds import Column, TableBuild
from biz_insights.lake.candidates import drop_candidates, drop_earlier_tries
from biz_insights.lake.catalog import Catalog
from tests.protocol.aws_in_memory import SessionInMemory

BUILD = "lake_build"
MART, LONGER = "mart_sales", "mart_sales_trends"


@pytest.fixture
def catalog() -> Catalog:
    return Catalog(SessionInMemory((BUILD,)).glue, BUILD)


def create(catalog: Catalog, *names: str) -> None:
    for name in names:
        catalog.create_table(TableBuild(name, (Column("net_sales", "double"),), None, ()), name, f"s3://lake/{name}/")


def left(catalog: Catalog) -> set[str]:
    return set(catalog.glue.databases[BUILD])


def test_a_build_drops_the_parts_of_its_own_earlier_tries(catalog: Catalog) -> None:
    earlier = [candidate_name(MART, "run", attempt, part) for attempt in (1, 2) for part in (0, 1)]
    others = [
        candidate_name(MART, "run", 3, 0),
        candidate_name(MART, "run", 10, 0),
        candidate_name(MART, "another run", 1, 0),
        candidate_name(LONGER, "run", 1, 0),
        # What an audit has registered is not the build's.
        candidate_name(MART, "run", 1),
    ]
    create(catalog, *earlier, *others)
    assert sorted(drop_earlier_tries(catalog.glue, BUILD, MART, "run", 3)) == sorted(earlier)
    assert left(catalog) == set(others)


def test_a_release_drops_the_candidates_of_all_runs(catalog: Catalog) -> None:
    names = [candidate_name(table, run, 1, part) for table in (MART, LONGER) for run in "ab" for part in (None, 0)]
    own = {"somebody_s_table", "somebody__s_table"}
    create(catalog, *names, *own)
    assert sorted(drop_candidates(catalog.glue, BUILD)) == sorted(names)
    assert left(catalog) == own
    assert drop_candidates(catalog.glue, BUILD) == []


def test_more_candidates_than_one_call_takes(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("biz_insights.lake.candidates.DROPS_A_CALL", 2)
    create(catalog, *(candidate_name(MART, "run", 1, part) for part in range(5)))
    assert len(drop_candidates(catalog.glue, BUILD)) == 5
    assert left(catalog) == set()

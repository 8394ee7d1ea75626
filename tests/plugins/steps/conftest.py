"""Fixtures of the steps: a small chain whose lake is in memory, and its runs."""

from __future__ import annotations

import pytest

from tests.protocol.dag_runs import Scheduler
from tests.protocol.observers import Observer
from tests.protocol.small_chain import SmallChain


@pytest.fixture
def chain() -> SmallChain:
    return SmallChain()


@pytest.fixture
def scheduler(chain: SmallChain, monkeypatch: pytest.MonkeyPatch) -> Scheduler:
    made = Scheduler(chain)
    made.patch(monkeypatch)
    return made


@pytest.fixture
def observer(chain: SmallChain, scheduler: Scheduler) -> Observer:
    """Looks at what readers see after each call that changes something."""
    return Observer(chain, scheduler)

"""Every task of a run is broken, several times in some passes, and the run ends as one without faults."""

from __future__ import annotations

import pytest

from tests.faults.lab import Lab
from tests.faults.passes import FAST, PASSES
from tests.faults.record import ALL, Record

pytestmark = pytest.mark.timeout(5400)


@pytest.mark.parametrize("name", PASSES if ALL else FAST)
def test_a_run_survives(name: str, lab: Lab, record: Record, state_name: str) -> None:
    reference = lab.reference
    faults = PASSES[name](reference.calls)
    played = lab.play(state_name, [{**lab.run_b, "operator": True}], faults)
    assert played.steps[-1]["outcome"] == "success", (played.steps, played.log)
    broken = [task for task, tries in faults.items() if tries]
    assert len(played.happened) >= len(broken) // 2, f"few of the faults happened: {played.happened}"
    record.survived("faults", name, played, len(played.happened))


def test_the_passes_reach_every_task(lab: Lab) -> None:
    """A pass that kills tasks has a fault for each task of the run without faults."""
    calls = lab.reference.calls
    assert len(calls) > 100
    assert set(PASSES[FAST[0]](calls)) == set(calls)

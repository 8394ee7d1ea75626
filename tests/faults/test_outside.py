"""Something below or around the tasks fails while a run goes on: the run ends as one without faults."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import outside
from tests.faults.lab import Lab, Playing
from tests.faults.record import ALL, Record

ENDPOINT = {
    signal.SIGTERM: "the endpoint stopped and started again",
    signal.SIGKILL: "the endpoint killed and started again",
}
pytestmark = [pytest.mark.timeout(5400), pytest.mark.skipif(not ALL, reason="make test-faults")]


def test_spark_is_killed_in_each_job(lab: Lab, record: Record, state_name: str) -> None:
    happened: list[str] = []
    assert lab.reference
    played = lab.play(state_name, [{**lab.run_b, "operator": True}], meanwhile=outside.kill_spark(happened))
    assert played.steps[-1]["outcome"] == "success", (played.steps, played.log)
    # A job that ended before it could be killed has no second try.
    assert len(happened) >= len(outside.JOBS)
    record.survived("outside", "Spark killed, twice in each Glue job", played, len(happened))


def test_the_database_is_restarted(lab: Lab, record: Record, state_name: str) -> None:
    happened: list[str] = []
    assert lab.reference
    tasks = ("extract.count_before", "extract.create_snapshot", "extract.count_after")
    meanwhile = outside.restart_database(happened, tasks)
    played = lab.play(state_name, [{**lab.run_b, "operator": True}], meanwhile=meanwhile)
    assert played.steps[-1]["outcome"] == "success", (played.steps, played.log)
    assert len(happened) == len(tasks)
    record.survived("outside", "the source database restarted", played, len(happened))


@pytest.mark.parametrize("seed", [5, 6])
def test_the_whole_run_is_killed_and_run_again(lab: Lab, record: Record, state_name: str, seed: int) -> None:
    happened: list[str] = []
    assert lab.reference
    played = lab.play(state_name, [lab.run_b], meanwhile=outside.kill_run(happened, seed))
    assert played.steps[-1]["outcome"] == "success", (played.steps, played.log)
    assert happened
    record.survived("outside", f"the whole run killed and run again, seed {seed}", played, len(happened))


@pytest.mark.parametrize("sign", ENDPOINT, ids=lambda sign: sign.name)
def test_the_endpoint_is_restarted(lab: Lab, record: Record, state_name: str, sign: signal.Signals) -> None:
    happened: list[str] = []
    assert lab.reference
    meanwhile = outside.restart_endpoint(happened, sign, (40, 110))
    played = lab.play(
        state_name, [{**lab.run_b, "operator": True}], meanwhile=meanwhile, retry_seconds=5.0
    )  # fmt: skip
    assert played.steps[-1]["outcome"] == "success", (played.steps, played.log)
    assert len(happened) == 2
    name = ENDPOINT[sign]
    record.survived("outside", name, played, len(happened), reader_errors=True)


def test_an_export_lacks_a_table_although_it_is_complete(lab: Lab, record: Record, state_name: str) -> None:
    assert lab.reference
    happened: list[str] = []

    def meanwhile(playing: Playing) -> None:
        listing = playing.state.root / "rds" / "skip_tables.txt"
        listing.write_text("public.order_items")
        if playing.wait_for(lambda: any("failed extract.check_export" in line for line in playing.events())):
            happened.append("public.order_items was skipped")
        listing.unlink()

    played = lab.play(state_name, [{**lab.run_b, "operator": True}], meanwhile=meanwhile)
    assert played.steps[-1]["outcome"] == "success", (played.steps, played.log)
    assert happened and played.steps[-1]["cleared"]
    record.survived("outside", "an export that is complete and lacks a table", played, len(happened))


@pytest.fixture
def small_disk(lab: Lab, state_name: str) -> Iterator[Path]:
    """A file system that is little larger than the published state."""
    folder = lab.folder / state_name
    folder.mkdir()
    used = int(subprocess.run(["du", "-sm", str(lab.base)], capture_output=True, check=True).stdout.split()[0])
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={used + 45}m,mode=0711", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("a small file system can be mounted by root only")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_the_disk_is_full(lab: Lab, record: Record, small_disk: Path) -> None:
    assert lab.reference
    happened: list[str] = []

    def meanwhile(playing: Playing) -> None:
        filler = small_disk / "filler"
        if not playing.wait_for(lambda: any("running silver.build" in line for line in playing.events())):
            return
        with filler.open("wb") as file:
            try:
                while True:
                    file.write(b"x" * 65536)
                    file.flush()
            except OSError:
                happened.append("the disk became full in silver.build")
        # Long enough for several tasks to fail, or for the run itself to end.
        playing.wait_for(lambda: time.sleep(20) or True)
        filler.unlink()
        if playing.process.poll() not in (None, 0):
            happened.append("the run ended, and was started again")
            playing.start()

    played = lab.play(small_disk.name, [{**lab.run_b, "operator": True}], meanwhile=meanwhile)
    assert played.steps[-1]["outcome"] == "success", (played.steps, played.log)
    record.survived("outside", "the disk full for twenty seconds", played, len(happened), reader_errors=True)

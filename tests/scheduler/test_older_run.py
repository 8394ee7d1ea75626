"""An older run is cleared after a newer one has published other rows. It is the last test: it changes the source."""

from __future__ import annotations

from pathlib import Path

from tests.scheduler.conftest import Contents, Shop, Undisturbed
from tests.scheduler.sources import DAYS


def test_an_older_run_publishes_its_snapshot_only_on_purpose(
    shop: Shop, backfilled: list[str], before: Contents, undisturbed: Undisturbed, files: tuple[Path, Path]
) -> None:
    older = shop.api.run(process_date=DAYS[-1], full_refresh=True)
    assert shop.lake.contents() == before

    shop.load(files[1])
    shop.api.run(process_date=DAYS[-1])
    newer, release = shop.lake.contents(), shop.lake.release()
    days = [(files[0], shop.api.result(run, "extract.resolve_process_date")) for run in backfilled]
    assert newer == undisturbed.after(*days, (files[1], DAYS[-1]))
    assert newer != before

    shop.api.clear(older, "silver.publish", downstream=True)
    shop.api.await_run(older, "failed")
    message = shop.api.task_log(older, "silver.publish")
    assert "it would replace newer rows by older ones" in message
    assert (shop.lake.contents(), shop.lake.release()) == (newer, release)
    assert shop.lake.leftovers() == []

    shop.api.set_settings(go_back_run=older)
    shop.api.clear(older, "silver.plan", downstream=True)
    shop.api.await_run(older)
    assert shop.lake.contents() == before
    assert shop.lake.leftovers() == []

"""A worker, the triggerer and the scheduler are killed while a run works, and started again, as MWAA does."""

from __future__ import annotations

from contextlib import suppress

from tests.scheduler.conftest import Contents, Shop
from tests.scheduler.rest_api import wait_for
from tests.scheduler.sources import DAYS


def killed_task(shop: Shop, run: str, kind: str) -> str:
    """Kill the worker of a task of a kind, such as `.audit`, while it works. Return the id of the task."""
    killed: list[str] = []

    def one() -> bool:
        for name, entry in shop.api.tasks(run).items():
            if name.endswith(kind) and entry["state"] == "running":
                # It may end before it is killed.
                with suppress(LookupError):
                    shop.airflow.kill_worker(entry["id"])
                    killed.append(name)
                    return True
        return False

    wait_for(one, f"no {kind} runs")
    return killed[0]


def test_a_run_outlives_its_workers_the_triggerer_and_the_scheduler(shop: Shop, before: Contents) -> None:
    run = shop.api.trigger(process_date=DAYS[-1], full_refresh=True)
    airflow, api = shop.airflow, shop.api

    api.await_task(run, "silver.build", "deferred")
    airflow.kill("triggerer")
    airflow.start("triggerer")
    api.await_task(run, "silver.build", "success")
    killed = [killed_task(shop, run, ".audit"), killed_task(shop, run, ".build"), killed_task(shop, run, ".publish")]

    airflow.kill("scheduler")
    airflow.start("scheduler")

    api.await_run(run)
    tasks = api.tasks(run)
    assert {name: tasks[name]["try_number"] > 1 for name in killed} == dict.fromkeys(killed, True)
    assert shop.lake.contents() == before
    assert shop.lake.leftovers() == []

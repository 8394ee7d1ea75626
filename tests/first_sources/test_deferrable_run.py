"""A whole run whose operators defer, as on MWAA, publishes what a run that waits publishes."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from biz_insights.settings import Settings
from mwaa.local_runner.endpoint_process import endpoint
from mwaa.local_runner.environment import State
from tests.first_sources.sources import SOURCES
from tests.integration.conftest import Laptop

BUILDS = ("bronze.build", "silver.build", "scores.build")


def test_a_deferrable_run_defers_each_job_and_publishes_the_same(tmp_path: Path) -> None:
    source = SOURCES["one order"]
    files = tmp_path / "files"
    files.mkdir()
    state = State(tmp_path / "state")
    state.create()
    with endpoint(state) as environment:
        laptop = Laptop(state, environment, Settings())
        done = laptop.command(["run", "--source", str(source.write(files)), "--deferrable"], source.settings)
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"Published, as of {source.as_of}" in done.stdout
        ((net,),) = laptop.query("SELECT sum(net_sales) FROM gold_daily_sales_by_store")
        assert Decimal(net) == source.net_sales
        (log,) = state.logs.glob("run-*.log")
        paused = [line for line in log.read_text(errors="replace").splitlines() if "Pausing task as DEFERRED" in line]
        assert len(paused) == len(BUILDS)
        assert all(any(f"task_id={build}" in line for line in paused) for build in BUILDS)
        glue = laptop.client("glue")
        for job in ("bronze", "silver", "customer-scores"):
            (run,) = glue.get_job_runs(JobName=f"business-insights-{job}")["JobRuns"]
            assert run["JobRunState"] == "SUCCEEDED"
            assert run["Arguments"]["--run_key"].startswith("business_insights_daily/")
        rds = laptop.client("rds")
        assert rds.describe_db_snapshots(DBInstanceIdentifier=Settings().rds_instance)["DBSnapshots"] == []

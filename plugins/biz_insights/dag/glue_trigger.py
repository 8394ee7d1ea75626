"""The trigger that waits for a Glue job run while no worker is busy with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from airflow.providers.amazon.aws.hooks.glue import GlueJobHook
from airflow.triggers.base import BaseTrigger, TriggerEvent

from biz_insights.dag.glue_runs import ENDED, read_run


class GlueRunTrigger(BaseTrigger):
    """Fire when the run has ended, or at `until` when it has not.

    The provider's trigger counts its questions and gives up after 75 of them. This one has a point in time, so that a
    triggerer that restarts does not begin to count again. It asks in a thread with boto3, like the operator, and so
    needs no second AWS library.

    Args:
        job_name: the Glue job.
        run_id: its run.
        until: Unix seconds.
        poll_seconds: between two questions.
        aws_conn_id: None for the standard credentials.
        region_name: such as `us-east-1`.
    """

    def __init__(
        self,
        job_name: str,
        run_id: str,
        until: float,
        poll_seconds: float,
        aws_conn_id: str | None = None,
        region_name: str | None = None,
    ) -> None:
        super().__init__()
        self.job_name = job_name
        self.run_id = run_id
        self.until = until
        self.poll_seconds = poll_seconds
        self.aws_conn_id = aws_conn_id
        self.region_name = region_name

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class and its arguments, which Airflow stores in its database."""
        names = ("job_name", "run_id", "until", "poll_seconds", "aws_conn_id", "region_name")
        return f"{type(self).__module__}.{type(self).__qualname__}", {name: getattr(self, name) for name in names}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yield one event with the run's id. The operator reads the run's state itself."""
        glue = await asyncio.to_thread(self._glue)
        while datetime.now(UTC).timestamp() < self.until:
            run = await asyncio.to_thread(read_run, glue, self.job_name, self.run_id)
            if run and run["JobRunState"] in ENDED:
                break
            await asyncio.sleep(self.poll_seconds)
        yield TriggerEvent({"run_id": self.run_id})

    async def on_kill(self) -> None:
        """Stop the run, because somebody cleared or marked the task. A restart of the triggerer does not get here."""
        glue = await asyncio.to_thread(self._glue)
        await asyncio.to_thread(glue.batch_stop_job_run, JobName=self.job_name, JobRunIds=[self.run_id])

    def _glue(self) -> Any:
        return GlueJobHook(aws_conn_id=self.aws_conn_id, region_name=self.region_name).conn

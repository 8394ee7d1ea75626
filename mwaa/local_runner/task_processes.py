"""Run the tasks of a DAG side by side, as MWAA's workers do: an Airflow executor with a pool of forked processes.

A worker process that starts without Airflow takes ten seconds to import it. A worker that is forked from a process
with the DAGs loaded starts at once and shares its memory. It reaches the metadata database through Airflow's
in-process API, so that a run needs no API server.

All forks happen before a DAG runs, while no thread imports modules and no database connection is open: a fork would
copy the import lock and share the connection. One worker, the first one, starts at once. The others are forked by a
preloading process, which first imports what tasks need besides Airflow. As soon as one of them is ready, the first
worker gets no more tasks. If the preloading process fails, the first worker does everything, and the run says why.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any, ClassVar, Literal

from airflow.executors.base_executor import BaseExecutor
from airflow.listeners import hookimpl
from airflow.utils.state import TaskInstanceState

from mwaa.local_runner import airflow_internals

log = logging.getLogger(__name__)

WORKERS = 3
"""Two that compute, for the two cores of a small computer, and one that waits for a service."""

TRIGGERER_SECONDS = 0.3
"""How long a run with a triggerer waits before it looks for tasks that the triggerer has resumed."""

FORK = multiprocessing.get_context("fork")

Event = tuple[Literal["running", "success", "skipped", "failed", "warning"], str, int, str]
"""A change of a task: state, task id, map index (-1 for a task that is not mapped), error.

A warning is about the run: it has a text in place of the error, and no task.
"""


@dataclass
class _Worker:
    """A worker process, as the pool sees it.

    Attributes:
        connection: carries workloads to it, and events and states from it.
        is_first: whether it is the worker without preloaded modules.
        pid: process id; None until the worker has sent it.
        workload: what it runs; None when it is idle.
    """

    connection: Connection
    is_first: bool
    pid: int | None = None
    workload: Any = None


@dataclass(frozen=True)
class _PreloadFailed:
    """What the preloading process sends in place of a worker's process id."""

    error: str


class WorkerPool:
    """The worker processes of a run. `on_event` is called for each change of a task."""

    def __init__(
        self, dags: Mapping[str, Any], on_event: Callable[[Event], None], preload: Callable[[], object]
    ) -> None:
        self.dags = dags
        self.on_event = on_event
        self.workers: list[_Worker] = []
        self._has_warned = False
        pipes = [FORK.Pipe() for _ in range(1 + WORKERS)]
        ours = [pair[0] for pair in pipes]
        first, *others = [pair[1] for pair in pipes]
        self._processes = [
            FORK.Process(target=_work, args=(first, [*ours, *others], dags), name="tasks"),
            FORK.Process(target=_preload_and_fork, args=(others, [*ours, first], dags, preload), name="preload"),
        ]
        for process in self._processes:
            process.start()
        for connection in (first, *others):
            connection.close()
        self.workers = [_Worker(connection, is_first=number == 0) for number, connection in enumerate(ours)]

    @property
    def ready(self) -> list[_Worker]:
        """Workers that can get a task: the preloaded ones, or the first worker while there are none."""
        for worker in list(self.workers):
            if worker.pid is None and (worker.is_first or worker.connection.poll()):
                self.receive(worker)
        started = [worker for worker in self.workers if worker.pid is not None]
        preloaded = [worker for worker in started if not worker.is_first]
        return preloaded or started

    def receive(self, worker: _Worker) -> TaskInstanceState | None:
        """Read one message of a worker; returns the state of its workload when that has ended."""
        try:
            message = worker.connection.recv()
        except EOFError:
            return self._lost(worker)
        if isinstance(message, int):
            worker.pid = message
        elif isinstance(message, _PreloadFailed):
            self._warn(message.error)
        elif isinstance(message, tuple):
            self.on_event(message)
        else:
            return TaskInstanceState(message)
        return None

    def close(self) -> None:
        """Stop all workers, also those that are running a task."""
        for worker in self.workers:
            worker.connection.close()
            if worker.workload is not None and worker.pid is not None:
                os.kill(worker.pid, signal.SIGTERM)
        if not any(worker.pid for worker in self.workers if not worker.is_first):
            # The preloading process is still importing, and nobody needs it any more.
            self._processes[1].terminate()
        for process in self._processes:
            process.join()

    def _lost(self, worker: _Worker) -> TaskInstanceState | None:
        """Fail the task of a worker that was killed or ran out of memory, and no other task."""
        self.workers.remove(worker)
        if worker.pid is None and not worker.is_first:
            self._warn("it was killed, perhaps for lack of memory")
        if worker.workload is None:
            return None
        ti = worker.workload.ti
        self.on_event(
            ("failed", ti.task_id, ti.map_index, "its process was killed, perhaps for lack of memory; run again")
        )
        return TaskInstanceState.FAILED

    def _warn(self, cause: str) -> None:
        """Say once that the workers of the preloading process are missing."""
        if self._has_warned:
            return
        self._has_warned = True
        text = f"tasks run one after the other: the process that imports modules for the other workers failed ({cause})"
        log.warning(text)
        self.on_event(("warning", "", -1, text))


class TaskProcesses(BaseExecutor):
    """The executor that `dag.test` creates by its name; it uses the pool that `task_processes` has opened."""

    is_local = True
    pool: ClassVar[WorkerPool]
    check_triggerer: ClassVar[Callable[[], None] | None] = None
    """Raises an error when the triggerer has ended; None when no task is deferred."""

    def start(self) -> None:
        """Do nothing: the pool is open before a DAG runs."""

    def heartbeat(self) -> None:
        """Start queued tasks in the workers that are ready, and wait for the next end of a task."""
        ready = self.pool.ready
        if not ready:
            raise RuntimeError("no process is left to run tasks; run again")
        self.parallelism = len(ready)
        super().heartbeat()

    def sync(self) -> None:
        """Wait for the next end of a task, if one is running. With a triggerer wait briefly: it may resume a task."""
        if check := type(self).check_triggerer:
            check()
            if self.running:
                self._receive(TRIGGERER_SECONDS)
            else:
                threading.Event().wait(TRIGGERER_SECONDS)
            return
        while self.running and not self.event_buffer:
            self._receive()

    def end(self) -> None:
        """Wait for the end of all running tasks."""
        while self.running:
            self._receive()

    def send_callback(self, request: Any) -> None:
        """Do nothing: the console names the task whose process was killed.

        On MWAA the DAG processor runs the task's callback then. (The base class raises an error, which ends the run.)
        """

    def terminate(self) -> None:
        """Do nothing: `task_processes` closes the pool."""

    def order_queued_tasks_by_priority(self) -> list[tuple[Any, Any]]:
        """Return the queued tasks, highest priority first, as the scheduler does (the base class has the reverse)."""
        return sorted(self.queued_tasks.items(), key=lambda item: item[1].ti.priority_weight, reverse=True)

    def _process_workloads(self, workload_items: Sequence[Any]) -> None:
        idle = [worker for worker in self.pool.ready if worker.workload is None]
        for workload, worker in zip(workload_items, idle, strict=False):
            del self.queued_tasks[workload.ti.key]
            self.running.add(workload.ti.key)
            worker.workload = workload
            worker.connection.send(workload)

    def _receive(self, seconds: float | None = None) -> None:
        busy = {worker.connection: worker for worker in self.pool.workers if worker.workload is not None}
        for connection in wait(list(busy), seconds):
            worker = busy[connection]  # type: ignore[index]
            state = self.pool.receive(worker)
            if state is not None:
                key, worker.workload = worker.workload.ti.key, None
                self.change_state(key, state)


@contextmanager
def task_processes(
    dags: Mapping[str, Any],
    on_event: Callable[[Event], None],
    preload: Callable[[], object],
    triggerer: Callable[[], AbstractContextManager[Callable[[], None]]] | None = None,
) -> Iterator[None]:
    """Open the worker processes for the runs inside the block; none outlives it.

    Args:
        dags: the DAGs by id.
        on_event: called for each change of a task.
        preload: imports what tasks need besides Airflow; called once, in a process of its own.
        triggerer: opens the process that waits for deferred tasks, and gives a check that it still runs.
    """
    from airflow import settings

    if settings.engine is not None:
        settings.engine.dispose()
    TaskProcesses.pool = WorkerPool(dags, on_event, preload)
    try:
        with ExitStack() as stack:
            TaskProcesses.check_triggerer = stack.enter_context(triggerer()) if triggerer else None
            stack.enter_context(airflow_internals.short_sleeps())
            yield
    finally:
        TaskProcesses.pool.close()


class _TaskListener:
    """Airflow listener in a worker: sends each change of a task to the run's process."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def _send(self, state: str, task_instance: Any, error: str = "") -> None:
        index = getattr(task_instance, "map_index", -1)
        self.connection.send((state, task_instance.task_id, -1 if index is None else index, error))

    @hookimpl
    def on_task_instance_running(self, previous_state: Any, task_instance: Any) -> None:
        self._send("running", task_instance)

    @hookimpl
    def on_task_instance_success(self, previous_state: Any, task_instance: Any) -> None:
        self._send("success", task_instance)

    @hookimpl
    def on_task_instance_skipped(self, previous_state: Any, task_instance: Any) -> None:
        self._send("skipped", task_instance)

    @hookimpl
    def on_task_instance_failed(self, previous_state: Any, task_instance: Any, error: Any) -> None:
        self._send("failed", task_instance, " ".join(str(error).split()))


def _preload_and_fork(
    connections: list[Connection], others: list[Connection], dags: Mapping[str, Any], preload: Callable[[], object]
) -> None:
    """Preload modules, then fork a worker for each connection and wait for the workers' end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        preload()
    except Exception as error:
        # The run's process has no other way to learn the cause. The whole error goes to the log, as of any process.
        connections[0].send(_PreloadFailed(f"{type(error).__name__}: {' '.join(str(error).split())}"))
        raise
    workers = [
        FORK.Process(
            target=_work,
            args=(connection, [*others, *(other for other in connections if other is not connection)], dags),
            name="tasks",
        )
        for connection in connections
    ]
    for worker in workers:
        worker.start()
    for connection in (*connections, *others):
        connection.close()
    for worker in workers:
        worker.join()


def _work(connection: Connection, others: list[Connection], dags: Mapping[str, Any]) -> None:
    """Run one workload after the other, until the run's process closes the connection."""
    # Ctrl-C is for the run's process, which then stops its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for other in others:
        # While this process has a copy of another worker's connection, its end would not be noticed.
        other.close()
    from airflow.sdk.listener import get_listener_manager

    get_listener_manager().add_listener(_TaskListener(connection))
    try:
        connection.send(os.getpid())
        while True:
            connection.send(_run(connection.recv().ti, dags).value)
    except (EOFError, BrokenPipeError):
        return


def _run(ti: Any, dags: Mapping[str, Any]) -> TaskInstanceState:
    airflow_internals.run_task(ti, dags[ti.dag_id].task_dict[ti.task_id])
    # As in Airflow's own executors, this means that the work has ended. The task's state is in the metadata database.
    return TaskInstanceState.SUCCESS

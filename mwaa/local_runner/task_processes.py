"""Runs the tasks of a DAG side by side, as MWAA's workers do: an Airflow executor whose workers are forks.

A worker that starts from nothing takes ten seconds to import Airflow. One that is forked from a process that has
the DAGs loaded is there at once and shares its memory, and it reaches the metadata database through Airflow's
in-process API, so that a run needs no server.

All forks happen before a DAG runs, when no thread imports and no database connection is open: a fork would keep
the lock of the one and spoil the other. One worker begins at once. The others are forked by a nursery process that
first imports what tasks need besides Airflow; as soon as they report, the first one retires.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any, ClassVar, Literal

from airflow.executors.base_executor import BaseExecutor
from airflow.listeners import hookimpl
from airflow.utils.state import TaskInstanceState

WORKERS = 3
"""Two that compute (a laptop's least) and one that waits for a service."""

SHORT_SECONDS = 0.02

FORK = multiprocessing.get_context("fork")

Event = tuple[Literal["running", "success", "skipped", "failed"], str, int, str]
"""What became of a task: state, task id, map index (-1 where it is not mapped), error."""


@dataclass
class _Worker:
    """The line to a forked process.

    Attributes:
        connection: for workloads to it, and events and states from it.
        is_first: whether it lacks what the nursery imports.
        pid: process id; None until it has reported.
        workload: what it works at; None when it is idle.
    """

    connection: Connection
    is_first: bool
    pid: int | None = None
    workload: Any = None


class Pool:
    """The workers of a run, and who is told what becomes of the tasks."""

    def __init__(self, dags: Mapping[str, Any], tell: Callable[[Event], None], preload: Callable[[], object]) -> None:
        self.dags = dags
        self.tell = tell
        self.workers: list[_Worker] = []
        lines = [FORK.Pipe() for _ in range(1 + WORKERS)]
        ours = [pair[0] for pair in lines]
        first, *others = [pair[1] for pair in lines]
        self._processes = [
            FORK.Process(target=_work, args=(first, [*ours, *others], dags), name="tasks"),
            FORK.Process(target=_nursery, args=(others, [*ours, first], dags, preload), name="nursery"),
        ]
        for process in self._processes:
            process.start()
        for line in (first, *others):
            line.close()
        self.workers = [_Worker(line, is_first=number == 0) for number, line in enumerate(ours)]

    @property
    def ready(self) -> list[_Worker]:
        """Workers that may be given a task: those of the nursery, and until they are there the first one."""
        for worker in list(self.workers):
            if worker.pid is None and (worker.is_first or worker.connection.poll()):
                self.receive(worker)
        reported = [worker for worker in self.workers if worker.pid is not None]
        grown = [worker for worker in reported if not worker.is_first]
        return grown or reported

    def receive(self, worker: _Worker) -> TaskInstanceState | None:
        """Take in one message of a worker; returns the state of its workload when it has ended."""
        try:
            said = worker.connection.recv()
        except EOFError:
            return self._lost(worker)
        if isinstance(said, int):
            worker.pid = said
        elif isinstance(said, tuple):
            self.tell(said)
        else:
            return TaskInstanceState(said)
        return None

    def close(self) -> None:
        """Stop the workers where they are."""
        for worker in self.workers:
            worker.connection.close()
            if worker.workload is not None and worker.pid is not None:
                os.kill(worker.pid, signal.SIGTERM)
        if not any(worker.pid for worker in self.workers if not worker.is_first):
            # Still importing what nobody waits for.
            self._processes[1].terminate()
        for process in self._processes:
            process.join()

    def _lost(self, worker: _Worker) -> TaskInstanceState | None:
        """A worker that went away (killed, out of memory) fails its own task and no other."""
        self.workers.remove(worker)
        if worker.workload is None:
            return None
        ti = worker.workload.ti
        self.tell(("failed", ti.task_id, ti.map_index, "its process was killed, perhaps for lack of memory; run again"))
        return TaskInstanceState.FAILED


class TaskProcesses(BaseExecutor):
    """The executor that ``dag.test`` makes by its name, over the pool that ``task_processes`` has opened."""

    is_local = True
    pool: ClassVar[Pool]

    def start(self) -> None:
        """Nothing to start: the pool is there before a DAG runs."""

    def heartbeat(self) -> None:
        """Start what is queued on the workers there are, and wait for the next end of a task."""
        ready = self.pool.ready
        if not ready:
            raise RuntimeError("no process is left to run tasks; run again")
        self.parallelism = len(ready)
        super().heartbeat()

    def sync(self) -> None:
        """Wait for the next end of a task, if any runs."""
        while self.running and not self.event_buffer:
            self._receive()

    def end(self) -> None:
        """Wait for what runs."""
        while self.running:
            self._receive()

    def terminate(self) -> None:
        """The pool's end is ``task_processes``'s."""

    def order_queued_tasks_by_priority(self) -> list[tuple[Any, Any]]:
        """What most waits for first, as the scheduler has it (the base class begins with the least)."""
        return sorted(self.queued_tasks.items(), key=lambda item: item[1].ti.priority_weight, reverse=True)

    def _process_workloads(self, workload_items: Sequence[Any]) -> None:
        idle = [worker for worker in self.pool.ready if worker.workload is None]
        for workload, worker in zip(workload_items, idle, strict=False):
            del self.queued_tasks[workload.ti.key]
            self.running.add(workload.ti.key)
            worker.workload = workload
            worker.connection.send(workload)

    def _receive(self) -> None:
        busy = {worker.connection: worker for worker in self.pool.workers if worker.workload is not None}
        for connection in wait(list(busy)):
            worker = busy[connection]  # type: ignore[index]
            state = self.pool.receive(worker)
            if state is not None:
                key, worker.workload = worker.workload.ti.key, None
                self.change_state(key, state)


@contextmanager
def task_processes(
    dags: Mapping[str, Any], tell: Callable[[Event], None], preload: Callable[[], object]
) -> Iterator[None]:
    """Processes for the tasks of the runs within; none outlives the context.

    Args:
        dags: the DAGs by id.
        tell: is told what becomes of each task.
        preload: imports what tasks need besides Airflow; called once, in a process of its own.
    """
    from airflow import settings

    if settings.engine is not None:
        settings.engine.dispose()
    TaskProcesses.pool = Pool(dags, tell, preload)
    try:
        with _short_sleeps():
            yield
    finally:
        TaskProcesses.pool.close()


@contextmanager
def _short_sleeps() -> Iterator[None]:
    """``dag.test`` sleeps a second whenever it finds nothing to start; here it is the executor that waits."""
    sleep = time.sleep

    def short(seconds: float, /) -> None:
        sleep(min(seconds, SHORT_SECONDS))

    time.sleep = short  # type: ignore[assignment]
    try:
        yield
    finally:
        time.sleep = sleep


class _Relay:
    """Airflow listener in a worker: tells the run's process what becomes of the task."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def _tell(self, state: str, task_instance: Any, error: str = "") -> None:
        index = getattr(task_instance, "map_index", -1)
        self.connection.send((state, task_instance.task_id, -1 if index is None else index, error))

    @hookimpl
    def on_task_instance_running(self, previous_state: Any, task_instance: Any) -> None:
        self._tell("running", task_instance)

    @hookimpl
    def on_task_instance_success(self, previous_state: Any, task_instance: Any) -> None:
        self._tell("success", task_instance)

    @hookimpl
    def on_task_instance_skipped(self, previous_state: Any, task_instance: Any) -> None:
        self._tell("skipped", task_instance)

    @hookimpl
    def on_task_instance_failed(self, previous_state: Any, task_instance: Any, error: Any) -> None:
        self._tell("failed", task_instance, " ".join(str(error).split()))


def _nursery(
    connections: list[Connection], others: list[Connection], dags: Mapping[str, Any], preload: Callable[[], object]
) -> None:
    """Body of the process that imports, then forks a worker for each line, then waits for them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    preload()
    workers = [
        FORK.Process(
            target=_work,
            args=(connection, [*others, *(line for line in connections if line is not connection)], dags),
            name="tasks",
        )
        for connection in connections
    ]
    for worker in workers:
        worker.start()
    for line in (*connections, *others):
        line.close()
    for worker in workers:
        worker.join()


def _work(connection: Connection, others: list[Connection], dags: Mapping[str, Any]) -> None:
    """Body of a worker: one workload after the other, until there is no more or nobody is left to ask."""
    # The keyboard speaks to the run's process, which then stops its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for other in others:
        # Held open here, the end of the process they belong to would be no end of file for its partner.
        other.close()
    from airflow.sdk.listener import get_listener_manager

    get_listener_manager().add_listener(_Relay(connection))
    try:
        connection.send(os.getpid())
        while True:
            connection.send(_run(connection.recv().ti, dags).value)
    except (EOFError, BrokenPipeError):
        return


def _run(ti: Any, dags: Mapping[str, Any]) -> TaskInstanceState:
    from airflow.sdk.api.datamodels._generated import TaskInstance
    from airflow.sdk.execution_time.supervisor import run_task_in_process

    wanted = TaskInstance(
        id=ti.id,
        task_id=ti.task_id,
        dag_id=ti.dag_id,
        run_id=ti.run_id,
        try_number=ti.try_number,
        map_index=ti.map_index,
        dag_version_id=ti.dag_version_id,
    )
    run_task_in_process(ti=wanted, task=dags[ti.dag_id].task_dict[ti.task_id])
    # As Airflow's own executors say it: the work is done. What became of the task is in the metadata database.
    return TaskInstanceState.SUCCESS

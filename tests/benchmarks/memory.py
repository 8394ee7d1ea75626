"""Peak resident memory of a process tree over time, sampled while it runs."""

from __future__ import annotations

import contextlib
import threading
import time

import psutil

SAMPLE_SECONDS = 0.2


class MemorySampler:
    """Samples the summed resident memory (bytes) of processes and all their descendants."""

    def __init__(self, *pids: int) -> None:
        self.samples: list[tuple[float, int]] = []
        self._processes = [psutil.Process(pid) for pid in pids]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, daemon=True)

    def __enter__(self) -> MemorySampler:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def peak(self, began: float = 0.0, ended: float = float("inf")) -> int:
        """Return the highest sample between two Unix times, in bytes (0 without samples)."""
        return max((size for moment, size in self.samples if began <= moment <= ended), default=0)

    def _loop(self) -> None:
        while not self._stop.wait(SAMPLE_SECONDS):
            with contextlib.suppress(psutil.NoSuchProcess):
                self.samples.append((time.time(), self._resident()))

    def _resident(self) -> int:
        total = 0
        for root in self._processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                for process in (root, *root.children(recursive=True)):
                    with contextlib.suppress(psutil.NoSuchProcess):
                        total += process.memory_info().rss
        return total

"""Measures the dashboards' server: seconds from a browser's request to the end of the page's script, by page.

It speaks to a real server as a browser does (Streamlit's messages over a WebSocket), over what a laptop has
published, and beside it to an app with a title and nothing else: what no page on this machine can be faster than.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from mwaa.local_runner.dashboard import APP, LOOPBACK, server_environment, server_options
from mwaa.local_runner.endpoint_process import endpoint
from mwaa.local_runner.environment import State
from streamlit_dashboard.navigation import page_files

START_SECONDS = 60
PAGES_EACH = 8
READING_SECONDS = (2.0, 8.0)
"""How long a person looks at a page before the next click."""
TARGETS = "warm: median 0.150 s, p95 0.400 s; cold: 4 s; a chart: 5,000 points; 20 sessions: p95 1.5 s"
TITLE_ONLY = 'import streamlit as st\n\nst.title("A title and nothing else")\n'


@dataclass
class Visit:
    """One run of a page: seconds until its script ended, and what it sent."""

    seconds: float
    points: int = 0
    bytes: int = 0
    failed: bool = False


@dataclass
class PageTimes:
    """Visits to one page by one session after another."""

    first: Visit
    warm: list[Visit] = field(default_factory=list)


async def visit(session: ClientConnection, page: str, query: str = "") -> Visit:
    """Ask for a page and receive everything that the server sends until the script has ended."""
    ask = BackMsg()
    ask.rerun_script.page_name = page
    ask.rerun_script.query_string = query
    began, done = time.perf_counter(), Visit(0.0)
    await session.send(ask.SerializeToString())
    while True:
        packet = await session.recv()
        message = ForwardMsg()
        message.ParseFromString(packet if isinstance(packet, bytes) else packet.encode())
        done.bytes += len(packet)
        element = message.delta.new_element
        if element.HasField("plotly_chart"):
            done.points = max(done.points, points(json.loads(element.plotly_chart.spec)))
        done.failed |= element.HasField("exception")
        if message.WhichOneof("type") == "script_finished":
            done.seconds = time.perf_counter() - began
            done.failed |= message.script_finished != ForwardMsg.FINISHED_SUCCESSFULLY
            return done


def points(figure: dict[str, Any]) -> int:
    """Return the points that a Plotly figure draws: the sum of the longest arrays of its traces."""
    return sum(max((_length(value) for value in trace.values()), default=0) for trace in figure.get("data", []))


def _length(value: Any) -> int:
    if isinstance(value, dict):
        # Plotly's packed form of a numeric array.
        return len(value["bdata"]) * 3 // 4 // int(value["dtype"][-1]) if "bdata" in value else 0
    return len(value) if isinstance(value, list) else 0


def open_session(port: int) -> connect:
    """Return a connection to the server as a browser makes it."""
    return connect(
        f"ws://{LOOPBACK}:{port}/_stcore/stream",
        origin=f"http://{LOOPBACK}:{port}",  # type: ignore[arg-type]
        subprotocols=["streamlit"],  # type: ignore[list-item]
        max_size=None,
    )


async def by_page(port: int, pages: list[str], rounds: int) -> dict[str, PageTimes]:
    """Visit each page once cold and then `rounds` times, in one session."""
    times = {}
    async with open_session(port) as session:
        for page in pages:
            found = times[page] = PageTimes(await visit(session, page))
            found.warm = [await visit(session, page) for _ in range(rounds)]
    return times


async def together(port: int, pages: list[str], sessions: int) -> list[Visit]:
    """Simulate `sessions` people: each opens `PAGES_EACH` pages, beginning at another one, reading in between."""

    async def one(number: int) -> list[Visit]:
        pauses = random.Random(number)
        visits = []
        async with open_session(port) as session:
            for step in range(PAGES_EACH):
                await asyncio.sleep(pauses.uniform(*READING_SECONDS))
                visits.append(await visit(session, pages[(number + step) % len(pages)]))
        return visits

    return [done for part in await asyncio.gather(*(one(number) for number in range(sessions))) for done in part]


@contextmanager
def serving(script: str, folder: Path, environment: dict[str, str]) -> Iterator[int]:
    """Run a Streamlit server of one app; yield its port."""
    with socket.socket() as free:
        free.bind((LOOPBACK, 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", script, *server_options(port)],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _await_health(process, port)
        yield port
    finally:
        process.kill()
        process.wait()


def _await_health(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"http://{LOOPBACK}:{port}/_stcore/health", timeout=1)
            return
        except OSError:
            time.sleep(0.05)
    sys.exit("error: Streamlit did not start; try `make dashboard` to see why")


def percentile(seconds: list[float], part: float) -> float:
    """Return the value that `part` of the seconds do not exceed."""
    return sorted(seconds)[min(len(seconds) - 1, int(part * len(seconds)))]


def report(times: dict[str, PageTimes], crowd: list[Visit], title: list[Visit], sessions: int) -> str:
    """Return the report."""
    base = statistics.median(done.seconds for done in title)
    lines = [f"{os.cpu_count()} cores; targets: {TARGETS}", ""]
    lines.append(f"{'page':<32}{'first s':>8}{'median':>8}{'p95':>8}{'ratio':>7}{'points':>8}{'KiB':>7}")
    for page, found in times.items():
        warm = [done.seconds for done in found.warm]
        middle = statistics.median(warm)
        lines.append(
            f"{page:<32}{found.first.seconds:>8.2f}{middle:>8.3f}{percentile(warm, 0.95):>8.3f}{middle / base:>7.1f}"
            f"{found.first.points:>8,}{found.first.bytes / 1024:>7.0f}"
        )
    every = [done.seconds for found in times.values() for done in found.warm]
    crowded = [done.seconds for done in crowd]
    errors = sum(done.failed for done in crowd) + sum(
        done.failed for found in times.values() for done in (found.first, *found.warm)
    )
    for name, seconds in (("all pages, warm", every), (f"{sessions} sessions at once", crowded)):
        lines.append(f"{name:<40}{statistics.median(seconds):>8.3f}{percentile(seconds, 0.95):>8.3f}")
    lines += [
        "",
        f"ratio: to a page with a title only ({base:.3f} s, the same server software); scripts that failed: {errors}",
    ]
    return "\n".join(lines)


def measured(state: State, rounds: int = 10, sessions: int = 20) -> str:
    """Serve the dashboards over what is published, measure them and an app with only a title; return the report."""
    pages = [page.name for page in page_files() if page.listed]
    with endpoint(state) as aws, tempfile.TemporaryDirectory(prefix="title-") as folder:
        environment = server_environment(state, aws)
        with serving("entry/app.py", APP, environment) as port:
            times = asyncio.run(by_page(port, pages, rounds))
            crowd = asyncio.run(together(port, pages, sessions))
        (Path(folder) / "title.py").write_text(TITLE_ONLY)
        with serving("title.py", Path(folder), environment) as port:
            title = asyncio.run(by_page(port, [""], rounds))[""].warm
    return report(times, crowd, title, sessions)


def main() -> None:
    """Parse the options, measure, print."""
    options = argparse.ArgumentParser(prog="python -m tests.benchmarks.pages", description=__doc__)
    options.add_argument("--state", type=Path, default=Path(".local"), help="what `make run` has published")
    options.add_argument("--rounds", type=int, default=10, help="warm visits to each page")
    options.add_argument("--sessions", type=int, default=20, help="browsers at once")
    chosen = options.parse_args()
    if not chosen.state.exists():
        sys.exit("error: nothing is published yet; publish the sample first: make run")
    print(measured(State(chosen.state), chosen.rounds, chosen.sessions))


if __name__ == "__main__":
    main()

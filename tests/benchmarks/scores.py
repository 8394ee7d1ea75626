"""`python -m tests.benchmarks.scores`: seconds and memory of the scores job alone, beside DuckDB and lifetimes.

Customer days are simulated, so that any number of customers can be had. The job runs with the endpoint's Spark: that
of a small chain joins one that is up already, as in `make run`; that of a large one has its own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mwaa.local_aws.glue.spark_settings import spark_environment
from mwaa.local_aws.glue.warm_spark import WarmSpark
from mwaa.local_aws.layout import StateLayout
from mwaa.local_runner.environment import REPOSITORY
from spark_jobs.scores.origins import WARM_UP_DAYS
from tests.benchmarks.customers import AS_OF, publish_customer_days
from tests.benchmarks.memory import MemorySampler

PARTS = ("reading", "statistics", "fit", "loyalty", "back-tests", "scores")
TARGETS = {20_000: 5, 2_000_000: 60}
"""Wall seconds beyond Spark's start, by customers."""
MANY = 200_000
"""From so many customers on the job runs long enough for Java's optimising compiler, as on Glue."""
MIB = 1024 * 1024
PYTHON_PATH = os.pathsep.join((".", "plugins"))


@dataclass
class Measured:
    """One run of the job: wall and CPU seconds by part, peak memory of all its processes (bytes)."""

    wall: dict[str, float]
    cpu: dict[str, float]
    peak: int


def python_module(module: str, *arguments: str, environment: dict[str, str] | None = None) -> subprocess.Popen[str]:
    """Start a module of this repository in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=REPOSITORY,
        env={**os.environ, **(environment or {}), "PYTHONPATH": PYTHON_PATH},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def answer(process: subprocess.Popen[str], what: str) -> dict[str, Any]:
    """Return the JSON on the last line of its output; exit if it fails."""
    output, errors = process.communicate()
    if process.returncode != 0:
        sys.exit(f"error: {what} failed: {(errors.strip().splitlines() or ['no message'])[-1]}")
    return json.loads(output.splitlines()[-1])


@contextmanager
def spark_for(customers: int, layout: StateLayout, folder: Path) -> Iterator[tuple[dict[str, str], list[int]]]:
    """Yield the environment with a ready Spark for the job, and the processes that already run for it."""
    environment = spark_environment(folder, layout, {}, "2g", is_short=customers < MANY)
    if customers >= MANY:
        yield environment, []
        return
    ready = WarmSpark(layout, {}, "2g")
    ready.prepare(PYTHON_PATH)
    lease = ready.acquire({}, PYTHON_PATH)
    if lease is None:
        sys.exit("error: Spark did not come up; the line before this one names its log")
    pid = lease.warm.process.pid
    try:
        yield environment | lease.environment | {"SPARK_PID": str(pid)}, [pid]
    finally:
        lease.end(is_clean=True)
        ready.close()


def measure(document: Path, root: Path, customers: int) -> Measured:
    """Run the job over the published days of the document and sample the memory of its processes."""
    layout, folder = StateLayout(root / "state"), root / "state" / "run"
    for place in (layout.s3, layout.glue, folder):
        place.mkdir(parents=True, exist_ok=True)
    arguments = {
        "--JOB_NAME": "customer_scores", "--JOB_RUN_ID": "bench", "--as_of_date": AS_OF.isoformat(),
        "--inputs_uri": document.as_uri(), "--input_fingerprint": "bench", "--scores_uri": f"{root.as_uri()}/scores/",
        "--annual_discount_rate": "0.10",
    }  # fmt: skip
    with spark_for(customers, layout, folder) as (environment, up):
        words = [text for pair in arguments.items() for text in pair]
        process = python_module("tests.benchmarks.scores_job", *words, environment=environment)
        with MemorySampler(process.pid, *up) as sampler:
            found = answer(process, "the scores job")
    return Measured(found["wall"], found["cpu"], sampler.peak())


def report(customers: int, run: Measured, plain: dict[str, Any]) -> str:
    """Return the report."""
    beyond = {name: sum(found.get(part, 0) for part in PARTS) for name, found in (("wall", run.wall), ("cpu", run.cpu))}
    target = f" (target {TARGETS[customers]})" if customers in TARGETS else ""
    lines = [
        f"scores of {customers:,} customers, {os.cpu_count()} cores: {beyond['wall']:.1f} s{target} beyond "
        f"Spark's start, {beyond['cpu']:.1f} s of CPU, peak {run.peak / MIB:.0f} MiB",
        "",
        f"{'':<12}{'wall s':>8}{'CPU s':>8}{'reference s':>13}{'ratio':>8}",
    ]
    for part in ("start", *PARTS):
        wall, cpu = run.wall.get(part, 0), run.cpu.get(part, 0)
        beside = f"{plain[part]:>13.2f}{wall / plain[part]:>8.1f}" if part in plain else ""
        lines.append(f"{part:<12}{wall:>8.1f}{cpu:>8.1f}{beside}")
    lines.append(
        "reference: DuckDB for the statistics, lifetimes' MBG/NBD for the fit; memory is summed over processes"
    )
    return "\n".join(lines)


def main() -> None:
    """Parse the options, measure, print."""
    options = argparse.ArgumentParser(prog="python -m tests.benchmarks.scores", description=__doc__)
    options.add_argument("--customers", type=int, default=20_000, help="how many (a large chain: 2000000)")
    customers = options.parse_args().customers
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        root = Path(folder)
        print(f"simulating {customers:,} customers …", flush=True)
        began = time.monotonic()
        document = publish_customer_days(root / "days", customers)
        print(f"  {time.monotonic() - began:.1f} s; job …", flush=True)
        run = measure(document, root, customers)
        print("reference …", flush=True)
        arguments = (str(root / "days"), AS_OF.isoformat(), str(WARM_UP_DAYS))
        plain = answer(python_module("tests.benchmarks.scores_reference", *arguments), "the reference")
        print("\n" + report(customers, run, plain))


if __name__ == "__main__":
    main()

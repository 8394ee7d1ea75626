"""Measures three runs (first load, the next day, unchanged) beside a reference, then the dashboards over them."""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from mwaa.local_runner.environment import REPOSITORY, State
from mwaa.local_runner.progress import stage_seconds
from tests.benchmarks import pages
from tests.benchmarks.memory import MemorySampler

STAGES = ("load_source_database", "extract", "bronze", "silver", "facts", "scores", "marts", "views", "report")
TARGETS = {"first load": 150, "next day": 75, "unchanged": 45}
FIRST_DAY, NEXT_DAY = "2024-02-16", "2024-02-17"
DAY_BEGINS_UTC = "2024-02-17T06:00:00"
MIB = 1024 * 1024


@dataclass
class Measured:
    """One run: wall seconds, seconds by stage, peak memory (bytes) by stage and overall (`all`)."""

    wall: float
    seconds: dict[str, float]
    peak: dict[str, int]


def source_of_the_day_before(source: Path, folder: Path) -> Path:
    """Write the files as they were before the last complete day's orders arrived, as a daily run finds them."""
    folder.mkdir()
    later: set[str] = set()
    for name, key in (("order_items.csv", "CREATION_TIME_UTC"), ("order_item_options.csv", "ORDER_ID")):
        with (source / name).open(newline="") as whole, (folder / name).open("w", newline="") as part:
            rows = csv.DictReader(whole)
            writer = csv.DictWriter(part, rows.fieldnames or (), lineterminator="\n")
            writer.writeheader()
            for row in rows:
                if key == "ORDER_ID" and row[key] in later:
                    continue
                if key != "ORDER_ID" and row[key] >= DAY_BEGINS_UTC:
                    later.add(row["ORDER_ID"])
                    continue
                writer.writerow(row)
    shutil.copy(source / "date_dim.csv", folder)
    return folder


def measure(state: State, source: Path, date: str) -> Measured:
    """Run `make run` and sample the memory of its processes."""
    began = time.monotonic()
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "mwaa.local_runner",
            "--state",
            str(state.root),
            "run",
            "--source",
            str(source),
            "--date",
            date,
        ],
        cwd=REPOSITORY,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    with MemorySampler(process.pid) as sampler:
        _, errors = process.communicate()
    wall = time.monotonic() - began
    last = json.loads(state.last_run.read_text()) if state.last_run.exists() else {}
    if process.returncode != 0:
        sys.exit(f"error: the run for {date} failed ({errors.strip() or last}); its log is in {state.logs}")
    peak: dict[str, int] = {"all": sampler.peak()}
    for stage, start, end in last["spans"]:
        peak[stage] = max(peak.get(stage, 0), sampler.peak(start, end))
    return Measured(wall, stage_seconds(last["spans"]), peak)


def reference(state: State, date: str, folder: Path) -> dict[str, float]:
    """Do the same work as plain DuckDB SQL, in a process of its own."""
    export = max((state.root / "s3/business-insights-lake/landing").iterdir(), key=lambda path: path.stat().st_mtime)
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.reference", str(export / "restaurant"), date, str(folder)],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": "plugins"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        sys.exit(f"error: the reference failed: {done.stderr.strip().splitlines()[-1]}")
    return json.loads(done.stdout)


def report(runs: dict[str, Measured], plain: dict[str, float], scale: float) -> str:
    """Return the report."""
    lines = [f"scale {scale:g}, {os.cpu_count()} cores", ""]
    lines += [f"{'':<12}{'wall s':>8}{'target':>8}{'peak MiB':>10}   seconds by stage"]
    for name, run in runs.items():
        stages = "  ".join(f"{stage} {run.seconds[stage]:.1f}" for stage in STAGES if stage in run.seconds)
        lines.append(f"{name:<12}{run.wall:>8.1f}{TARGETS[name]:>8}{run.peak['all'] / MIB:>10.0f}   {stages}")
    first = runs["first load"]
    lines += ["", f"{'first load':<12}{'pipeline s':>12}{'DuckDB s':>10}{'ratio':>8}{'pipeline MiB':>14}"]
    for stage in ("silver", "facts", "marts"):
        ratio = first.seconds[stage] / plain[stage]
        memory = first.peak[stage] / MIB
        lines.append(f"{stage:<12}{first.seconds[stage]:>12.1f}{plain[stage]:>10.2f}{ratio:>8.1f}{memory:>14.0f}")
    lines.append(f"DuckDB's peak {plain['peak_bytes'] / MIB:.0f} MiB; memory is resident, summed over all processes")
    return "\n".join(lines)


def main() -> None:
    """Parse the options, measure, print."""
    options = argparse.ArgumentParser(prog="make bench", description=__doc__)
    options.add_argument("--scale", type=float, default=1.0, help="1 is 203 thousand order lines")
    scale = options.parse_args().scale
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        root = Path(folder)
        state, source = State(root / "state"), root / "source"
        print(f"generating scale {scale:g} …", flush=True)
        command = [sys.executable, "-m", "sample_data", "--out", str(source), "--scale", str(scale)]
        subprocess.run(command, cwd=REPOSITORY, check=True, stderr=subprocess.DEVNULL)
        runs = {}
        before = source_of_the_day_before(source, root / "before")
        plain: dict[str, float] = {}
        for name, files, date in (
            ("first load", before, FIRST_DAY),
            ("next day", source, NEXT_DAY),
            ("unchanged", source, NEXT_DAY),
        ):
            print(f"{name} …", flush=True)
            runs[name] = measure(state, files, date)
            print(f"  {runs[name].wall:.1f} s", flush=True)
            if not plain:
                print("reference …", flush=True)
                plain = reference(state, FIRST_DAY, root / "plain")
        print("\n" + report(runs, plain, scale), flush=True)
        print("\ndashboards …", flush=True)
        print(pages.measured(state))


if __name__ == "__main__":
    main()

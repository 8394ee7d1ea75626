"""A test run without Chromium says at its end, in plain sight, which tests it did not run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
BROWSER_TEST = "tests/streamlit_dashboard/browser/test_chromium.py"


def test_a_run_without_chromium_says_so_at_its_end(tmp_path):
    """With `-n 1`, as in `make test`, a worker skips the test and the controller must report it."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "1", BROWSER_TEST]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment = {**inherited, "PATH": str(tmp_path)}
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    *_, summary = done.stdout.partition("NOT RUN: browser tests")
    assert "1 browser tests were NOT RUN: no Chromium on this machine; install chromium" in summary

"""Chromium on this machine, and what a test run says at its end when it is missing."""

from __future__ import annotations

import shutil

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
MISSING = "no Chromium on this machine"
ADVICE = "install chromium (Debian: apt-get install chromium) and run them again"


def say_not_run(reporter: pytest.TerminalReporter) -> None:
    """Write a section that counts the browser tests that were skipped; nothing where none was."""
    skipped = [report for report in reporter.stats.get("skipped", ()) if MISSING in str(report.longrepr)]
    if skipped:
        reporter.section("NOT RUN: browser tests", sep="=", red=True, bold=True)
        reporter.line(f"{len(skipped)} browser tests were NOT RUN: {MISSING}; {ADVICE}", red=True, bold=True)

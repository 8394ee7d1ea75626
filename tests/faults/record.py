"""What the fault tests tried and what came of it: checked at once, and stored for docs/reliability.md."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.faults.lab import Lab, Played

RESULTS = Path(__file__).with_name("results.json")
ALL = os.environ.get("FAULTS") == "all"
"""Whether every fault is tried (`make test-faults`), or the fast ones only (`make test`)."""


@dataclass(frozen=True)
class Entry:
    """One pass or operator action.

    Attributes:
        group: `faults`, `outside` or `operator`.
        name: what was done.
        points: fault points, or operator actions, that were tried.
        survived: those of them after which everything was as without faults.
        cleared: how often an operator had to clear tasks that Airflow's retries did not bring through.
        polls: answered polls of the reader.
        inconsistencies: polled states that are not one release's.
        rows_lost: source rows that the ledger does not account for.
        seconds, seconds_without: how long it took, and how long the same run takes without faults; 0 where no run
            without faults compares.
    """

    group: str
    name: str
    points: int
    survived: int
    cleared: int
    polls: int
    inconsistencies: int
    rows_lost: int
    seconds: float
    seconds_without: float


class Record:
    """Checks what was played, and stores it."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._entries: list[Entry] = []

    def survived(
        self,
        group: str,
        name: str,
        played: Played,
        points: int,
        *,
        like: Played | None = None,
        ignored: tuple[str, ...] = (),
        reader_errors: bool = False,
    ) -> None:
        """Check that nothing tells the state from one without faults, and store the entry.

        Args:
            played: what was played.
            points: how many faults or actions it had.
            like: what the state must equal; the reference unless given.
            ignored: tables that may differ.
            reader_errors: whether readers may have been refused meanwhile, because the endpoint was down.
        """
        wanted = like or self._lab.reference
        reference = self._lab.reference
        allowed = [reference.outcome.state, self._lab.first.outcome.state]
        inconsistent = played.seen.inconsistent(allowed)
        problems = [line for line in played.outcome.differences(wanted.outcome) if line.split(":")[0] not in ignored]
        problems += played.outcome.left
        problems += [f"readers saw {state}" for state in inconsistent]
        if not reader_errors:
            problems += [f"a reader's query failed: {error}" for error in sorted(set(played.seen.errors))]
        lost = played.outcome.source_rows - played.outcome.explained_rows
        if lost:
            problems.append(f"{lost} rows of the source are not in the ledger")
        self._entries.append(
            Entry(
                group,
                name,
                points,
                0 if problems else points,
                sum(len(step["cleared"]) for step in played.steps),
                played.seen.polls,
                len(inconsistent),
                abs(lost),
                round(played.seconds, 1),
                round(reference.seconds, 1) if group != "operator" else 0.0,
            )
        )
        self._write()
        assert not problems, "\n".join([f"{name}:", *problems, f"log: {played.log}"])

    def _write(self) -> None:
        """Add the entries to the stored ones, when every fault was asked for."""
        if not ALL:
            return
        stored: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {"entries": []}
        mine = {(entry.group, entry.name) for entry in self._entries}
        others = [entry for entry in stored["entries"] if (entry["group"], entry["name"]) not in mine]
        entries = sorted([*others, *(asdict(entry) for entry in self._entries)], key=lambda e: (e["group"], e["name"]))
        RESULTS.write_text(json.dumps({"cores": os.cpu_count(), "entries": entries}, indent=1) + "\n")

"""The recipes of CONTRIBUTING.md, read as a person reads them: steps with a file and a block, then commands."""

from __future__ import annotations

import re
from dataclasses import dataclass

SECTION = re.compile(r"^### (Add .+)\n((?:(?!^#{2,3} ).*\n?)*)", re.MULTILINE)
STEP = re.compile(
    r"^\d+\. `(?P<path>[^`]+)`, (?:a new file|(?P<place>after|before|in place of) the line\s+`(?P<line>[^\n]+)`)"
    r"(?:(?!^\d+\. ).)*?"  # why, in words
    r"^   ```\w+\n(?P<block>.*?)^   ```$",
    re.MULTILINE | re.DOTALL,
)
COMMANDS = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Step:
    """One step: a new file, or lines to insert after, before or in place of a line that the file has once."""

    path: str
    text: str
    place: str | None
    line: str


@dataclass(frozen=True)
class Recipe:
    """What one section of CONTRIBUTING.md says to do, and the commands that must pass afterwards."""

    title: str
    steps: tuple[Step, ...]
    commands: tuple[str, ...]


def recipes(text: str) -> dict[str, Recipe]:
    """Return the recipes of a document by their titles. Steps without a block are for a person only."""
    return {title: _recipe(title, body) for title, body in SECTION.findall(text)}


def _recipe(title: str, body: str) -> Recipe:
    steps = (
        Step(found["path"], _outside_the_list(found["block"]), found["place"], found["line"] or "")
        for found in STEP.finditer(body)
    )
    commands = (command for block in COMMANDS.findall(body) for command in block.strip().splitlines())
    return Recipe(title, tuple(steps), tuple(commands))


def _outside_the_list(block: str) -> str:
    """Return a block of a numbered list without the three spaces that the list puts before each line."""
    return "".join(line.removeprefix("   ") for line in block.splitlines(keepends=True))

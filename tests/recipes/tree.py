"""A copy of the project on which a recipe is performed."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.recipes.recipe import Recipe, Step

REPOSITORY = Path(__file__).resolve().parents[2]
FOLDERS = (
    "dags", "docs", "expectations", "mwaa", "plugins", "sample_data", "spark_jobs", "streamlit_dashboard", "tests"
)  # fmt: skip
FILES = ("CONTRIBUTING.md", "LICENSE", "Makefile", "README.md", "pyproject.toml", "requirements.txt")
DRAWN = "tests/docs/test_diagrams.py::test_every_diagram_is_drawn_from_its_source"


@dataclass(frozen=True)
class Outcome:
    """Exit code and output of a command."""

    code: int
    text: str


class Tree:
    """The copy, and what one does with it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.written: list[str] = []
        for folder in FOLDERS:
            shutil.copytree(
                REPOSITORY / folder, root / folder, symlinks=True, ignore=shutil.ignore_patterns("__pycache__")
            )
        for file in FILES:
            shutil.copy(REPOSITORY / file, root / file)

    def perform(self, recipe: Recipe, without: Step | None = None) -> None:
        """Do every step of a recipe but one."""
        self.written = sorted({step.path for step in recipe.steps if (self.root / step.path).suffix == ".py"})
        for step in recipe.steps:
            if step is not without:
                self._do(step)

    def run(self, command: str, *options: str) -> Outcome:
        """Run one of the recipe's commands; `options` are for pytest.

        Raises:
            ValueError: the command is none that a recipe may name.
        """
        target, *arguments = shlex.split(command.removeprefix("make "))
        if target == "docs":
            return self._documented()
        if target == "check":
            return self._checked()
        if target == "test":
            chosen = shlex.split(arguments[0].removeprefix("ARGS="))
            drawn = [] if shutil.which("dot") else ["--deselect", DRAWN]
            return self._python("pytest", "-n", "0", "-q", "-p", "no:cacheprovider", *drawn, *options, *chosen)
        raise ValueError(f"{command!r} is none of make docs, make check, make test ARGS='…'")

    def _documented(self) -> Outcome:
        """Generate the documents; the diagrams are drawn only where there is Graphviz."""
        done = self._python("docs.build")
        undrawn = done.code == 1 and shutil.which("dot") is None and "Graphviz is missing" in done.text
        return Outcome(0, done.text) if undrawn else done

    def _checked(self) -> Outcome:
        """Check the recipe's own Python files: what is wrong elsewhere is found by `make check` itself."""
        files = [path for path in self.written if (self.root / path).exists()]
        if not files:
            return Outcome(0, "")
        style = self._python("ruff", "check", "--no-cache", *files)
        layout = self._python("ruff", "format", "--no-cache", "--check", *files)
        return Outcome(style.code or layout.code, style.text + layout.text)

    def _do(self, step: Step) -> None:
        target = self.root / step.path
        if step.place is None:
            assert not target.exists(), f"{step.path} is there already"
            target.write_text(step.text, encoding="utf-8")
            return
        lines = target.read_text(encoding="utf-8").splitlines(keepends=True)
        places = [number for number, line in enumerate(lines) if line.rstrip("\n") == step.line]
        assert len(places) == 1, f"CONTRIBUTING.md: {step.path} has the line {step.line!r} {len(places)} times"
        before, after = places[0] + (step.place == "after"), places[0] + (step.place != "before")
        target.write_text("".join((*lines[:before], step.text, *lines[after:])), encoding="utf-8")

    def _python(self, module: str, *arguments: str) -> Outcome:
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AWS_", "PYTEST_", "BIZ_INSIGHTS_"))
        }
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=self.root,
            env={**inherited, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        return Outcome(done.returncode, done.stdout + done.stderr)

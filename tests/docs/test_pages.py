"""The hand-written pages: links resolve, commands exist, quoted messages are the code's, nothing is of one machine."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
READMES = (
    "expectations/README.md",
    "mwaa/local_aws/README.md",
    "sample_data/README.md",
    "streamlit_dashboard/README.md",
)
PAGES = [
    *(REPOSITORY / name for name in ("README.md", "CONTRIBUTING.md", *READMES)),
    *sorted((REPOSITORY / "docs").glob("*.md")),
]
CODE = ("dags", "plugins/biz_insights", "plugins/biz_schema", "spark_jobs", "mwaa", "streamlit_dashboard")

FENCED = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
FOLDERS = (
    "dags",
    "docs",
    "expectations",
    "mwaa",
    "plugins",
    "sample_data",
    "spark_jobs",
    "streamlit_dashboard",
    "tests",
)
PATH = re.compile(rf"`((?:{'|'.join(FOLDERS)})/[\w./-]*)`")
MAKE = re.compile(r"\bmake ([a-z][a-z-]*)\b")
# Words that follow "make" in a sentence rather than in a command are never written in code.
IN_CODE = re.compile(r"``.*?``|`[^`]+`", re.DOTALL)
OF_A_MACHINE = re.compile(
    r"(?<![\w.~:/])/(?:home|root|work|tmp|Users|usr/local|var|opt)/|https?://[^\s)]*(?:pypi|simple/|index-url|registry)"
)


@pytest.fixture(params=PAGES, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def page(request) -> Path:
    return request.param


def anchors(page: Path) -> set[str]:
    """Anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_there_are_pages():
    expected = {"architecture.md", "naming.md", "solution-design.md", "methods.md", "data-dictionary.md", "runbook.md"}
    assert {"README.md", "CONTRIBUTING.md"} | expected <= {page.name for page in PAGES}


def test_relative_links_resolve(page):
    for target in LINK.findall(FENCED.sub("", page.read_text(encoding="utf-8"))):
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{page.name}: {target} is not there"
        if anchor and file.suffix == ".md":
            assert anchor in anchors(file), f"{page.name}: {target} names no heading"


def test_every_path_that_is_named_exists(page):
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    made_by_recipes = [Path(new).stem for new in re.findall(r"`([^`]+)`, a new file", text)]
    named = {path for path in PATH.findall(text) if not any(new in path for new in made_by_recipes)}
    assert [path for path in sorted(named) if not (REPOSITORY / path).exists()] == []


def test_every_make_target_exists(page):
    targets = set(re.findall(r"^([a-z][a-z-]*):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))
    named = {word for code in IN_CODE.findall(page.read_text(encoding="utf-8")) for word in MAKE.findall(code)}
    assert named <= targets


def test_the_readme_names_the_two_commands_first():
    first_screen = "\n".join((REPOSITORY / "README.md").read_text(encoding="utf-8").splitlines()[:20])
    assert "make run" in first_screen
    assert "make test" in first_screen


def test_nothing_is_of_one_machine(page):
    assert OF_A_MACHINE.search(page.read_text(encoding="utf-8")) is None


@cache
def messages() -> str:
    """The code with adjacent string literals joined, fields cut out, and whitespace folded."""
    files = [path for folder in CODE for path in sorted((REPOSITORY / folder).rglob("*.py"))]
    text = "\n".join(path.read_text(encoding="utf-8") for path in [*files, REPOSITORY / "Makefile"])
    joined = re.sub(r"[\"']\s*\n?\s*f?[\"']", "", text)
    return " ".join(joined.split())


def symptoms() -> list[str]:
    """What the runbook's tables quote as a message: code in a cell of a row, with … for what varies."""
    text = (REPOSITORY / "docs" / "runbook.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    quoted = [code for row in rows for code in re.findall(r"`([^`]+)`", row)]
    return [code for code in quoted if " " in code and not code.startswith(("make ", "apt-get ", "select "))]


def test_the_runbook_quotes_messages():
    assert len(symptoms()) > 30


@pytest.mark.parametrize("symptom", symptoms())
def test_a_quoted_message_is_the_code_s(symptom):
    for fixed in (part.strip(" :;,()") for part in symptom.split("…")):
        if len(fixed) > 3:
            assert fixed in messages(), f"no code says {fixed!r}"

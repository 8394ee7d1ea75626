"""Where code may stand and what it may read: the order of docs/architecture.md, no cycle, no name twice."""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict

import pytest

from tests.imports import REPOSITORY, Module, cycles, graph, modules

LAYERS = re.compile(r"```layers\n(.*?)```", re.DOTALL)
BASE, ENTRY = "(modules)", "(entry points)"
"""The files of a package that stand in no folder, and those of them that are run as scripts."""
FREE_NAMES = {"__init__", "__main__"}


def stated_order() -> dict[str, list[set[str]]]:
    """Return the ranks of rooms by package, lowest first, as docs/architecture.md states them."""
    text = (REPOSITORY / "docs" / "architecture.md").read_text(encoding="utf-8")
    (block,) = LAYERS.findall(text)
    lines = [line.partition(":") for line in block.strip().splitlines()]
    return {
        package.strip(): [{room.strip() for room in rank.split("|")} for rank in ranks.split(",")]
        for package, _, ranks in lines
    }


def room_of(module: Module, package: str, named: set[str]) -> str | None:
    """Return the room of a module within a package (`.` is the whole repository); None for a module outside of it."""
    path = module.path.as_posix()
    if package == "repository":
        return next((room for room in sorted(named, key=len, reverse=True) if path.startswith(f"{room}/")), path)
    if not path.startswith(f"{package}/"):
        return None
    rest = path.removeprefix(f"{package}/")
    if "/" in rest:
        return rest.partition("/")[0]
    return ENTRY if _is_run(module) else BASE


def _is_run(module: Module) -> bool:
    guards = [node for node in module.tree.body if isinstance(node, ast.If) and "__main__" in ast.dump(node.test)]
    return bool(guards) or module.path.name == "__main__.py"


def room_graph(package: str, named: set[str]) -> dict[str, dict[str, str]]:
    """Return, by room, the rooms it reads with one import as an example."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for name, targets in graph().items():
        reader = room_of(modules()[name], package, named)
        if reader is None:
            continue
        found.setdefault(reader, {})
        for target in targets:
            read = room_of(modules()[target], package, named)
            if read is not None and read != reader:
                found[reader].setdefault(read, f"{modules()[name].path} imports {target}")
    return dict(found)


def test_no_module_imports_itself_in_a_circle() -> None:
    assert cycles(graph()) == []


@pytest.mark.parametrize("package", stated_order())
def test_folders_read_only_what_stands_below_them(package: str) -> None:
    ranks = stated_order()[package]
    rank_of = {room: number for number, rooms in enumerate(ranks) for room in rooms}
    edges = room_graph(package, set(rank_of))
    unlisted = sorted(room for room in set(edges) - set(rank_of) if edges[room] or not room.endswith("__init__.py"))
    assert not unlisted, f"docs/architecture.md does not place {unlisted} in the order of {package}"
    empty = sorted(set(rank_of) - set(edges)) if package != "repository" else []
    assert not empty, f"docs/architecture.md places {empty} in {package}, where there is no such folder"
    against = [why for reader, read in edges.items() for room, why in read.items() if rank_of[room] >= rank_of[reader]]
    assert not against, "\n".join(["imports against the order of docs/architecture.md:", *against])


def test_every_package_with_folders_has_an_order() -> None:
    """The folders of mwaa/ are rooms of the repository, those within a room need no order of their own."""
    folders = {module.path.parent for module in modules().values()}
    divided = {folder.parent.as_posix() for folder in folders if folder.parent in folders} - {"mwaa", "plugins"}
    rooms = {f"{package}/{room}" for package, ranks in stated_order().items() for rank in ranks for room in rank}
    assert {folder for folder in divided if folder not in rooms} <= set(stated_order())


@pytest.mark.parametrize("folder", ["models", "scores", "transforms"])
def test_what_computes_does_no_input_or_output(folder: str) -> None:
    found = {name: graph()[name] for name in graph() if name.startswith(f"spark_jobs.{folder}.")}
    assert found, f"spark_jobs/{folder} has no modules"
    assert [name for name, read in found.items() if read & {"spark_jobs.storage", "spark_jobs.session"}] == []


@pytest.mark.parametrize("package", ["biz_insights", "biz_schema", "mwaa", "spark_jobs", "streamlit_dashboard", "docs"])
def test_a_module_s_name_says_which_one_is_meant(package: str) -> None:
    names = Counter(module.path.stem for name, module in modules().items() if name.partition(".")[0] == package)
    assert [name for name, count in names.items() if count > 1 and name not in FREE_NAMES] == []


@pytest.mark.parametrize("module", modules().values(), ids=lambda module: module.name)
def test_no_import_within_a_function_hides_a_name_of_the_module(module: Module) -> None:
    outside = {name for node in module.tree.body for name in _binds(node)}
    hidden = [
        f"{module.path}:{node.lineno} hides {name}"
        for function in ast.walk(module.tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in _binds(node)
        if name in outside
    ]
    assert not hidden


def _binds(node: ast.stmt | ast.AST) -> set[str]:
    """Return the names that a statement at the top of a module, or an import, defines."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Assign):
        return {target.id for target in node.targets if isinstance(target, ast.Name)}
    return {node.target.id} if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) else set()

"""The project's imports as a graph: which module reads which, wherever in the file the import stands."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
ROOTS = {
    "biz_insights": REPOSITORY / "plugins",
    "biz_schema": REPOSITORY / "plugins",
    "business_insights_plugin": REPOSITORY / "plugins",
    "business_insights_daily": REPOSITORY / "dags",
    "load_source_database": REPOSITORY / "dags",
    "docs": REPOSITORY,
    "mwaa": REPOSITORY,
    "sample_data": REPOSITORY,
    "spark_jobs": REPOSITORY,
    "streamlit_dashboard": REPOSITORY,
}
"""Top-level name of each package or module, and the folder that it is imported from."""


@dataclass(frozen=True)
class Module:
    """One Python file: its dotted name, its path from the repository, and its syntax tree."""

    name: str
    path: Path
    tree: ast.Module

    @property
    def folder(self) -> str:
        """Return the folder from the repository, with `/`."""
        return self.path.parent.as_posix()


@cache
def modules() -> dict[str, Module]:
    """Return every module of the product by its dotted name; tests are not among them."""
    found = {}
    for top, root in ROOTS.items():
        files = [root / f"{top}.py"] if (root / f"{top}.py").is_file() else sorted((root / top).rglob("*.py"))
        for file in files:
            name = ".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
            tree = ast.parse(file.read_text(encoding="utf-8"))
            found[name] = Module(name, file.relative_to(REPOSITORY), tree)
    assert found, f"there is no module below {REPOSITORY}"
    return found


def imports_of(module: Module) -> set[str]:
    """Return the modules of the product that a module imports, at its top or within a function."""
    found = {target for node in ast.walk(module.tree) for target in _targets(node)}
    return found - {module.name}


def _targets(node: ast.AST) -> Iterator[str]:
    known = modules()
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names if alias.name in known)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        for alias in node.names:
            # `from package import module` reads the module, not the package's other ones.
            whole = f"{node.module}.{alias.name}"
            if whole in known:
                yield whole
            elif node.module in known:
                yield node.module


@cache
def graph() -> dict[str, set[str]]:
    """Return what each module imports, by its name."""
    return {name: imports_of(module) for name, module in modules().items()}


def cycles(edges: dict[str, set[str]]) -> list[list[str]]:
    """Return the groups of nodes that reach each other, each in alphabetical order (Tarjan's algorithm)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for target in edges.get(node, ()):
            if target not in index:
                visit(target)
                low[node] = min(low[node], low[target])
            elif target in stack:
                low[node] = min(low[node], index[target])
        if low[node] == index[node]:
            group = []
            while not group or group[-1] != node:
                group.append(stack.pop())
            if len(group) > 1:
                found.append(sorted(group))

    for node in edges:
        if node not in index:
            visit(node)
    return sorted(found)

"""`make docs`: writes the data dictionary and data-model.dot, and draws the diagrams that are out of date."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent / "plugins"))

from docs.data_model import data_model  # noqa: E402
from docs.dictionary import data_dictionary  # noqa: E402
from docs.render import render, stale_diagrams  # noqa: E402


def main() -> int:
    """Return exit code 1 when a diagram has changed and there is no Graphviz to draw it."""
    _write(DOCS / "data-dictionary.md", data_dictionary())
    _write(DOCS / "diagrams" / "data-model.dot", data_model())
    stale = stale_diagrams(DOCS / "diagrams")
    if stale and shutil.which("dot") is None:
        names = ", ".join(path.name for path in stale)
        print(f"error: {names} changed and Graphviz is missing; install it (Debian: apt-get install graphviz)",
              file=sys.stderr)  # fmt: skip
        return 1
    for source in stale:
        print(f"rendered {render(source).relative_to(DOCS.parent)}")
    return 0


def _write(target: Path, text: str) -> None:
    """Write a generated file if its text has changed."""
    if not target.exists() or target.read_text(encoding="utf-8") != text:
        target.write_text(text, encoding="utf-8")
        print(f"wrote {target.relative_to(DOCS.parent)}")


if __name__ == "__main__":
    sys.exit(main())

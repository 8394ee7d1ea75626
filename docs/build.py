"""`make docs`: writes data-dictionary.md and renders the diagrams; changes only what is out of date."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent / "plugins"))

from docs.dictionary import data_dictionary  # noqa: E402
from docs.render import render, stale_diagrams  # noqa: E402


def main() -> int:
    """Exit code 1 when a diagram has changed and there is no Graphviz to draw it with."""
    target = DOCS / "data-dictionary.md"
    text = data_dictionary()
    if not target.exists() or target.read_text(encoding="utf-8") != text:
        target.write_text(text, encoding="utf-8")
        print(f"wrote {target.relative_to(DOCS.parent)}")
    stale = stale_diagrams(DOCS / "diagrams")
    if stale and shutil.which("dot") is None:
        names = ", ".join(path.name for path in stale)
        print(f"error: {names} changed and Graphviz is missing; install it (Debian: apt-get install graphviz)",
              file=sys.stderr)  # fmt: skip
        return 1
    for source in stale:
        print(f"rendered {render(source).relative_to(DOCS.parent)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

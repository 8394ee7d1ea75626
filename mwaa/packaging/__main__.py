"""`make package`: write the files that a deployment uploads to dist/."""

from __future__ import annotations

from mwaa.packaging.archives import REPOSITORY, build

if __name__ == "__main__":
    files = build(REPOSITORY / "dist")
    print(f"dist/: {len(files)} files, {sum(path.stat().st_size for path in files):,} bytes")

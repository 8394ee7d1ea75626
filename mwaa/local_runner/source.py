"""The source files of a run, from the user's folder or a generated sample, and their upload."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from biz_schema.source_tables import ORDER_ITEMS, SOURCE_TABLES
from mwaa.local_runner.environment import REPOSITORY, LocalRunError, State
from mwaa.packaging.archives import JOBS, jobs_zip

REQUIRED_FILE = f"{ORDER_ITEMS.name}.csv"
OPTIONAL_FILES = tuple(f"{table.name}.csv" for table in SOURCE_TABLES if table.may_be_empty)
FILES = (REQUIRED_FILE, *OPTIONAL_FILES)


def source_folder(state: State, given: str | None) -> Path:
    """Return the folder with the source files: order_items.csv, and the other two if they exist.

    Raises:
        LocalRunError: the folder or order_items.csv is missing, or a file is empty.
    """
    if given is None:
        return sample_folder(state)
    folder = Path(given).expanduser()
    if not folder.is_dir():
        raise LocalRunError(f"SOURCE={given} is not a folder; give the folder with {', '.join(FILES)}")
    if not (folder / REQUIRED_FILE).is_file():
        found = ", ".join(sorted(path.name for path in folder.iterdir() if path.suffix)) or "no file"
        raise LocalRunError(
            f"{folder / REQUIRED_FILE} is missing; SOURCE must hold {REQUIRED_FILE}, and may hold "
            f"{' and '.join(OPTIONAL_FILES)} (found: {found[:200]})"
        )
    for path in (folder / name for name in FILES):
        if path.is_file() and path.stat().st_size == 0:
            raise LocalRunError(f"{path} is empty; it needs its header and rows")
    return folder


def sample_folder(state: State) -> Path:
    """Return the folder of the generated sample, of scale 1; generate it the first time."""
    if not all((state.sample / name).is_file() for name in FILES):
        # Generate into another folder: an interrupted sample must not be used.
        making = state.sample.with_name("sample.part")
        shutil.rmtree(making, ignore_errors=True)
        made = subprocess.run(
            [sys.executable, "-m", "sample_data", "--out", str(making)],
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode != 0:
            raise LocalRunError(f"the sample could not be generated: {made.stderr.strip().splitlines()[-1]}")
        shutil.rmtree(state.sample, ignore_errors=True)
        making.rename(state.sample)
    return state.sample


def upload_source(s3: Any, bucket: str, prefix: str, folder: Path) -> None:
    """Upload the folder's files to the source bucket; delete a file there that the folder lacks."""
    for name in FILES:
        if (folder / name).is_file():
            s3.upload_file(str(folder / name), bucket, prefix + name)
        else:
            s3.delete_object(Bucket=bucket, Key=prefix + name)


def upload_jobs(s3: Any, bucket: str) -> None:
    """Upload the Glue scripts and their package to the artefact bucket, as a deployment does."""
    for name in JOBS:
        s3.upload_file(str(REPOSITORY / "spark_jobs" / name), bucket, f"spark_jobs/{name}")
    # Equal files give equal bytes: the silver step compares the ETag to see whether the code changed.
    s3.put_object(Bucket=bucket, Key="spark_jobs.zip", Body=jobs_zip())

"""The files that a deployment uploads, in the layout that MWAA and Glue need.

dist/dags/              → s3://<MWAA bucket>/dags/        (SQL and constraints travel with the DAGs)
dist/plugins.zip        → s3://<MWAA bucket>/plugins.zip  (biz_insights and the suites)
dist/requirements.txt   → s3://<MWAA bucket>/requirements.txt
dist/startup.sh         → s3://<MWAA bucket>/startup.sh
dist/artefacts/         → s3://<artefact bucket>/         (Glue scripts and their package)
"""

from __future__ import annotations

import io
import shutil
import zipfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
JOBS = ("bronze.py", "silver.py", "customer_scores.py")
LEFT_OUT = ("__pycache__", ".pyc")


def zipped(paths: list[Path]) -> bytes:
    """Return a zip of files and folders, each under its own name; the same files give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for top in paths:
            for path in [top] if top.is_file() else sorted(top.rglob("*")):
                if path.is_file() and not any(part.endswith(LEFT_OUT) for part in path.parts):
                    entry = zipfile.ZipInfo(path.relative_to(top.parent).as_posix(), (2020, 1, 1, 0, 0, 0))
                    archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def plugins_zip() -> bytes:
    """Return plugins.zip. `expectations` is a link in the repository and a folder in the zip."""
    names = ("biz_insights", "biz_schema", "expectations", ".airflowignore", "business_insights_plugin.py")
    return zipped([REPOSITORY / "plugins" / name for name in names])


def jobs_zip() -> bytes:
    """Return spark_jobs.zip: the packages that Glue gets as `--extra-py-files`."""
    return zipped([REPOSITORY / "spark_jobs", REPOSITORY / "plugins" / "biz_schema"])


def build(target: Path) -> list[Path]:
    """Write everything below `target`, which is replaced, and return the files."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(REPOSITORY / "dags", target / "dags", ignore=shutil.ignore_patterns("__pycache__"))
    (target / "plugins.zip").write_bytes(plugins_zip())
    shutil.copy(REPOSITORY / "requirements.txt", target)
    shutil.copy(REPOSITORY / "mwaa" / "startup.sh", target)
    scripts = target / "artefacts" / "spark_jobs"
    scripts.mkdir(parents=True)
    for name in JOBS:
        shutil.copy(REPOSITORY / "spark_jobs" / name, scripts)
    (target / "artefacts" / "spark_jobs.zip").write_bytes(jobs_zip())
    return sorted(path for path in target.rglob("*") if path.is_file())

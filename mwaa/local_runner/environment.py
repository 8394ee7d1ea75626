"""Folders and environment of a laptop run: what MWAA's own configuration gives in production."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
JAVA_AT_LEAST = 17


class LaptopError(RuntimeError):
    """Something a person at the keyboard can mend; the message is one line and says how."""


@dataclass(frozen=True)
class State:
    """Where a laptop keeps everything that is not code (`.local/` by default)."""

    root: Path

    def make(self) -> None:
        """Create the folder.

        Raises:
            LaptopError: it cannot be there.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LaptopError(f"{self.root} cannot be made ({error.strerror}); give another --state") from error

    @property
    def airflow_home(self) -> Path:
        return self.root / "airflow"

    @property
    def sample(self) -> Path:
        return self.root / "sample"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def last_run(self) -> Path:
        return self.root / "last_run.json"

    @property
    def endpoint_file(self) -> Path:
        return self.root / "endpoint.json"


def airflow_environment(state: State) -> dict[str, str]:
    """Airflow's configuration: the same dags/ and plugins/ folders that MWAA gets, a SQLite metadata database."""
    home = state.airflow_home
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(REPOSITORY / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPOSITORY / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        # Local services answer at once: no need for the pace that is right for AWS.
        "BIZ_INSIGHTS_POLL_SECONDS": "0.2",
        "PYTHONPATH": os.pathsep.join([str(REPOSITORY / "plugins"), str(REPOSITORY)]),
    }


def require_java() -> None:
    """Check for the Java that Spark needs.

    Raises:
        LaptopError: there is none, or it is too old.
    """
    java = shutil.which("java")
    if java is None:
        raise LaptopError(
            f"no Java found: Spark needs Java {JAVA_AT_LEAST} or newer; "
            f"install it (Debian: apt-get install openjdk-{JAVA_AT_LEAST}-jre-headless) and run again"
        )
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    version = said.split('"')[1] if '"' in said else "0"
    major = int(version.split(".")[1] if version.startswith("1.") else version.split(".")[0].split("-")[0])
    if major < JAVA_AT_LEAST:
        raise LaptopError(f"Java {version} is too old: Spark needs Java {JAVA_AT_LEAST} or newer")

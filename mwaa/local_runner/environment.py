"""Folders and environment of a local run: what MWAA's configuration provides in production."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from mwaa.local_aws.errors import EndpointError
from mwaa.local_aws.private_folder import open_private

REPOSITORY = Path(__file__).resolve().parents[2]
PROVISIONING = Path(__file__).resolve().with_name("provisioning.toml")
"""The resources that the local endpoint creates for this project."""
JAVA_AT_LEAST = 17


class LocalRunError(RuntimeError):
    """A problem that the user can fix; the message is one line and says how."""


@dataclass(frozen=True)
class State:
    """The folder of everything that is not code (`.local/` by default)."""

    root: Path

    def create(self) -> None:
        """Create the folder, or close an existing one to other users of the machine.

        Raises:
            LocalRunError: it cannot be created, or others could have changed what is in it.
        """
        try:
            changed = open_private(self.root)
        except EndpointError as error:
            raise LocalRunError(str(error)) from error
        except OSError as error:
            to_do = f"give another --state, or make {self.root.parent} writable"
            what = "opened" if self.root.is_dir() else "created"
            raise LocalRunError(f"{self.root} cannot be {what} ({error.strerror}); {to_do}") from error
        if changed:
            print(f"note: {changed}", file=sys.stderr)

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
    """Return Airflow's configuration: the dags/ and plugins/ folders that MWAA gets, and a SQLite database."""
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
        # Local services answer at once: poll more often than on AWS.
        "BIZ_INSIGHTS_POLL_SECONDS": "0.2",
        "BIZ_INSIGHTS_RESCHEDULE_SECONDS": "0.2",
        "PYTHONPATH": os.pathsep.join([str(REPOSITORY / "plugins"), str(REPOSITORY)]),
    }


def require_java() -> None:
    """Check that the Java that Spark needs is installed.

    Raises:
        LocalRunError: there is no Java, or it is too old.
    """
    java = shutil.which("java")
    if java is None:
        raise LocalRunError(
            f"no Java found: Spark needs Java {JAVA_AT_LEAST} or newer; "
            f"install it (Debian: apt-get install openjdk-{JAVA_AT_LEAST}-jre-headless) and run again"
        )
    output = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    version = output.split('"')[1] if '"' in output else "0"
    major = int(version.split(".")[1] if version.startswith("1.") else version.split(".")[0].split("-")[0])
    if major < JAVA_AT_LEAST:
        raise LocalRunError(f"Java {version} is too old: Spark needs Java {JAVA_AT_LEAST} or newer")

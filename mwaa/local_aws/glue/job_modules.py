"""`--additional-python-modules` of a Glue job: Glue installs them for the run, the laptop must have them already."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PINS = Path(__file__).resolve().parents[2] / "requirements" / "glue.txt"


def glue_modules() -> str:
    """The value of `--additional-python-modules` for the project's jobs: `name==version`, comma separated."""
    lines = (line.split("#")[0].strip() for line in PINS.read_text(encoding="utf-8").splitlines())
    return ",".join(line for line in lines if line)


def require_modules(argument: str) -> None:
    """Check that every module a job asks for is the one installed here.

    Raises:
        ValueError: a module is missing, has another version, or is named in a form other than `name==version`.
    """
    for requirement in (part.strip() for part in argument.split(",") if part.strip()):
        name, pinned, wanted = requirement.partition("==")
        if not pinned or not wanted or "/" in requirement:
            raise ValueError(
                f"--additional-python-modules names {requirement!r}: the local Glue endpoint installs nothing and "
                "takes name==version only; pin the module and lock it in mwaa/requirements/laptop.txt"
            )
        try:
            installed = version(name)
        except PackageNotFoundError:
            installed = "no version"
        if installed != wanted:
            raise ValueError(
                f"--additional-python-modules asks for {requirement} and {installed} of {name} is installed: "
                "run make setup, or write the same pin to mwaa/requirements/glue.txt and laptop.txt"
            )

"""`--additional-python-modules` of a Glue job: Glue installs them for the run; here they must be installed already."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def require_modules(argument: str) -> None:
    """Check that every module that a job asks for is installed in this Python environment in that version.

    Args:
        argument: the argument's value: `name==version`, separated by commas.

    Raises:
        ValueError: a module is missing, has another version, or is not written as `name==version`.
    """
    for requirement in (part.strip() for part in argument.split(",") if part.strip()):
        name, pinned, wanted = requirement.partition("==")
        if not pinned or not wanted or "/" in requirement:
            raise ValueError(
                f"--additional-python-modules has {requirement!r}: the local Glue endpoint installs nothing and "
                "takes name==version only; write it so, and install that version in this Python environment"
            )
        try:
            installed = version(name)
        except PackageNotFoundError:
            installed = "no version"
        if installed != wanted:
            raise ValueError(
                f"--additional-python-modules asks for {requirement} and {installed} of {name} is installed: "
                "install that version in this Python environment, or let the job ask for the installed one"
            )

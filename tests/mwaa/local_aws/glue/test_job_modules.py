"""The modules that a Glue job asks for: they are installed in that version, or the run is refused."""

from __future__ import annotations

from importlib.metadata import version

import pytest

from mwaa.local_aws.glue.job_modules import require_modules


def test_installed_modules_are_accepted() -> None:
    require_modules(f"moto=={version('moto')}, duckdb=={version('duckdb')}")


def test_no_module_is_accepted() -> None:
    require_modules("")


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        (
            f"holidays==0.1,moto=={version('moto')}",
            r"asks for holidays==0\.1 and .* is installed: install that version",
        ),
        ("no-such-module==1.0", "no version of no-such-module is installed"),
        ("holidays", "takes name==version only"),
        ("s3://bucket/holidays-0.108-py3-none-any.whl", "installs nothing"),
    ],
)
def test_other_modules_are_refused_with_the_next_step(argument: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        require_modules(argument)

"""What a Glue job asks to be installed: the laptop has it in that version, or the run is refused."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import pytest

from mwaa.local_aws.glue.job_modules import glue_modules, require_modules

LOCK = Path(__file__).resolve().parents[4] / "mwaa" / "requirements" / "laptop.txt"


def test_glue_s_pins_are_those_of_the_lock_and_are_installed():
    pins = glue_modules().split(",")
    assert "holidays" in {pin.split("==")[0] for pin in pins}
    assert set(pins) <= set(LOCK.read_text(encoding="utf-8").split())
    require_modules(glue_modules())


def test_no_module_is_fine():
    require_modules("")


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        (f"holidays==0.1,moto=={version('moto')}", r"asks for holidays==0\.1 and .* is installed: .*glue\.txt"),
        ("no-such-module==1.0", "no version of no-such-module is installed"),
        ("holidays", "takes name==version only"),
        ("s3://bucket/holidays-0.108-py3-none-any.whl", "installs nothing"),
    ],
)
def test_what_is_not_here_is_refused_with_the_next_step(argument: str, message: str):
    with pytest.raises(ValueError, match=message):
        require_modules(argument)

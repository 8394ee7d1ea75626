"""When silver must be built: after a change of the batch, of the job's code or of a setting that decides figures."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from biz_insights.settings import Settings
from biz_insights.steps import silver_steps
from biz_insights.steps.run_context import RunContext

CHANGES = {
    "business_timezone": "America/Denver",
    "price_basis": "unit_price",
    "test_app_names": "STAGING",
    "negative_lines": "quarantine",
    "missing_marks": "unknown",
    "holiday_country": "CA",
    "holiday_subdivision": "QC",
}


class Code:
    """A stand-in for S3 that returns the ETag of the job's files."""

    def client(self, _service: str) -> Any:
        return self

    def head_object(self, **_where: str) -> dict[str, str]:
        return {"ETag": "e1"}


def digest(settings: Settings) -> str:
    run = RunContext(settings, "scheduled__1", "2024-02-17")
    run.__dict__.update(session=Code())
    return silver_steps.input_fingerprint(run, "jr-1")


@pytest.fixture(autouse=True)
def one_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silver_steps, "bronze_manifest", lambda *_: SimpleNamespace())
    monkeypatch.setattr(silver_steps, "batch_fingerprint", lambda _: "batch")


@pytest.mark.parametrize("name", CHANGES)
def test_a_setting_that_decides_figures_makes_silver_due(name: str) -> None:
    assert digest(Settings()) == digest(Settings())
    assert digest(replace(Settings(), **{name: CHANGES[name]})) != digest(Settings())


def test_another_setting_does_not_make_silver_due() -> None:
    assert digest(Settings(quality_gate=50)) == digest(Settings())

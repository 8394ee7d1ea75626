"""Data Docs: Great Expectations' static site with every suite and result of a run.

Rendered once, at the end of a run, from the stored checkpoints: a task of its own, also when others failed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from biz_insights.aws import s3
from biz_insights.quality import engine
from biz_insights.quality.audit_settings import QualitySettings
from biz_insights.quality.overview_page import overview_html
from biz_insights.quality.quality_report import merge_parts, read_parts

SITE = "run"
ALL_RESULTS = "all_suites.html"


def write_data_docs(run: str, settings: QualitySettings, *, session: Any = None) -> str:
    """Render the site of a run and upload it to `<quality_uri>data_docs/`.

    Returns:
        Address of its `index.html`. The pages link to each other relatively, so a downloaded copy opens from disk.
    """
    from biz_insights.quality.checkpoint import session_for

    session = session or session_for(settings)
    target = f"{settings.quality_uri.rstrip('/')}/data_docs/"
    with tempfile.TemporaryDirectory() as folder:
        parts = read_parts(run, settings, session)
        render_site(run, parts, Path(folder))
        _write_overview(merge_parts(run, parts, (), settings.gate), Path(folder))
        s3.upload_folder(session, Path(folder), target)
    return f"{target}index.html"


def render_site(run: str, parts: Iterable[Mapping[str, Any]], folder: Path) -> None:
    """Write the site for stored checkpoints (see `results_store`) into `folder`."""
    context = _docs_context(folder)
    for part in parts:
        for validation in part["validations"].values():
            _add(context, run, part, validation)
    context.build_data_docs(site_names=[SITE])


def _write_overview(report: Mapping[str, Any], folder: Path) -> None:
    """Replace the site's own index, which gets another name, by a first page that loads nothing from the web."""
    index = folder / "index.html"
    if index.exists():
        index.rename(folder / ALL_RESULTS)
    found = folder.glob("validations/*/*/*/*.html")
    pages = {(path.stem, path.parents[2].name): path.relative_to(folder).as_posix() for path in found}
    index.write_text(overview_html(report, pages, ALL_RESULTS), encoding="utf-8")


def _docs_context(folder: Path) -> Any:
    """A new in-memory context whose one site is the folder."""
    gx = engine.great_expectations()
    context = gx.get_context(mode="ephemeral")
    for name in list(context.get_site_names()):
        context.delete_data_docs_site(name)
    context.add_data_docs_site(
        SITE,
        {
            "class_name": "SiteBuilder",
            "show_how_to_buttons": False,
            "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)},
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
            "site_section_builders": {"profiling": "None"},
        },
    )
    return context


def _add(context: Any, run: str, part: Mapping[str, Any], validation: Mapping[str, Any]) -> None:
    """Store one suite and its result where the site builder looks for them."""
    from great_expectations.core import ExpectationSuite, RunIdentifier
    from great_expectations.core.expectation_validation_result import (
        expectationSuiteValidationResultSchema,
    )
    from great_expectations.data_context.types.resource_identifiers import (
        ExpectationSuiteIdentifier,
        ValidationResultIdentifier,
    )

    run_id = RunIdentifier(run_name=run, run_time=datetime.fromisoformat(part["checked_at"]))
    result = expectationSuiteValidationResultSchema.load(dict(validation))
    result.meta = {**result.meta, "run_id": run_id, "checkpoint_name": part["checkpoint"]}
    suite = ExpectationSuite(name=result.suite_name)
    for entry in result.results:
        configuration = entry.expectation_config
        configuration.kwargs.pop("batch_id", None)
        suite.add_expectation_configuration(configuration)
    suites = context.expectations_store
    suite_key = ExpectationSuiteIdentifier(name=suite.name)
    suites.add_or_update(key=suite_key, value=suite)
    key = ValidationResultIdentifier(
        expectation_suite_identifier=suite_key,
        run_id=run_id,
        batch_identifier=part["checkpoint"],
    )
    context.validation_results_store.set(key, result)

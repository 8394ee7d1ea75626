"""The parts of Great Expectations that are not public are used for the releases that they were read for."""

from __future__ import annotations

import re
from pathlib import Path

from biz_insights.quality import engine
from biz_insights.quality import great_expectations_internals as internals

PRIVATE = re.compile(
    r"\b(?!self\.)\w+\._[a-z]\w+\(|def _validate\b|unexpected_rows_query\.table|\.assets\b|\.variables\b"
)


def test_the_library_still_has_what_the_module_replaces():
    engine.great_expectations()
    from great_expectations.datasource.fluent.sql_datasource import SQLDatasource, TableAsset
    from great_expectations.expectations import UnexpectedRowsExpectation

    assert callable(SQLDatasource._add_asset) and callable(TableAsset.test_connection)
    assert callable(UnexpectedRowsExpectation._validate)
    assert internals.ROWS_METRIC in UnexpectedRowsExpectation.metric_dependencies


def test_no_other_module_uses_them():
    folder = Path(internals.__file__).parent
    others = [path for path in folder.glob("*.py") if path.stem != "great_expectations_internals"]
    assert len(others) > 10
    assert {path.name: found for path in others if (found := PRIVATE.findall(path.read_text()))} == {}

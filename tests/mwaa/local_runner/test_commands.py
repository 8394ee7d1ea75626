"""The command line behind the Makefile."""

import sys

from biz_insights.settings import resolve
from mwaa.local_runner import __main__ as command


def test_a_wrong_setting_is_one_line_and_exit_code_1(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(
        "mwaa.local_runner.queries.query", lambda *_: resolve({"BIZ_INSIGHTS_BUSINESS_TIMEZONE": "CET"})
    )
    monkeypatch.setattr(sys, "argv", ["local_runner", "--state", str(tmp_path), "query", "select 1"])
    assert command.main() == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line == (
        "error: setting business_timezone: 'CET' is not a region of the IANA time zone list; use Europe/Brussels"
    )

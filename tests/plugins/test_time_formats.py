"""Time formats: what each accepts, which formats a text could have, and which templates are refused."""

import pytest

from biz_insights.settings import SettingsError, resolve
from biz_insights.time_formats import TimeFormatError, readings, time_format


@pytest.mark.parametrize(
    "text",
    [
        "2019-03-08",
        "2019-03-08 17:30",
        "2019-03-08T17:30:00Z",
        "2019-03-08t17:30:00.223z",
        "2019-03-08 17:30:00.123456+00",
        "2019-03-08 17:30:00 -06:00",
        "2019-03-08 17:30:00 UTC",
        "0044-03-15 10:00:00 BC",
        "20190-03-08 10:00:00+00",
        "infinity",
        "-Infinity",
    ],
)
def test_iso_accepts_year_month_day(text):
    assert time_format("iso").accepts(text)


@pytest.mark.parametrize(
    "text",
    [
        "03/08/2019",
        "3-8-2019",
        "08.03.2019",
        "03-08-19",
        "20190308",
        "2019/03/08",
        "2019-3-8",
        "2019-03-08 17:30:00 CST",
        "2019-03-08 17:30:00 America/Chicago",
        "2019-03-08 17:30:00 foo",
        "March 8, 2019",
        "8 Mar 2019",
        "1552066200",
        "now",
        "today",
        "epoch",
        "43532.73",
    ],
)
def test_iso_accepts_nothing_else(text):
    assert not time_format("iso").accepts(text)


@pytest.mark.parametrize(
    ("template", "good", "bad"),
    [
        ("MM/DD/YYYY HH24:MI", "3/8/2019 9:05", "3/8/2019"),
        ("MM/DD/YYYY HH:MI", "03/08/2019 17:05", "03/08/2019 17:05:00"),
        ("MM/DD/YYYY HH12:MI:SS AM", "03/08/2019 05:05:00 pm", "03/08/2019 05:05:00"),
        ("DD.MM.YYYY HH24:MI:SS", "08.03.2019 17:05:00.250", "08/03/2019 17:05:00"),
        ("DD.MM.YYYY HH24:MI:SS", "08.03.2019 17:05:00+01:00", "08.03.2019 17:05:00 x"),
        ("DD-Mon-YYYY", "08-MAR-2019", "08-03-2019"),
        ("YYYYMMDD", "20190308", "2019038"),
        ("YYYYMMDDTHH24MISS", "20190308T170500", "20190308 170500"),
        ("MM/DD/YY", "03/08/19", "03/08/2019"),
        ("MM/DD/YYYY", "infinity", "03/08/19"),
    ],
)
def test_a_template_accepts_only_its_own_format(template, good, bad):
    assert time_format(template).accepts(good)
    assert not time_format(template).accepts(bad)
    assert not time_format(template).accepts("2019-03-08 17:05:00")


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("03/08/2019", {"DD/MM/YYYY": "3 August 2019", "MM/DD/YYYY": "8 March 2019"}),
        ("3-8-2019 17:30", {"DD-MM-YYYY HH24:MI": "3 August 2019", "MM-DD-YYYY HH24:MI": "8 March 2019"}),
        ("25/08/2019", {"DD/MM/YYYY": "25 August 2019"}),
        ("20190308", {"YYYYMMDD": "8 March 2019"}),
        ("2019/03/08 5:30:00 PM", {"YYYY/MM/DD HH12:MI:SS AM": "8 March 2019"}),
        ("01.02.03", {"DD.MM.YY": "1 February 2003", "MM.DD.YY": "2 January 2003", "YY.MM.DD": "3 February 2001"}),
        ("08-Mar-2019", {"DD-Mon-YYYY": "8 March 2019"}),
        ("30/02/2019", {}),
        ("03/08/2019 at noon", {}),
        ("yesterday", {}),
    ],
)
def test_the_formats_that_a_text_could_have(text, means):
    assert readings(text) == means


@pytest.mark.parametrize("text", ["03/08/2019 17:30", "1-2-2019", "20190308", "01.02.03 9:15 am", "08-Mar-2019"])
def test_each_proposed_format_accepts_the_text(text):
    assert readings(text)
    for template in readings(text):
        assert time_format(template).accepts(text)


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("", "lacks the day"),
        ("MM/YYYY", "lacks the day"),
        ("MM/DD", "lacks the year"),
        ("DD/DD/YYYY", "day twice"),
        ("MM/DD/YYYY HH24", "part of a time"),
        ("MM/DD/YYYY HH24:MI AM", "write HH12 with AM"),
        ("MM/DD/YYYY HH12:MI", "write HH12 with AM"),
        ("%m/%d/%Y", "not an element"),
        ("dd/mm/jjjj", "not an element"),
    ],
)
def test_a_wrong_template_is_refused(template, says):
    with pytest.raises(TimeFormatError, match=says):
        time_format(template)
    with pytest.raises(SettingsError, match="setting source_date_format"):
        resolve({"BIZ_INSIGHTS_SOURCE_DATE_FORMAT": template})


def test_an_unknown_zone_is_refused():
    with pytest.raises(SettingsError, match="setting source_timezone: 'Chicago'"):
        resolve({"BIZ_INSIGHTS_SOURCE_TIMEZONE": "Chicago"})

"""The daily run starts at 03:00 in the business time zone, in any zone and season."""

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pendulum
import pytest
from airflow import plugins_manager
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import Variable
from airflow.serialization.serialized_objects import DagSerialization
from airflow.timetables.base import TimeRestriction

from biz_insights.dag.timetable import BusinessTimetable
from biz_insights.settings import SettingsError
from biz_insights.source.export import resolve_process_date
from mwaa.local_runner.environment import REPOSITORY
from mwaa.packaging.archives import plugins_zip
from tests.dags.test_policy import DAGS_FOLDER

CACHED = (plugins_manager._get_plugins, plugins_manager.get_timetables_plugins)


@pytest.fixture
def plugins(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Airflow with this project's plugins, as on MWAA."""
    monkeypatch.setattr("airflow.settings.PLUGINS_FOLDER", str(REPOSITORY / "plugins"))
    for function in CACHED:
        function.cache_clear()
    yield
    for function in CACHED:
        function.cache_clear()


def stored(monkeypatch: pytest.MonkeyPatch, zone: str):
    """Return the daily DAG as the scheduler reads it, after the DAG processor stored it with this zone."""
    with monkeypatch.context() as processor:
        processor.setenv("BIZ_INSIGHTS_BUSINESS_TIMEZONE", zone)
        dag = DagBag(str(DAGS_FOLDER)).dags["business_insights_daily"]
        data = json.loads(json.dumps(DagSerialization.to_dict(dag)))
    return DagSerialization.from_dict(data)


def starts(timetable, first: datetime, days: int) -> list[datetime]:
    """Return the start times of the next `days` runs after `first`."""
    restriction = TimeRestriction(pendulum.instance(first), None, catchup=True)
    found, last = [], None
    for _ in range(days):
        info = timetable.next_dagrun_info(last_automated_data_interval=last, restriction=restriction)
        found.append(info.run_after)
        last = info.data_interval
    return found


@pytest.mark.parametrize(
    ("zone", "first", "hours"),
    [
        ("Pacific/Honolulu", date(2026, 11, 20), {3}),
        ("Asia/Kolkata", date(2026, 11, 20), {3}),
        ("America/Chicago", date(2026, 3, 5), {3}),  # summer time begins on the 8th
        ("America/Chicago", date(2026, 10, 29), {3}),  # and ends on 1 November
        ("Pacific/Auckland", date(2026, 9, 24), {3}),
        ("Pacific/Auckland", date(2026, 4, 2), {3}),
        ("Europe/Helsinki", date(2026, 3, 26), {3, 4}),  # on the 29th there is no 03:00: the clock jumps to 04:00
        ("Europe/Helsinki", date(2026, 10, 22), {3}),  # on the 25th there are two 03:00
        ("Africa/Cairo", date(2026, 4, 22), {3}),  # the clock jumps at midnight
        ("UTC", date(2026, 11, 20), {3}),
    ],
)
def test_each_run_starts_at_three_for_the_local_day_that_just_ended(
    plugins: None, monkeypatch: pytest.MonkeyPatch, zone: str, first: date, hours: set[int]
) -> None:
    local = ZoneInfo(zone)
    at_noon = datetime(first.year, first.month, first.day, 12, tzinfo=local)
    runs = starts(stored(monkeypatch, zone).timetable, at_noon.astimezone(UTC), 8)
    wall_clock = [run.astimezone(local) for run in runs]
    assert [run.date() for run in wall_clock] == [first + timedelta(days=number) for number in range(1, 9)]
    assert {run.hour for run in wall_clock} == hours
    assert {run.minute for run in wall_clock} == {0}
    assert [resolve_process_date(None, run, zone) for run in runs] == [
        (first + timedelta(days=number)).isoformat() for number in range(8)
    ]


def test_the_scheduler_uses_the_zone_that_was_stored_with_the_dag(
    plugins: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BIZ_INSIGHTS_BUSINESS_TIMEZONE", raising=False)
    for zone in ("Pacific/Honolulu", "Asia/Kolkata"):
        monkeypatch.setattr(Variable, "get", lambda *_, zone=zone, **__: json.dumps({"business_timezone": zone}))
        assert BusinessTimetable("0 3 * * *").serialize()["timezone"] == zone
    # The scheduler uses the stored zone and reads no setting.
    scheduled = stored(monkeypatch, "America/Chicago").timetable
    monkeypatch.setattr(Variable, "get", lambda *_, **__: pytest.fail("the scheduler read a Variable"))
    assert isinstance(scheduled, BusinessTimetable)
    assert starts(scheduled, datetime(2026, 11, 20, tzinfo=UTC), 1)[0].hour == 9
    assert scheduled.serialize()["timezone"] == "America/Chicago"
    assert scheduled.description == "At 03:00 in America/Chicago"


def test_parsing_the_dag_file_reads_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every worker parses the file for every task."""
    monkeypatch.setattr(Variable, "get", lambda *_, **__: pytest.fail("a Variable was read"))
    bag = DagBag(str(DAGS_FOLDER))
    assert bag.import_errors == {}
    assert "business_insights_daily" in bag.dags


def test_a_wrong_zone_is_refused_when_the_dag_is_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BIZ_INSIGHTS_BUSINESS_TIMEZONE", "America/Chicargo")
    with pytest.raises(SettingsError, match=r"business_timezone.*America/Chicargo"):
        BusinessTimetable("0 3 * * *").serialize()


def test_the_plugin_is_in_the_package() -> None:
    with zipfile.ZipFile(io.BytesIO(plugins_zip())) as archive:
        assert {"business_insights_plugin.py", "biz_insights/dag/timetable.py"} <= set(archive.namelist())

"""Records of passed audits: a publish gets exactly the build that passed, and no other."""

from __future__ import annotations

import pytest

from biz_insights.errors import PermanentError
from biz_insights.lake.audits import PassedAudit, build_identity, record_audit, require_audit
from biz_insights.lake.builds import Column, PartitionBuild, TableBuild
from tests.protocol.aws_in_memory import SessionInMemory

DAYS = TableBuild(
    "gold_x",
    (Column("net_sales", "double"),),
    Column("order_date", "date"),
    (PartitionBuild("2024-01-01", "s3://lake/q1/", "f1", 3, "12.5000", "9.0000", 1, 900),),
    ("2024-01-02",),
)
WHOLE = TableBuild("silver_date_dim", DAYS.columns, None, (PartitionBuild("", "s3://lake/d/", "f2"),))
PASSED = PassedAudit("silver", "manual-1", "jr-1", (DAYS, WHOLE), ("gold_x__c1",))


@pytest.fixture
def session() -> SessionInMemory:
    return SessionInMemory(())


def test_a_record_is_read_back_as_it_was_written(session: SessionInMemory) -> None:
    uri = record_audit(session, "s3://lake/ops/", PASSED, 2)
    assert uri == "s3://lake/ops/audits/manual-1/silver/try=2.json"
    assert require_audit(session, uri, "jr-1") == PASSED


def test_another_build_and_a_missing_record_are_refused(session: SessionInMemory) -> None:
    uri = record_audit(session, "s3://lake/ops/", PASSED, 1)
    expected = "checkpoint silver passed the build jr-1, and this is the build jr-2, which no checkpoint has passed"
    with pytest.raises(PermanentError, match=expected):
        require_audit(session, uri, "jr-2")
    with pytest.raises(PermanentError, match=r"there is no passed audit at s3://lake/none\.json; clear the audit task"):
        require_audit(session, "s3://lake/none.json", "jr-1")


def test_the_tables_of_all_queries_are_the_identity_of_a_gold_build() -> None:
    assert build_identity("jr-1") == "jr-1" and build_identity(["q_p0", "q_p1"]) == "q_p0,q_p1"
    assert build_identity(["q_p0"]) != build_identity(["q_p1"])

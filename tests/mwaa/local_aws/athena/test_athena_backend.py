"""The backend's attributes are plain data: they can be saved and loaded."""

from __future__ import annotations

import pickle

from moto.athena.models import athena_backends

from mwaa.local_aws.athena.athena_backend import QueryExecution
from mwaa.local_aws.layout import ACCOUNT_ID, REGION
from tests.mwaa.local_aws.athena.shop import Shop


def test_executions_can_be_pickled_and_loaded(shop: Shop) -> None:
    succeeded, failed = shop.run("SELECT 1")["QueryExecutionId"], shop.run("SELECT nett FROM sales")["QueryExecutionId"]
    loaded = pickle.loads(pickle.dumps(vars(athena_backends[ACCOUNT_ID][REGION])))["executions"]
    assert loaded[succeeded].outcome.row_count == 1
    assert loaded[failed].failure.reason.startswith("COLUMN_NOT_FOUND")


def test_a_query_that_a_restart_interrupted_is_failed(shop: Shop) -> None:
    executions = athena_backends[ACCOUNT_ID][REGION].executions
    executions["interrupted"] = QueryExecution(
        id="interrupted", query="SELECT 1", database="shop", catalog_name="AwsDataCatalog", workgroup_name="primary",
        output="s3://x/", enforced=False, execution_parameters=None, state="RUNNING",
    )  # fmt: skip
    status = shop.athena.get_query_execution(QueryExecutionId="interrupted")["QueryExecution"]["Status"]
    assert status["State"] == "FAILED"
    assert "stopped while this query ran" in status["StateChangeReason"]

"""Errors of AWS calls that pass by themselves, and those that do not."""

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from biz_insights.aws.transient_errors import is_transient, is_transient_text


def refused(code: str, status: int = 400) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "GetJobRun")


@pytest.mark.parametrize(
    "error",
    [
        refused("ThrottlingException"),
        refused("TooManyRequestsException"),
        refused("InternalServiceException", 500),
        refused("SlowDown", 503),
        EndpointConnectionError(endpoint_url="https://glue"),
        ReadTimeoutError(endpoint_url="https://glue"),
    ],
    ids=str,
)
def test_faults_of_the_service_and_the_network_pass(error):
    assert is_transient(error)
    # As Great Expectations keeps it: the text, with a class in front.
    assert is_transient_text(f"OperationalError: {error}")


@pytest.mark.parametrize("error", [refused("AccessDeniedException"), refused("InvalidRequestException"), ValueError()])
def test_a_refusal_does_not_pass(error):
    assert not is_transient(error)
    assert not is_transient_text(str(error))

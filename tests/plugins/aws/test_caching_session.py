"""The session creates each client once."""

from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
from botocore.config import Config

from biz_insights.aws.caching_session import CachingSession


@pytest.fixture
def session() -> CachingSession:
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}
    return CachingSession(boto3.Session(**keys, region_name="us-east-1"))


def test_equal_arguments_get_the_same_client(session):
    config = Config(connect_timeout=1)
    made = [session.client("s3"), session.client("s3", region_name="us-west-2"), session.client("s3", config=config)]
    assert len({id(client) for client in made}) == 3
    assert [client.meta.region_name for client in made] == ["us-east-1", "us-west-2", "us-east-1"]
    again = [session.client("s3"), session.client("s3", region_name="us-west-2"), session.client("s3", config=config)]
    assert [id(client) for client in again] == [id(client) for client in made]


def test_threads_get_the_same_client(session):
    with ThreadPoolExecutor(4) as pool:
        assert len({id(client) for client in pool.map(session.client, ["glue"] * 8)}) == 1


def test_other_attributes_come_from_the_wrapped_session(session):
    assert session.region_name == "us-east-1"
    assert session.get_credentials().access_key == "a"
    with pytest.raises(AttributeError):
        _ = session.no_such_thing

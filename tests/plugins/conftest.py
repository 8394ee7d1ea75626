"""Fixtures for tests of the lake: a session, and a bucket and a database that no other test uses."""

from __future__ import annotations

import uuid
from typing import Any

import boto3
import pytest


@pytest.fixture
def session(endpoint: Any) -> Any:
    """A boto3 session on the endpoint."""
    return boto3.session.Session(region_name="us-east-1")


@pytest.fixture
def lake_bucket(session: Any) -> str:
    """An empty bucket that no other test uses."""
    name = f"lake-{uuid.uuid4().hex[:12]}"
    session.client("s3").create_bucket(Bucket=name)
    return name


@pytest.fixture
def published(session: Any) -> str:
    """An empty Glue database that no other test uses."""
    name = f"published_{uuid.uuid4().hex[:12]}"
    session.client("glue").create_database(DatabaseInput={"Name": name})
    return name

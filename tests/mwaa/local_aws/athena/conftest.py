"""The endpoint with the lake of a small shop in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mwaa.local_aws.server.endpoint import LocalEndpoint
from tests.mwaa.local_aws.athena.shop import Shop, write_lake


@pytest.fixture(scope="session")
def shop(endpoint: LocalEndpoint, aws: Callable[[str], Any]) -> Shop:
    found = Shop(endpoint.layout.s3, aws("athena"), aws("glue"))
    write_lake(found)
    return found

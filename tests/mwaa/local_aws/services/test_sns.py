"""SNS: published messages are also lines in a file."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mwaa.local_aws.server.endpoint import LocalEndpoint


def test_published_messages_can_be_read(endpoint: LocalEndpoint, aws: Callable[[str], Any]) -> None:
    topic = aws("sns").create_topic(Name="business-insights-alerts")["TopicArn"]
    aws("sns").publish(TopicArn=topic, Subject="Quality", Message="score 72 < 80 — naïve")
    with pytest.raises(ClientError):
        aws("sns").publish(TopicArn=f"{topic}-unknown", Message="lost")
    lines = (endpoint.layout.sns / "business-insights-alerts.jsonl").read_text().splitlines()
    last = json.loads(lines[-1])
    assert (last["subject"], last["message"], last["topic_arn"]) == ("Quality", "score 72 < 80 — naïve", topic)

"""A Glue client whose GetPartitions parses only the fields that the catalog reads.

botocore turns each value of a response into an object, column schemas included. For a thousand partitions that takes
half a second, and the catalog reads three fields. This module removes the other fields from the raw response before
botocore parses it. botocore does not promise to keep this event and the form of the raw response: see `HOLDS_FOR`.
"""

from __future__ import annotations

import json
from typing import Any

HOLDS_FOR = {"botocore": ("1.35", "2")}
"""By package: the first version that this was checked with, and the first version outside.

It covers the event `before-parse.glue.GetPartitions` with `status_code` and `body`.
"""


def glue_client(session: Any) -> Any:
    """Return the session's Glue client; its GetPartitions returns values, parameters and locations only."""
    client = session.client("glue")
    client.meta.events.register("before-parse.glue.GetPartitions", shorten, unique_id="short_partition_responses")
    return client


def shorten(response_dict: dict[str, Any], **_: Any) -> None:
    """Replace the body of a successful raw response by one with the fields that a catalog reads."""
    if response_dict["status_code"] != 200:
        return
    page = json.loads(response_dict["body"])
    page["Partitions"] = [
        {
            "Values": partition["Values"],
            "Parameters": partition.get("Parameters", {}),
            "StorageDescriptor": {"Location": partition["StorageDescriptor"]["Location"]},
        }
        for partition in page["Partitions"]
    ]
    response_dict["body"] = json.dumps(page).encode()

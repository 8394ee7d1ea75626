"""A Glue client that parses only what a catalog reads of GetPartitions.

botocore turns each value of a response into an object, column schemas included: for a thousand partitions that is half
a second, and the catalog reads three fields. This module removes the other fields from the raw response before
botocore parses it. The event and the form of the raw response are not documented as stable, hence `HOLDS_FOR`.
"""

from __future__ import annotations

import json
from typing import Any

HOLDS_FOR = ("1.35", "2")
"""First version of botocore that this was tried with, and the first version that is outside of it."""


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

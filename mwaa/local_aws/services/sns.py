"""SNS: moto's, and each published message is also a line in `DIR/sns/<topic>.jsonl`, because no mail is sent."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from moto.sns.responses import SNSResponse

_folder: Path | None = None


def install_message_folder(folder: Path | None) -> None:
    """Write published messages below `folder` from now on; None stops writing."""
    global _folder
    _folder = folder


class LocalSnsResponse(SNSResponse):
    """One SNS API call."""

    def publish(self):  # type: ignore[no-untyped-def]
        response = super().publish()
        topic_arn = self._get_param("TopicArn") or self._get_param("TargetArn")
        if _folder is not None and topic_arn:
            message = {
                "published_at": datetime.now(UTC).isoformat(timespec="seconds"),
                "topic_arn": topic_arn,
                "subject": self._get_param("Subject"),
                "message": self._get_param("Message"),
            }
            with (_folder / f"{topic_arn.rpartition(':')[2]}.jsonl").open("a", encoding="utf-8") as log:
                log.write(json.dumps(message, ensure_ascii=False) + "\n")
        return response

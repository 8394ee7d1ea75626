"""The one-line error message that Glue shows for a failed Python job."""

from __future__ import annotations

import re

# Glue cuts ErrorMessage to this length: a Spark exception can contain a whole query plan.
MAX_MESSAGE = 2048

_EXCEPTION_LINE = re.compile(r"^(?:[A-Za-z_]\w*\.)*(?P<name>[A-Za-z_]\w*)(?:: (?P<message>.*))?$")


def last_exception(log: str) -> str | None:
    """Return the exception that ended the script, as `ClassName: first line of its message`.

    It is the one of the last traceback in a Python log; None when there is no traceback. As on Glue, the class is named
    without its module.
    """
    lines = log.splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("Traceback (most recent call last)")]
    if not starts:
        return None
    for number in range(starts[-1] + 1, len(lines)):
        line = lines[number]
        if not line or line[0].isspace():
            continue
        match = _EXCEPTION_LINE.match(line)
        if match is None:
            return line[:MAX_MESSAGE]
        name, message = match["name"], match["message"]
        if message is None:
            return name
        return f"{name}: {message.strip()}"[:MAX_MESSAGE]
    return None

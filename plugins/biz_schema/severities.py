"""How much a failed expectation counts."""

from __future__ import annotations

from collections.abc import Mapping

WEIGHTS: Mapping[str, int] = {"critical": 3, "warning": 1, "info": 0}
"""Weight in the score by severity, the most severe first: critical blocks the publish, warning lowers the score, info
is only shown."""

SEVERITIES = tuple(WEIGHTS)

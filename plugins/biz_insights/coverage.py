"""How much of a period a comparison with an earlier one rests on, and when that is too little to compare.

The marts, the dashboards and the daily report all take the share from here.
"""

from __future__ import annotations

from dataclasses import dataclass

LEAST_COMPARED_SHARE = 0.8
"""A comparison of which a smaller part can be compared is withheld."""


@dataclass(frozen=True)
class Coverage:
    """``compared`` of the ``of`` days (or other ``unit``s) of a comparison have a figure on both sides."""

    compared: int
    of: int
    unit: str = "days"

    @property
    def enough(self) -> bool:
        """Whether the comparison may be shown."""
        return self.of > 0 and self.compared >= LEAST_COMPARED_SHARE * self.of

    @property
    def text(self) -> str:
        """``358 of 365 days compared``."""
        if not self.of:
            return "nothing to compare with"
        return f"{self.compared:,} of {self.of:,} {self.unit} compared"

    @property
    def short(self) -> str:
        """``358 of 365 days``, where it is said elsewhere what for."""
        return f"{self.compared:,} of {self.of:,} {self.unit}" if self.of else "nothing before"

    @property
    def withheld(self) -> str:
        """Why there is no comparison, in a sentence; empty where there is one."""
        if self.enough:
            return ""
        return f"Withheld: {self.text}, fewer than {least_share()}." if self.of else "There is nothing to compare with."


def least_share() -> str:
    """``80 %``."""
    return f"{LEAST_COMPARED_SHARE:.0%}".replace("%", " %")

"""The coverage of a comparison: how many days of two periods can be compared, and how many are needed.

The marts, the dashboards and the daily report all read the limit from here.
"""

from __future__ import annotations

from dataclasses import dataclass

LEAST_COMPARED_SHARE = 0.8
"""The least share of days that must have a figure on both sides. With fewer days no comparison is shown."""


@dataclass(frozen=True)
class Coverage:
    """The coverage of one comparison.

    Attributes:
        compared: days (or another `unit`) with a figure on both sides.
        of: all days of the comparison.
        unit: plural of what is counted.
    """

    compared: int
    of: int
    unit: str = "days"

    @property
    def enough(self) -> bool:
        """Return whether the comparison may be shown."""
        return self.of > 0 and self.compared >= LEAST_COMPARED_SHARE * self.of

    @property
    def text(self) -> str:
        """Return the coverage as text: `358 of 365 days compared`."""
        if not self.of:
            return "nothing to compare with"
        return f"{self.compared:,} of {self.of:,} {self.unit} compared"

    @property
    def short(self) -> str:
        """Return the coverage as a short text: `358 of 365 days`."""
        return f"{self.compared:,} of {self.of:,} {self.unit}" if self.of else "nothing before"

    @property
    def withheld(self) -> str:
        """Return a sentence that says why there is no comparison. Empty when there is one."""
        if self.enough:
            return ""
        return f"Withheld: {self.text}, fewer than {least_share()}." if self.of else "There is nothing to compare with."


def least_share() -> str:
    """Return the least share of compared days as text: `80 %`."""
    return f"{LEAST_COMPARED_SHARE:.0%}".replace("%", " %")

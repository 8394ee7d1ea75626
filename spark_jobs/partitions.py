"""Partitions of a build: what identifies their content, what they hold, and what changed since the last publish."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Fingerprint:
    """Content of a partition: its number of rows, and the sum of the rows' 64-bit hashes.

    A sum does not depend on the order of the rows, and unlike XOR two equal rows do not cancel out. A table with money
    has its sum (`amount`) and the amount of one row that is farthest from zero (`largest_amount`, without its sign).
    They follow from the content and are not part of the text.
    """

    rows: int
    hash_sum: int
    amount: Decimal | None = None
    largest_amount: Decimal | None = None

    @property
    def text(self) -> str:
        """`<rows>-<32 hex digits>`; the sum is taken modulo 2^128."""
        return f"{self.rows}-{self.hash_sum % (1 << 128):032x}"


@dataclass(frozen=True)
class Partition:
    """One partition in a manifest; `change` is new, changed, unchanged or deleted.

    The amounts are exact decimal texts, or None for a table without money.
    """

    rows: int
    fingerprint: str
    change: str
    amount: str | None = None
    largest_amount: str | None = None

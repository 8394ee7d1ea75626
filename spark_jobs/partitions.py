"""Partitions of a build: what identifies their content, and what changed since the published ones."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fingerprint:
    """Content of a partition: its number of rows, and the sum of the rows' 64-bit hashes.

    A sum does not depend on the order of the rows, and unlike XOR two equal rows do not cancel out.
    """

    rows: int
    hash_sum: int

    @property
    def text(self) -> str:
        """`<rows>-<32 hex digits>`; the sum is taken modulo 2^128."""
        return f"{self.rows}-{self.hash_sum % (1 << 128):032x}"


@dataclass(frozen=True)
class Partition:
    """One partition in a manifest; `change` is new, changed, unchanged or deleted."""

    rows: int
    fingerprint: str
    change: str

"""The inputs of a run, its random streams, and how the profile's counts scale."""

import zlib
from dataclasses import dataclass

import numpy as np

SMALLEST_SCALE, LARGEST_SCALE = 0.005, 1000.0
DEFAULT_SEED = 20240218


@dataclass(frozen=True)
class Settings:
    """A run's inputs: the same settings always give byte-identical files."""

    scale: float = 1.0
    seed: int = DEFAULT_SEED
    negative_options: bool = False

    def __post_init__(self) -> None:
        if not SMALLEST_SCALE <= self.scale <= LARGEST_SCALE:
            raise ValueError(
                f"scale {self.scale:g} is outside {SMALLEST_SCALE:g} to {LARGEST_SCALE:g}: choose one inside"
            )
        if self.seed < 0:
            raise ValueError(f"seed {self.seed} is negative: choose 0 or more")

    @property
    def customers(self) -> int:
        """Customers of the buying process; 20,167 at scale 1."""
        return round(20_167 * self.scale)

    def stream(self, subject: str, *position: int) -> np.random.Generator:
        """Return the random generator of a subject; each has its own, so its draws do not change those of others."""
        return np.random.default_rng([self.seed, zlib.crc32(subject.encode()), *position])


def scaled(count: int, scale: float, minimum: int) -> int:
    """A count of the profile at this scale, never below `minimum`."""
    return max(minimum, round(count * scale))


def quota(count: int, scale: float, done: int, size: int, total: int, minimum: int) -> tuple[int, int]:
    """How many of a planted count are due before and after a chunk of `size` of `total`."""
    wanted = scaled(count, scale, minimum)
    return round(wanted * done / total), round(wanted * (done + size) / total)

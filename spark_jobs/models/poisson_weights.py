"""Bootstrap weights that every machine can compute alone: Poisson(1) counts from a hash of the customer key.

Resampling n customers with replacement gives each a Binomial(n, 1/n) count; for many customers that is Poisson(1),
independent of the other customers, so no machine needs to know n or the draws of another. Source: N. Chamandy,
O. Muralidharan, A. Najmi, S. Naidu, "Estimating Uncertainty for Massive Data Streams", Google 2012.
"""

import math

import numpy as np
import numpy.typing as npt

REPLICATES = 200

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIXERS = ((np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)), (np.uint64(27), np.uint64(0x94D049BB133111EB)))
_LAST_SHIFT = np.uint64(31)
_PARTS = 4  # 16-bit parts of one 64-bit hash


def _poisson_of_16_bits() -> npt.NDArray[np.uint8]:
    """Poisson(1) quantile of the middle of each of 2^16 equal slices of probability: mean and variance 1 to 1e-4."""
    at_most = np.cumsum([math.exp(-1) / math.factorial(count) for count in range(12)])
    return np.searchsorted(at_most, (np.arange(1 << 16) + 0.5) / (1 << 16)).astype(np.uint8)


_QUANTILES = _poisson_of_16_bits()


def poisson_weights(keys: npt.NDArray[np.int64], replicates: int = REPLICATES) -> npt.NDArray[np.uint8]:
    """(keys, replicates) counts: the same key gives the same row, whatever else is in the array.

    `keys` are 64-bit hashes of the customer; each replicate takes 16 bits of a SplitMix64 stream seeded by the key.
    """
    draws = -(-replicates // _PARTS)
    with np.errstate(over="ignore"):
        steps = np.arange(1, draws + 1, dtype=np.uint64) * _GOLDEN
        state = keys.astype(np.int64).view(np.uint64)[:, None] + steps[None, :]
        for shift, factor in _MIXERS:
            state = (state ^ (state >> shift)) * factor
    bits = (state ^ (state >> _LAST_SHIFT)).astype("<u8").view("<u2")
    return _QUANTILES[bits[:, :replicates]]

"""Ids as the source writes them: 24 hex characters, the first eight the creation second, like ObjectIds."""

import numpy as np
import pyarrow as pa

from sample_data.arrays import Bytes, Ints, Words

HEX = 24
CARD_DIGITS = 16
_PAIRS = np.frombuffer("".join(f"{value:02x}" for value in range(256)).encode(), dtype="<u2")


def mixed(seed: int, subject: int, number: Ints) -> Words:
    """64 well mixed bits of (seed, subject, number): SplitMix64's finaliser."""
    salt = (seed * 1_000_003 + subject * 7_919) % 2**63
    with np.errstate(over="ignore"):
        bits = (number.astype(np.uint64) + np.uint64(salt)) * np.uint64(0x9E3779B97F4A7C15)
        bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return np.asarray(bits ^ (bits >> np.uint64(31)))


def fixed_width_text(characters: Bytes) -> pa.Array:
    """An Arrow string array from a (rows, width) matrix of ASCII bytes."""
    rows, width = characters.shape
    offsets = np.arange(rows + 1, dtype=np.int32) * np.int32(width)
    return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(characters)))


def hex_ids(epoch_seconds: Ints, bits: Words) -> pa.Array:
    """24-character lower-case ids: creation second, then 64 mixed bits."""
    raw = np.empty((len(bits), HEX // 2), dtype=np.uint8)
    raw[:, :4] = epoch_seconds.astype(">u4").view(np.uint8).reshape(-1, 4)
    raw[:, 4:] = bits.astype(">u8").view(np.uint8).reshape(-1, 8)
    return fixed_width_text(_PAIRS[raw].view(np.uint8).reshape(-1, HEX))


def card_numbers(bits: Words) -> pa.Array:
    """16 digits, some with a leading zero: a card number is text."""
    digits = np.empty((len(bits), CARD_DIGITS), dtype=np.uint8)
    rest = bits % np.uint64(10**CARD_DIGITS)
    for place in range(CARD_DIGITS - 1, -1, -1):
        digits[:, place] = (rest % np.uint64(10)).astype(np.uint8) + ord("0")
        rest = rest // np.uint64(10)
    return fixed_width_text(digits)

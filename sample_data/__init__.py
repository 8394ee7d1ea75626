"""A deterministic generator of realistic restaurant source files, and of the true values behind them."""

from sample_data.generator import FILES, generate
from sample_data.settings import DEFAULT_SEED, Settings

__all__ = ["DEFAULT_SEED", "FILES", "Settings", "generate"]

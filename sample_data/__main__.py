"""Command line: `python -m sample_data --out DIR [--scale 1] [--seed 20240218] [--negative-options]`."""

import argparse
import sys
import time
from pathlib import Path

from sample_data.generator import FILES, generate
from sample_data.settings import DEFAULT_SEED, LARGEST_SCALE, SMALLEST_SCALE, Settings

SECONDS_BETWEEN_REPORTS = 2.0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sample_data",
        description="Write realistic restaurant source files (three CSVs) and the truth behind them.",
        epilog="The same scale, seed and flags always give byte-identical files.",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for " + ", ".join(FILES))
    parser.add_argument(
        "--scale",
        type=float,
        default=1.0,
        help=f"1 is about 203,000 lines over four years; {SMALLEST_SCALE:g} to {LARGEST_SCALE:g} (default %(default)g)",
    )
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="default %(default)d")
    parser.add_argument(
        "--negative-options",
        action="store_true",
        help="add discounts as negative options; order_items.csv stays the same",
    )
    return parser


class Reporter:
    """Writes progress to stderr, at most one line every two seconds."""

    def __init__(self) -> None:
        self.started = self.reported = time.monotonic()

    def __call__(self, message: str) -> None:
        now = time.monotonic()
        if now - self.reported >= SECONDS_BETWEEN_REPORTS:
            self.reported = now
            print(f"sample_data: {now - self.started:5.0f} s  {message}", file=sys.stderr, flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Return the exit code: 0, or 2 after a one-line error."""
    options = _parser().parse_args(arguments)
    reporter = Reporter()
    try:
        settings = Settings(options.scale, options.seed, options.negative_options)
        truth = generate(settings, options.out, reporter)
    except ValueError as error:
        print(f"sample_data: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"sample_data: cannot write {options.out}: {error.strerror}: choose another --out", file=sys.stderr)
        return 2
    counts, seconds = truth["counts"], time.monotonic() - reporter.started
    print(
        f"sample_data: {counts['lines']:,} lines, {counts['orders']:,} orders, {counts['option_rows']:,} options"
        f" in {options.out} ({seconds:.1f} s)",
        file=sys.stderr,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())

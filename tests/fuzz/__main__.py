"""Fuzz a target by coverage: `python -m tests.fuzz yml -max_total_time=60 corpus`.

atheris (libFuzzer) changes bytes, keeps what reaches new lines of recsql, and stops at
the first exception; the input that caused it is written to a file. What it found goes
to SEEDS of test_targets.py, from which it starts, so that it stays fixed.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["recsql", "yaml", "sqlglot", "tests.fuzz"]):
    from tests.fuzz.targets import TARGETS
    from tests.fuzz.test_targets import SEEDS


def main() -> None:
    """Run the target that the first argument names; the others are libFuzzer's."""
    program, name, *options = sys.argv
    for corpus in filter(Path.is_dir, map(Path, options)):
        for number, seed in enumerate(SEEDS[name]):
            (corpus / f"seed_{number}").write_bytes(seed)
    atheris.Setup([program, *options], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()

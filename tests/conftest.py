"""Fixtures for every test folder; the worlds themselves are made in `tests.worlds`."""

from __future__ import annotations

import gc
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.skips import pytest_sessionfinish, pytest_terminal_summary
from tests.worlds import EVERY_FIGURE, World, random_lines, tiny_world

__all__ = ["pytest_sessionfinish", "pytest_terminal_summary"]  # hooks of pytest

# A job in the background ignores ctrl-C and so would every process that a test starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """Let what is there for the whole run not be looked at by each collection."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of reference data beside the checkout; tests skip without it."""
    if not SHARED.exists():
        pytest.skip("reference data is missing: ../shared/data beside the checkout")
    return SHARED


@pytest.fixture(scope="session", params=[1, 2])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """A small random world with every model built; read it, never change it."""
    with tiny_world(random_lines(request.param), **EVERY_FIGURE) as built:
        yield built

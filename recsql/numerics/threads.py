"""Threads of BLAS: one, for the whole process, from the first call on and for good.

How many threads share a sum decides in which order it is added, and so its last bits.
That number belongs to the process, not to a call: what lowers it for one call and puts
it back changes the sums of the calls beside it. So it is set and never put back.
"""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import Any

SETTING = Lock()


def single_blas() -> None:
    """Let BLAS, as numpy and scipy call it, use one thread from now on.

    >>> single_blas()
    >>> {library.num_threads for library in _libraries()}
    {1}
    """
    with SETTING:
        for library in _libraries():
            if library.num_threads != 1:
                _let_go(library)
                library.set_num_threads(1)
                _let_go(library)


def _let_go(library: Any) -> None:
    """Take control of OpenBLAS from whichever thread set it last.

    From threadpoolctl 3.8 on that thread has it to itself: what others set is ignored,
    without a word.
    """
    if hasattr(library, "clear_controlling_thread"):
        library.clear_controlling_thread(force=True)


@cache
def _libraries() -> tuple[Any, ...]:
    """Return numpy's BLAS and scipy's; looking for them takes milliseconds."""
    import numpy  # noqa: F401
    import scipy.linalg  # noqa: F401
    from threadpoolctl import ThreadpoolController

    found = ThreadpoolController().select(user_api="blas")
    return tuple(found.lib_controllers)

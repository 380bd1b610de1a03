"""Slots as a linear program: Arrow lists in, what is shown and the prices out."""

from __future__ import annotations

from typing import Any

from recsql.seam.arrow_lists import as_numbers, list_of
from recsql.seam.functions import INDEXES, Function

PAIRS = (
    f"struct(user_index {INDEXES}, item_index {INDEXES}, place {INDEXES}, "
    "chance double[], worth double[])"
)
LIMITS = f"struct(item_index {INDEXES}, stock double[], supplier_index {INDEXES})"
ALLOTTED = (
    "struct(shown struct(user_index integer, item_index integer, item_place integer)[],"
    " prices struct(item_index integer, supplier_index integer, price double)[], "
    "is_sample boolean)"
)


def allot(pairs: Any, limits: Any, promised: Any, length: Any, most_pairs: Any) -> Any:
    """Return the order of each user's items, and the prices; see `programs.allot`."""
    import numpy as np
    import pyarrow as pa

    from recsql.numerics import programs

    stock, suppliers = _scarce(limits)
    slots = programs.Slots(
        users=as_numbers(pairs["user_index"], "int32"),
        items=as_numbers(pairs["item_index"], "int32"),
        places=as_numbers(pairs["place"], "int32"),
        chances=as_numbers(pairs["chance"], "float64"),
        worths=as_numbers(pairs["worth"], "float64"),
        stock=stock,
        suppliers=suppliers,
        promised=as_numbers(promised, "float64"),
        length=int(length.as_py()),
    )
    found = programs.allot(slots, int(most_pairs.as_py()))
    numbers = np.arange(len(stock) + len(slots.promised), dtype=np.int32)
    is_item = numbers < len(stock)
    prices = np.concatenate([found.prices.stock, found.prices.promises])
    parts = {
        "shown": list_of(
            user_index=slots.users,
            item_index=slots.items,
            item_place=programs.new_places(slots, found),
        ),
        "prices": list_of(
            item_index=pa.array(numbers, mask=~is_item),
            supplier_index=pa.array(numbers - np.int32(len(stock)), mask=is_item),
            price=pa.array(prices, mask=np.isnan(prices)),
        ),
        "is_sample": pa.array([found.is_sample]),
    }
    return pa.StructArray.from_arrays([*parts.values()], names=[*parts])


def _scarce(limits: Any) -> tuple[Any, Any]:
    """Return each item's stock, infinite where there is enough, and its supplier."""
    import numpy as np

    items = as_numbers(limits["item_index"], "int32")
    pieces = as_numbers(limits["stock"], "float64")
    stock = np.full(int(items.max(initial=-1)) + 1, np.inf)
    suppliers = np.full(len(stock), -1, dtype=np.int32)
    stock[items] = np.where(pieces < 0, np.inf, pieces)
    suppliers[items] = as_numbers(limits["supplier_index"], "int32")
    return stock, suppliers


FUNCTIONS = (
    Function(
        "allot", (PAIRS, LIMITS, "double[]", "integer", "bigint"), ALLOTTED, allot
    ),
)

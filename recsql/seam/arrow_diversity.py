"""Lists that are reordered or cut for variety: Arrow lists in, Arrow lists out."""

from __future__ import annotations

from typing import Any

from recsql.seam.arrow_lists import as_numbers, as_sparse, list_of
from recsql.seam.functions import INDEXES, MATRIX, Function


def diversify(
    users: Any, items: Any, places: Any, features: Any, diversity: Any
) -> Any:
    """Return the places of items by marginal relevance; see `diversity.diversify`."""
    from recsql.numerics import diversity as orders

    lists, shown = as_numbers(users, "int32"), as_numbers(items, "int32")
    given = lists, shown, as_numbers(places, "int32")
    found = orders.diversify(*given, as_sparse(features), diversity.as_py())
    return list_of(user_index=lists, item_index=shown, item_place=found)


def hold_back(users: Any, items: Any, places: Any, kinds: Any, most: Any) -> Any:
    """Return the items of lists that caps hold back; see `diversity.held_back`."""
    from recsql.numerics import diversity

    lists, shown = as_numbers(users, "int32"), as_numbers(items, "int32")
    given = lists, shown, as_numbers(places, "int32"), as_sparse(kinds)
    held = diversity.held_back(*given, as_numbers(most, "int32"))
    return list_of(user_index=lists[held], item_index=shown[held])


FUNCTIONS = (
    Function(
        "diversify",
        (INDEXES, INDEXES, INDEXES, MATRIX, "double"),
        "struct(user_index integer, item_index integer, item_place integer)[]",
        diversify,
    ),
    Function(
        "hold_back",
        (INDEXES, INDEXES, INDEXES, MATRIX, INDEXES),
        "struct(user_index integer, item_index integer)[]",
        hold_back,
    ),
)

"""What a function of SQL is to the seam: its name, its SQL types, and its body."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from recsql.seam.chunks import Body, by_row

NUMBER = ("double",)
NUMBERS = ("double", "double")
INDEXES = "integer[]"
VECTORS = "float[][]"
ALS_PARAMETERS = (
    "struct(factors integer, regularization double, alpha double, "
    "iterations integer, seed integer, device varchar)"
)
CELLS = (INDEXES, INDEXES, "float[]")
FACTORS = f"struct(user_factors {VECTORS}, item_factors {VECTORS})"
FOLDED_IN = "struct(user_index integer, factors float[])[]"
BPR_PARAMETERS = (
    "struct(factors integer, learning_rate double, regularization double, "
    "iterations integer, seed integer)"
)
LMF_PARAMETERS = (
    "struct(factors integer, learning_rate double, regularization double, "
    "negatives integer, iterations integer, seed integer)"
)
MATRIX = f"struct(row_index {INDEXES}, column_index {INDEXES}, weight double[])"
PAIRS = f"struct(user_index {INDEXES}, item_index {INDEXES})"
SHOWN = (
    f"struct(scopes struct(user_index {INDEXES}, scope_index {INDEXES}), "
    f"items struct(scope_index {INDEXES}, item_index {INDEXES}), excluded {PAIRS})"
)
MEASURE = (
    f"struct(row_index {INDEXES}, row_scale double[], near_scale double[], "
    "denominator varchar, shrinkage double)"
)
NEAREST = (
    "struct(row_index integer, near_index integer, score double, near_rank integer)[]"
)
TERMS = (
    "struct(user_index integer, item_index integer, reason_index integer, "
    "contribution double)[]"
)
BOUNDS = (
    "struct(column_index integer, low double, high double, p_value double, "
    "joint_low double, joint_high double)[]"
)
BEST = (
    "struct(user_index integer, item_index integer, score double, is_known boolean)[]"
)


@dataclass(frozen=True)
class Function:
    """One SQL function: its name, argument types, return type, and its body.

    By row, the body gets one Arrow scalar per argument and returns an Arrow array of
    length 1; by chunk, it gets one array per argument and returns one as long.
    """

    name: str
    arguments: tuple[str, ...]
    returns: str
    body: Body
    run: Callable[[Body], Body] = by_row

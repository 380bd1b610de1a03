"""The functions as SQL sees them: types, NULLs, chunks and errors, on DuckDB."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from time import sleep
from typing import Any

import duckdb
import numpy as np
import pytest
from scipy import stats

from recsql.numerics import factorize, latent
from recsql.seam import arrow_lists, udfs
from recsql.seam.memory import Room

SETTINGS = (
    "{'factors': 3, 'regularization': 0.05, 'alpha': 5.0, 'iterations': 4, "
    "'seed': 42, 'device': 'cpu'}"
)
NO_ITEMS = "{'user_index': []::integer[], 'item_index': []::integer[]}"
FACTORS = "STRUCT(user_factors FLOAT[][], item_factors FLOAT[][])"
BEST = "STRUCT(user_index INTEGER, item_index INTEGER, score FLOAT)[]"


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        udfs.register(opened)
        yield opened


def value(connection: duckdb.DuckDBPyConnection, sql: str) -> Any:
    rows = connection.execute(f"select {sql}").fetchall()
    assert len(rows) == 1
    return rows[0][0]


def fit(users: str, items: str, weights: str) -> str:
    return f"als_fit({users}, {items}, {weights}, {SETTINGS})"


def test_als_fit_has_declared_types_and_shapes(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    call = fit("[0, 1, 2, 2]", "[1, 0, 0, 1]", "[1.0, 2.0, 3.0, 0.5]")
    assert value(connection, f"typeof({call})") == FACTORS
    found = value(connection, call)
    shapes = {name: np.shape(matrix) for name, matrix in found.items()}
    assert shapes == {"user_factors": (3, 3), "item_factors": (2, 3)}


def test_als_fit_is_factorize_als(connection: duckdb.DuckDBPyConnection) -> None:
    call = fit("[0, 1, 2, 2]", "[1, 0, 0, 1]", "[1.0, 2.0, 3.0, 0.5]")
    found = value(connection, call)
    users, items = factorize.als(
        np.array([0, 1, 2, 2], dtype=np.int32),
        np.array([1, 0, 0, 1], dtype=np.int32),
        np.array([1.0, 2.0, 3.0, 0.5], dtype=np.float32),
        factorize.AlsParameters(3, 0.05, 5.0, 4, 42),
    )
    assert np.array_equal(np.array(found["user_factors"], np.float32), users)
    assert np.array_equal(np.array(found["item_factors"], np.float32), items)


@pytest.mark.parametrize("empty", ["null", "[]"])
def test_als_fit_of_nothing_is_empty(
    connection: duckdb.DuckDBPyConnection, empty: str
) -> None:
    found = value(connection, fit(empty, empty, empty))
    assert found == {"user_factors": [], "item_factors": []}


def test_als_fit_of_an_aggregate_over_no_rows(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    call = fit("list(i::integer)", "list(i::integer)", "list(i::float)")
    rows = connection.execute(f"select {call} from range(0) t(i)").fetchall()
    assert rows == [({"user_factors": [], "item_factors": []},)]


def test_no_row_in_is_no_row_out(connection: duckdb.DuckDBPyConnection) -> None:
    call = fit("[i::integer]", "[i::integer]", "[1.0]")
    assert connection.execute(f"select {call} from range(0) t(i)").fetchall() == []


@pytest.mark.parametrize("place", [0, 1, 2])
def test_als_fit_refuses_null_inside_a_list(
    connection: duckdb.DuckDBPyConnection, place: int
) -> None:
    lists = ["[0, 1]", "[1, 0]", "[1.0, 2.0]"]
    lists[place] = lists[place].replace("1", "null", 1).replace("null.0", "null")
    with pytest.raises(duckdb.Error, match="holds NULL where a number is needed"):
        value(connection, fit(*lists))


def test_als_fit_refuses_lists_of_different_length(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    with pytest.raises(duckdb.Error, match="2 users, 1 items and 2 weights"):
        value(connection, fit("[0, 1]", "[1]", "[1.0, 2.0]"))


def test_als_fit_runs_once_per_row_of_a_chunk(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    call = fit("[0, n]", "[n, 0]", "[1.0, 2.0]")
    query = f"select n, {call} from unnest([1, 2, 3]::integer[]) t(n) order by n"
    for n, found in connection.execute(query).fetchall():
        alone = fit(f"[0, {n}]", f"[{n}, 0]", "[1.0, 2.0]")
        assert found == value(connection, alone)
        assert np.shape(found["user_factors"]) == (n + 1, 3)


SHOWN = "{'user_index': [2, 0], 'item_index': [1, 0]}"
NO_VECTORS = "cast(null as float[][])"
EVERYONE = (
    "{'row_index': [0, 1, 2, 2], 'column_index': [1, 0, 0, 1], "
    "'weight': [1.0, 2.0, 3.0, 0.5]}"
)
GRAPHS = {
    "graph": f"{EVERYONE}, "
    "[[1], [2]]::float[][], {'low_pass': 0.3, 'blur_steps': 1, "
    "'blur_time': 1.0, 'sharpen_steps': 1, 'sharpen_time': 0.5}",
    "sar": f"{EVERYONE}, {NO_VECTORS}, "
    "{'similarity': 'jaccard', 'min_cooccurrence': 1}",
}
CALLS = {
    "bpr_fit": "{'factors': 3, 'learning_rate': 0.01, 'regularization': 0.01, "
    "'iterations': 2, 'seed': 42}",
    "lmf_fit": "{'factors': 3, 'learning_rate': 1.0, 'regularization': 0.6, "
    "'negatives': 30, 'iterations': 2, 'seed': 42}",
    "svd_fit": "{'factors': 2}",
    "als_fold_in": f"[[1, 0, 2], [0, 1, 1]]::float[][], {SETTINGS}",
    "svd_fold_in": "[[1, 0], [0, 1]]::float[][]",
    "linear_top": "null, [[0, 1], [0.5, 0]]::float[][], null, 2",
    "ease_fit": "{'regularization': 1.0, 'dropout': 0.3, 'max_items': null, "
    "'memory': '1 MiB'}",
    "frequencies_fit": "1",
    **{f"{name}_top": f"null, {given}, null, 2" for name, given in GRAPHS.items()},
    **{f"{name}_terms": f"{given}, {SHOWN}, 2" for name, given in GRAPHS.items()},
    "linear_terms": f"[[0, 1], [0.5, 0]]::float[][], {SHOWN}, 2",
    "factor_terms": f"[[1, 0], [0, 1]]::float[][], {SETTINGS}, {SHOWN}, 2",
}
NO_FACTORS = {"user_factors": [], "item_factors": []}


@pytest.mark.parametrize("name", CALLS)
def test_every_model_has_declared_types_and_repeats_itself(
    connection: duckdb.DuckDBPyConnection, name: str
) -> None:
    call = f"{name}([0, 1, 2, 2], [1, 0, 0, 1], [1.0, 2.0, 3.0, 0.5], {CALLS[name]})"
    (declared,) = (f.returns for f in udfs.FUNCTIONS if f.name == name)
    assert value(connection, f"typeof({call})").lower() == declared
    assert value(connection, call)
    assert value(connection, call) == value(connection, call)


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("empty", ["null", "[]"])
def test_every_model_of_nothing_is_empty(
    connection: duckdb.DuckDBPyConnection, name: str, empty: str
) -> None:
    found = value(connection, f"{name}({empty}, {empty}, {empty}, {CALLS[name]})")
    assert found == (NO_FACTORS if name in ("bpr_fit", "lmf_fit", "svd_fit") else [])


@pytest.mark.parametrize("name", CALLS)
def test_every_model_refuses_null_inside_a_list(
    connection: duckdb.DuckDBPyConnection, name: str
) -> None:
    with pytest.raises(duckdb.Error, match="holds NULL where a number is needed"):
        value(connection, f"{name}([0, null], [0, 1], [1.0, 1.0], {CALLS[name]})")


def best(
    users: str,
    user_vectors: str,
    item_vectors: str,
    seen: str = NO_ITEMS,
    n: int = 2,
    shown: str = "null",
) -> str:
    return f"top_items({users}, {user_vectors}, {item_vectors}, {seen}, {shown}, {n})"


EYE = "[[1.0, 0.0], [0.0, 2.0]]"


def test_top_items_names_users_by_their_index(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    seen = "{'user_index': [7, 9, 7], 'item_index': [0, 1, 5]}"
    call = best("[7, 3]", EYE, EYE, seen)
    assert value(connection, f"typeof({call})") == BEST
    assert value(connection, call) == [
        {"user_index": 7, "item_index": 1, "score": 0.0},
        {"user_index": 3, "item_index": 1, "score": 2.0 * 2.0},
        {"user_index": 3, "item_index": 0, "score": 0.0},
    ]


def test_top_items_are_those_of_the_users_scope(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    shown = (
        "{'scopes': {'user_index': [0, 1, 2], 'scope_index': [0, 1, 1]}, "
        "'items': {'scope_index': [0, 0, 1], 'item_index': [0, 1, 0]}, "
        "'excluded': {'user_index': [2], 'item_index': [0]}}"
    )
    call = best("[0, 1, 2, 9]", "[[0, 1], [0, 1], [0, 1], [0, 1]]", EYE, shown=shown)
    found = [(row["user_index"], row["item_index"]) for row in value(connection, call)]
    assert found == [(0, 1), (0, 0), (1, 0)]


@pytest.mark.parametrize("empty", ["null", "[]"])
def test_top_items_of_no_users_or_no_catalogue(
    connection: duckdb.DuckDBPyConnection, empty: str
) -> None:
    assert value(connection, best(empty, empty, EYE)) == []
    assert value(connection, best("[0, 1]", EYE, empty)) == []


def test_top_items_without_seen_pairs(connection: duckdb.DuckDBPyConnection) -> None:
    none = "{'user_index': null, 'item_index': null}"
    call = best("[0, 1]", EYE, EYE, none, 1)
    assert [row["item_index"] for row in value(connection, call)] == [0, 1]


def test_top_items_runs_once_per_row_of_a_chunk(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    call = best("[n]", "[[1.0::float, n]]", EYE, n=1)
    query = f"select {call} from unnest([0, 1, 5]::integer[]) t(n) order by n"
    found = [row[0][0] for row in connection.execute(query).fetchall()]
    assert [row["user_index"] for row in found] == [0, 1, 5]
    assert [row["score"] for row in found] == [1.0, 2.0 * 1, 2.0 * 5]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("[[1.0, 0.0], [2.0]]", "2 numbers"),
        ("[[1.0], [2.0, 3.0, 4.0]]", "1 and of 3 numbers"),
        ("[[1.0, 0.0], null]", "holds NULL"),
        ("[[1.0, 0.0], [null, 2.0]]", "holds NULL"),
        ("[[1.0, 0.0, 0.0], [2.0, 1.0, 1.0]]", "of 3 and items of 2 numbers"),
        ("[[1.0, 0.0]]", "2 users but 1 vectors of users"),
    ],
)
def test_top_items_refuses_vectors_that_are_no_matrix(
    connection: duckdb.DuckDBPyConnection, wrong: str, message: str
) -> None:
    with pytest.raises(duckdb.Error, match=message):
        value(connection, best("[0, 1]", wrong, EYE))


NEAR = (
    "STRUCT(row_index INTEGER, near_index INTEGER, score DOUBLE, near_rank INTEGER)[]"
)


def test_nearest_rows_has_declared_types_and_ranks(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    call = (
        "nearest_rows([0, 0, 1, 2], [0, 1, 0, 1], [3, 4, 2, 1]::double[], [0, 1, 2], 2)"
    )
    assert value(connection, f"typeof({call})") == NEAR
    assert [tuple(row.values()) for row in value(connection, call)] == [
        (0, 1, 3.0 * 2, 1),
        (0, 2, 4.0 * 1, 2),
        (1, 0, 2.0 * 3, 1),
        (2, 0, 1.0 * 4, 1),
    ]


@pytest.mark.parametrize("empty", ["null", "[]"])
def test_nearest_rows_of_nothing(
    connection: duckdb.DuckDBPyConnection, empty: str
) -> None:
    assert value(connection, f"nearest_rows({empty}, {empty}, {empty}, [0], 2)") == []


def test_nearest_rows_refuses_null_inside_a_list(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    with pytest.raises(duckdb.Error, match="holds NULL where a number is needed"):
        value(connection, "nearest_rows([0, null], [0, 0], [1.0, 1.0], [0], 2)")


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("normal_sf(1.25::double)", stats.norm.sf(1.25)),
        ("normal_ppf(0.9::double)", stats.norm.ppf(0.9)),
        ("student_sf(1.25::double, 7::double)", stats.t.sf(1.25, 7)),
        ("student_ppf(0.9::double, 7.5::double)", stats.t.ppf(0.9, 7.5)),
        ("chi_square_sf(4.5::double, 3::double)", stats.chi2.sf(4.5, 3)),
        (
            "hypergeometric_sf(2::double, 9::double, 5::double, 4::double)",
            stats.hypergeom.sf(2, 9, 5, 4),
        ),
        ("student_sf(null, 7::double)", None),
        ("normal_ppf('nan'::double)", None),
    ],
)
def test_distributions_are_those_of_scipy(
    connection: duckdb.DuckDBPyConnection, call: str, expected: float | None
) -> None:
    assert value(connection, f"typeof({call})") == "DOUBLE"
    assert value(connection, call) == pytest.approx(expected)


def test_a_distribution_runs_over_chunks_with_nulls(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    rows = connection.execute(
        "select n, normal_sf(if(n % 7 = 0, null, n / 1000)) from range(5000) t(n)"
    ).fetchall()
    assert len(rows) == 5000
    for n, found in rows:
        expected = None if n % 7 == 0 else stats.norm.sf(n / 1000)
        assert found == pytest.approx(expected)
    nothing = connection.execute("select normal_sf(n) from range(0) t(n)").fetchall()
    assert nothing == []


@pytest.mark.parametrize(
    ("call", "advice"),
    [
        (fit("[0, 1, 2]", "[0, 1, 2]", "[1.0, 1, 1]"), "als_factors"),
        (
            "nearest_rows([0, 1, 2], [0, 0, 0], [1, 1, 1], [0, 1, 2], 2)",
            "rows_per_block",
        ),
    ],
)
def test_what_one_value_cannot_hold_is_refused_by_var(
    call: str,
    advice: str,
    connection: duckdb.DuckDBPyConnection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(arrow_lists, "MOST_ENTRIES", 5)
    with pytest.raises(duckdb.Error, match=rf" more than one value .*{advice}"):
        value(connection, call)


FITS = {
    "als": (3, SETTINGS, "als_factors"),
    "bpr": (
        4,
        "{'factors': 3, 'learning_rate': 0.01, 'regularization': 0.01, "
        "'iterations': 2, 'seed': 42}",
        "bpr_factors",
    ),
    "lmf": (
        5,
        "{'factors': 3, 'learning_rate': 0.1, 'regularization': 0.6, "
        "'negatives': 3, 'iterations': 2, 'seed': 42}",
        "lmf_factors",
    ),
    "svd": (3, "{'factors': 3}", "svd_factors"),
}


@pytest.mark.parametrize("name", FITS)
def test_a_fit_says_its_ceiling_before_it_starts(
    name: str,
    connection: duckdb.DuckDBPyConnection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """7 users have `numbers` each, so 7 * numbers are one more than a value holds."""
    numbers, settings, var = FITS[name]
    calls = f"{name}_fit([0, 6], [0, 1], [1.0, 1.0], {settings})"
    monkeypatch.setattr(arrow_lists, "MOST_ENTRIES", 7 * numbers - 1)
    for module in (factorize, latent):
        if hasattr(module, name):
            monkeypatch.setattr(module, name, lambda *_: pytest.fail("it began"))
    expected = rf"\(7 users x {numbers}\).*Set var {var} .* at most {numbers - 1}\."
    with pytest.raises(duckdb.Error, match=expected):
        value(connection, calls)


def test_what_does_not_fit_beside_duckdb_is_said_before_it_starts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """7 users and 2 items have vectors of 3 + 2 numbers, twice: 360 bytes."""
    monkeypatch.setattr(factorize, "als", lambda *_: pytest.fail("it began"))
    with duckdb.connect() as connection:
        udfs.register(connection, memory=359)
        expected = r"als_fit needs about .*--memory-limit leaves .*Allow --memory-limit"
        with pytest.raises(duckdb.Error, match=expected):
            value(connection, fit("[0, 6]", "[0, 1]", "[1.0, 1.0]"))


def test_functions_wait_for_each_other_where_memory_is_short() -> None:
    """Of four calls with 4 of 10 bytes each never more than two are at work."""
    room, at_work, most = Room(10), [0], [0]

    def work() -> None:
        with room.taken("als_fit", 4):
            at_work[0] += 1
            most[0] = max(most[0], at_work[0])
            sleep(0.01)
            at_work[0] -= 1

    with ThreadPoolExecutor(4) as pool:
        for called in [pool.submit(work) for _ in range(4)]:
            called.result(timeout=10)
    assert most == [2]
    assert room.used == 0


def test_als_on_a_gpu_that_is_not_there_is_refused_by_var(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    import implicit.gpu

    monkeypatch.setattr(implicit.gpu, "HAS_CUDA", False)
    here = fit("[0, 1]", "[1, 0]", "[1.0, 2.0]")
    found = value(connection, here.replace("'cpu'", "'auto'"))
    assert found == value(connection, here)
    with pytest.raises(duckdb.Error, match=r"als_device is gpu.* to auto or cpu\."):
        value(connection, here.replace("'cpu'", "'gpu'"))


def test_als_on_a_gpu_is_fitted_by_implicits_own_kernels(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No GPU is here: a stand-in for its class shows what is handed over."""
    import sys
    from types import ModuleType, SimpleNamespace

    import implicit.gpu

    asked: dict[str, object] = {}

    class OnGpu:
        def __init__(self, **given: object) -> None:
            asked.update(given)

        def fit(self, matrix: Any, *, show_progress: bool) -> None:
            for name, rows in (("user", matrix.shape[0]), ("item", matrix.shape[1])):
                vectors = np.full((rows, 3), rows, np.float32)
                kept = SimpleNamespace(to_numpy=lambda vectors=vectors: vectors)
                setattr(self, f"{name}_factors", kept)

    module = ModuleType("implicit.gpu.als")
    module.__dict__["AlternatingLeastSquares"] = OnGpu
    monkeypatch.setitem(sys.modules, "implicit.gpu.als", module)
    monkeypatch.setattr(implicit.gpu, "HAS_CUDA", True)
    rows = np.array([0, 1, 2], np.int32)
    settings = factorize.AlsParameters(3, 0.05, 5.0, 4, 42, "auto")
    users, items = factorize.als(rows, rows % 2, rows + np.float32(1), settings)
    assert (users.tolist(), items.tolist()) == ([[3.0] * 3] * 3, [[2.0] * 3] * 2)
    assert asked == {
        "factors": 3,
        "regularization": 0.05,
        "alpha": 5.0,
        "iterations": 4,
        "random_state": 42,
    }


def test_more_than_two_billion_numbers_are_no_vectors() -> None:
    many = np.broadcast_to(np.float32(1), (2**25, 65))  # takes no memory
    with pytest.raises(ValueError, match=r"2,181,038,080 numbers .* als_factors"):
        arrow_lists.as_vectors(many)


def test_functions_work_on_a_cursor(connection: duckdb.DuckDBPyConnection) -> None:
    with connection.cursor() as cursor:
        found = cursor.execute(f"select {best('[0, 1]', EYE, EYE, n=1)}").fetchall()
    assert len(found[0][0]) == 2


def test_every_function_says_what_it_returns() -> None:
    for function in udfs.FUNCTIONS:
        assert function.body.__doc__
        assert function.body.__name__ == function.name

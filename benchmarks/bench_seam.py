"""ALS and top-N scoring through SQL, against `implicit` called directly.

    python benchmarks/bench_seam.py [--repeats 5] [--users 50000] [--items 20000]

The same run times both sides in turn, on the same numbers, with BLAS on one thread.
ALS: the model sig_als_model on the demo data, stored, against building the CSR matrix
and fitting `implicit`'s AlternatingLeastSquares; target: at most 1.10 times the peer.
Top-N: the scoring steps of cand_factors, their rows stored, against building the CSR
matrix of seen items and `model.recommend` on the same factors, on the demo data and on
a generated world; target: at most 1.20 times the peer.
Memory is the peak of a process that does one side's work once; recsql's side holds the
warehouse too. Both sides' results are compared before anything is timed.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from common import (
    Comparison,
    alternate,
    arrays,
    build_demo,
    compile_demo,
    opened,
    peak_gb,
    show,
    work_folder,
)
from threadpoolctl import threadpool_limits

from recsql.compilation.compiler import Plan
from recsql.compilation.render import Compiled
from recsql.engine.warehouse import Warehouse

CELLS = "select user_index, item_index, weight from int_user_items where is_eligible"
SEEN_PER_USER = 50


def scoring_steps(plan: Plan) -> Compiled:
    """Return cand_factors cut after its step als_new, which calls top_items."""
    model = plan.models["cand_factors"]
    steps, found, _ = model.sql.partition("\n\n    indexed as (")
    if not found:
        raise SystemExit(
            "cand_factors has no step `indexed`: adapt benchmarks/bench_seam"
        )
    sql = steps.rstrip().rstrip(",") + "\n\nselect *\nfrom als_new"
    return replace(model, model=replace(model.model, name="bench_best_new"), sql=sql)


def implicit_model(plan: Plan) -> Any:
    """Return an unfitted `implicit` model with the project's settings."""
    from implicit.cpu.als import AlternatingLeastSquares

    settings = plan.project.vars
    return AlternatingLeastSquares(
        factors=settings["als_factors"],
        regularization=settings["als_regularization"],
        alpha=settings["als_alpha"],
        iterations=settings["als_iterations"],
        random_state=settings["als_seed"],
    )


def cells_matrix(users: Any, items: Any, weights: Any) -> Any:
    """Return the CSR matrix of the cells."""
    from scipy.sparse import csr_matrix

    return csr_matrix((weights.astype(np.float32), (users, items)))


def fit_directly(plan: Plan, cells: list[Any]) -> Any:
    """Build the matrix and fit `implicit` on it."""
    matrix = cells_matrix(*cells)
    with threadpool_limits(1, user_api="blas"):
        model = implicit_model(plan)
        model.fit(matrix, show_progress=False)
    return model


def score_directly(plan: Plan, factors: list[Any], cells: list[Any]) -> tuple[Any, Any]:
    """Build the matrix of seen items; ask `implicit` for the best of users in it."""
    from scipy.sparse import csr_matrix

    users, items = cells
    ones = np.ones(len(users), dtype=np.float32)
    seen = csr_matrix((ones, (users, items)), shape=tuple(len(m) for m in factors))
    known = np.flatnonzero(np.diff(seen.indptr))
    with threadpool_limits(1, user_api="blas"):
        model = implicit_model(plan)
        model.user_factors, model.item_factors = factors
        return model.recommend(
            known,
            seen if len(known) == len(factors[0]) else seen[known],
            N=plan.project.vars["candidates_per_user"],
            filter_already_liked_items=True,
        )


def stored_factors(warehouse: Warehouse) -> list[Any]:
    """Return the factor tables as matrices, row i for index i."""
    return [
        np.stack(
            arrays(
                warehouse,
                f"select factors from sig_{kind}_factors "
                f"where model_name = 'als' order by {kind}_index",
            )[0]
        )
        for kind in ("user", "item")
    ]


def generate(warehouse: Warehouse, users: int, items: int, factors: int) -> None:
    """Store random factors and seen items in the tables that cand_factors reads."""
    rng = np.random.default_rng(7)
    for kind, count in (("user", users), ("item", items)):
        index = np.arange(count, dtype=np.int32)
        vectors = rng.normal(size=(count, factors)).astype(np.float32)
        _store(warehouse, f"sig_{kind}_factors", {f"{kind}_index": index}, vectors)
    index = np.repeat(np.arange(users, dtype=np.int32), SEEN_PER_USER)
    chosen = (rng.random(len(index)) ** 2 * items).astype(np.int32)
    _store(warehouse, "seen", {"user_index": index, "item_index": chosen}, None)
    warehouse.rows(
        "create or replace table int_user_items as "
        "select distinct user_index, item_index, true as is_eligible from seen"
    )
    for name, rows in (
        (
            "user_scopes",
            "user_index, 0::integer as scope_index from sig_user_factors",
        ),
        (
            "scope_items",
            "item_index, 0::integer as scope_index from sig_item_factors",
        ),
        ("exclusions", "user_index, item_index from int_user_items where false"),
    ):
        warehouse.rows(f"create or replace table elig_{name} as select {rows}")


def _store(
    warehouse: Warehouse, name: str, columns: dict[str, Any], vectors: Any
) -> None:
    import pyarrow as pa

    if vectors is not None:
        flat = pa.FixedSizeListArray.from_arrays(vectors.ravel(), vectors.shape[1])
        columns = {**columns, "factors": flat.cast(pa.list_(pa.float32()))}
        columns["model_name"] = ["als"] * len(vectors)
    warehouse.connection.register("given", pa.table(columns))
    warehouse.rows(f"create or replace table {name} as select * from given")
    warehouse.connection.unregister("given")


def fit_through_sql(folder: Path) -> None:
    plan = compile_demo()
    with opened(folder, "demo") as warehouse:
        warehouse.materialize(warehouse.connection, plan.models["sig_als_model"])


def fit_from_file(folder: Path) -> None:
    given = np.load(folder / "cells.npz")
    fit_directly(
        compile_demo(), [given[name] for name in ("users", "items", "weights")]
    )


def score_through_sql(folder: Path) -> None:
    plan = compile_demo()
    name = (folder / "which").read_text()
    with opened(folder, name) as warehouse:
        warehouse.materialize(warehouse.connection, scoring_steps(plan))


def score_from_file(folder: Path) -> None:
    given = np.load(folder / f"{(folder / 'which').read_text()}.npz")
    score_directly(
        compile_demo(),
        [given["user_factors"], given["item_factors"]],
        [given["users"], given["items"]],
    )


def check_factors(warehouse: Warehouse, model: Any) -> None:
    """Stop unless SQL and `implicit` found the same factors."""
    row = warehouse.rows("select factors from sig_als_model")[0][0]
    for kind in ("user", "item"):
        difference = np.abs(
            np.asarray(row[f"{kind}_factors"], dtype=np.float32)
            - getattr(model, f"{kind}_factors")
        ).max()
        assert difference < 1e-5, f"{kind} factors differ by {difference}"


def check_scores(warehouse: Warehouse, direct: tuple[Any, Any]) -> None:
    """Stop unless both sides give each user the same scores; seen items are no rows."""
    ids, scores = direct
    users, items, given = arrays(
        warehouse,
        "select user_index, item_index, score from bench_best_new "
        "order by user_index, score desc, item_index",
    )
    allowed = scores > np.finfo(np.float32).min / 2
    assert len(users) == allowed.sum(), "not the same number of rows"
    starts = np.flatnonzero(np.diff(users, prepend=-1))
    for row in range(0, len(ids), max(len(ids) // 500, 1)):
        mine = slice(starts[row], starts[row] + allowed[row].sum())
        np.testing.assert_allclose(given[mine], scores[row][allowed[row]], atol=1e-5)
        assert set(items[mine]) == set(ids[row][allowed[row]])


def compare_als(folder: Path, warehouse: Warehouse, repeats: int) -> Comparison:
    """Time the fit on the demo data."""
    plan = compile_demo()
    build_demo(warehouse, plan, ["+cand_factors"])
    cells = arrays(warehouse, CELLS)
    np.savez(folder / "cells.npz", users=cells[0], items=cells[1], weights=cells[2])
    check_factors(warehouse, fit_directly(plan, cells))
    ours, peer = alternate(
        lambda: warehouse.materialize(
            warehouse.connection, plan.models["sig_als_model"]
        ),
        lambda: fit_directly(plan, cells),
        repeats,
    )
    return Comparison(f"ALS fit, demo, {len(cells[0]):,} cells", 1.10, ours, peer)


def compare_scoring(
    folder: Path, warehouse: Warehouse, name: str, repeats: int
) -> Comparison:
    """Time the scoring of every user."""
    plan, cells = compile_demo(), arrays(warehouse, CELLS.replace(", weight", ""))
    factors, steps = stored_factors(warehouse), scoring_steps(compile_demo())
    np.savez(
        folder / f"{name}.npz",
        users=cells[0],
        items=cells[1],
        user_factors=factors[0],
        item_factors=factors[1],
    )
    warehouse.materialize(warehouse.connection, steps)
    check_scores(warehouse, score_directly(plan, factors, cells))
    ours, peer = alternate(
        lambda: warehouse.materialize(warehouse.connection, steps),
        lambda: score_directly(plan, factors, cells),
        repeats,
    )
    users, items = (len(matrix) for matrix in factors)
    title = f"top {plan.project.vars['candidates_per_user']}, {name}"
    return Comparison(f"{title}, {users:,} x {items:,}", 1.20, ours, peer)


def with_memory(
    comparison: Comparison, folder: Path, ours: Any, peer: Any
) -> Comparison:
    """Add the peak memory of each side, each measured in a process of its own."""
    return replace(
        comparison, ours_gb=peak_gb(ours, folder), peer_gb=peak_gb(peer, folder)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--users", type=int, default=50_000)
    parser.add_argument("--items", type=int, default=20_000)
    asked = parser.parse_args()
    with work_folder() as folder:
        with opened(folder, "demo") as warehouse:
            als = compare_als(folder, warehouse, asked.repeats)
            small = compare_scoring(folder, warehouse, "demo", asked.repeats)
        with opened(folder, "generated") as warehouse:
            generate(warehouse, asked.users, asked.items, 64)
            large = compare_scoring(folder, warehouse, "generated", asked.repeats)
        als = with_memory(als, folder, fit_through_sql, fit_from_file)
        results = [als]
        for name, result in (("demo", small), ("generated", large)):
            (folder / "which").write_text(name)
            results.append(
                with_memory(result, folder, score_through_sql, score_from_file)
            )
        show(results)


if __name__ == "__main__":
    main()

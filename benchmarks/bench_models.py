"""BPR, LMF, SVD, EASE and GF-CF through SQL, against their libraries called directly.

    python benchmarks/bench_models.py [--repeats 3] [--only svd ease]

The demo data; both sides in turn in one run, BLAS on one thread. recsql's side is a
query of the project whose rows are stored: the model of a factorization, sig_*_model,
or what is fitted for EASE and the graph filter, and the step `indexed`
of their candidates: each user's 100 best new items and repeats with reasons. The peer
builds the CSR matrix of the same cells and calls `implicit`, `svds` of SciPy, or the
textbook formula in NumPy and SciPy with the items and scores of a top 100, without
reasons. Results are compared before anything is timed. Target: at most 1.15 times the
peer.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from common import (
    Comparison,
    alternate,
    arrays,
    build_demo,
    compile_demo,
    opened,
    show,
    work_folder,
)
from threadpoolctl import threadpool_limits

from recsql.compilation.compiler import Plan
from recsql.compilation.render import Compiled
from recsql.engine.warehouse import Warehouse

MODELS = ("bpr", "lmf", "svd", "ease", "graph_filter")
FITS = {"ease": "sig_ease_weights", "graph_filter": "sig_graph_frequencies"}
CELLS = "select user_index, item_index, weight from int_user_items where is_eligible"
COUNT = 100


def fitting_queries(plan: Plan, name: str) -> list[Compiled]:
    """Return what recsql's side stores: a model, or weights and what scores by them."""
    if name not in FITS:
        return [plan.models[f"sig_{name}_model"]]
    model = plan.models["cand_linear"]
    steps, found, _ = model.sql.partition("\n\n    indexed as (")
    if not found:
        raise SystemExit("cand_linear has no step `indexed`: adapt bench_models")
    columns = "user_index, item_index, score, reason_index"
    sql = steps.rstrip().rstrip(",") + f"\n\nselect {columns}\nfrom {name}_found"
    best = replace(model, model=replace(model.model, name=f"bench_{name}"), sql=sql)
    return [plan.models[FITS[name]], best]


def cells_matrix(plan: Plan, name: str, cells: list[Any]) -> Any:
    """Return the CSR matrix that the model sees."""
    from scipy.sparse import csr_matrix

    users, items, weights = cells
    known = items < (plan.project.vars.get(f"{name}_max_items") or len(weights))
    if plan.project.vars.get(f"{name}_weights") == "binary":
        weights = np.ones_like(weights)
    kept = weights[known].astype(np.float32)
    return csr_matrix((kept, (users[known], items[known])))


def implicit_directly(plan: Plan, name: str, matrix: Any) -> tuple[Any, Any]:
    """Fit BPR or LMF of `implicit`."""
    from implicit.cpu.bpr import BayesianPersonalizedRanking
    from implicit.cpu.lmf import LogisticMatrixFactorization

    given = plan.project.vars
    same = ("factors", "learning_rate", "regularization", "iterations")
    options = {option: given[f"{name}_{option}"] for option in same}
    options |= {"random_state": given[f"{name}_seed"], "num_threads": 1}
    if name == "lmf":
        options["neg_prop"] = given["lmf_negatives"]
    kinds = {"bpr": BayesianPersonalizedRanking, "lmf": LogisticMatrixFactorization}
    model = kinds[name](**options)
    model.fit(matrix, show_progress=False)
    return model.user_factors, model.item_factors


def svd_directly(plan: Plan, _: str, matrix: Any) -> tuple[Any, Any]:
    """Decompose with SciPy."""
    from scipy.sparse.linalg import svds

    factors = plan.project.vars["svd_factors"]
    left, values, right = svds(matrix.astype(np.float64), factors)
    return left * values, right.T


def ease_directly(plan: Plan, _: str, matrix: Any) -> tuple[Any, Any]:
    """Invert the Gram matrix with NumPy, as in Steck's paper."""
    exact = matrix.astype(np.float64)
    gram = (exact.T @ exact).toarray()
    gram[np.diag_indices_from(gram)] += plan.project.vars["ease_regularization"]
    inverse = np.linalg.inv(gram)
    weights = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return best_directly(matrix, weights.astype(np.float32))


def graph_directly(plan: Plan, _: str, matrix: Any) -> tuple[Any, Any]:
    """Filter with SciPy, as in the paper of GF-CF."""
    from scipy.sparse import diags
    from scipy.sparse.linalg import svds

    given, exact = plan.project.vars, matrix.astype(np.float64)
    users, items = (np.asarray(exact.sum(axis=axis)).ravel() for axis in (1, 0))
    users[users == 0] = 1
    normal = diags(users**-0.5) @ exact @ diags(items**-0.5)
    _, _, right = svds(normal, given["graph_filter_factors"])
    ideal = (items[:, None] ** -0.5 * right.T) @ (right * items**0.5)
    weights = (normal.T @ normal).toarray() + given["graph_filter_low_pass"] * ideal
    return best_directly(matrix, weights.astype(np.float32))


def best_directly(matrix: Any, weights: Any) -> tuple[Any, Any]:
    """Return items and scores of the best new items and best repeats of each user."""
    scores = np.asarray(matrix @ weights)
    taken = np.zeros(scores.shape, dtype=bool)
    taken[matrix.nonzero()] = True
    return top_directly(scores, ~taken), top_directly(scores, taken)


def top_directly(scores: Any, allowed: Any) -> tuple[Any, Any]:
    """Return the allowed items of the best scores in each row, best first."""
    shown = np.where(allowed, scores, -np.inf)
    items = np.argpartition(-shown, COUNT, axis=1)[:, :COUNT]
    best = np.take_along_axis(shown, items, axis=1)
    order = np.argsort(-best, axis=1)
    items, best = (np.take_along_axis(part, order, axis=1) for part in (items, best))
    return items, best


PEERS: dict[str, Callable[[Plan, str, Any], tuple[Any, Any]]] = {
    "bpr": implicit_directly,
    "lmf": implicit_directly,
    "svd": svd_directly,
    "ease": ease_directly,
    "graph_filter": graph_directly,
}


def check(warehouse: Warehouse, name: str, peer: tuple[Any, Any], matrix: Any) -> None:
    """Stop unless both sides found the same."""
    if name in FITS:
        query = (
            "select known.item_index is not null, score "
            f"from bench_{name} "
            f"left join ({CELLS}) as known using (user_index, item_index)"
        )
        repeats, scores = arrays(warehouse, query)
        for kind, (_, best) in enumerate(peer):
            known = best[np.diff(matrix.indptr) > 0]
            expected = np.sort(known[np.isfinite(known)])
            mine = np.sort(scores[repeats == kind])
            np.testing.assert_allclose(mine, expected, atol=1e-3)
        return
    row = warehouse.rows(f"select factors from sig_{name}_model")[0][0]
    mine = [np.asarray(row[f"{kind}_factors"]) for kind in ("user", "item")]
    rows = np.arange(0, len(mine[0]), 50)
    np.testing.assert_allclose(
        mine[0][rows] @ mine[1].T, peer[0][rows] @ peer[1].T, atol=1e-2
    )


def compare(plan: Plan, warehouse: Warehouse, name: str, repeats: int) -> Comparison:
    """Check and time one model."""
    cells, queries = arrays(warehouse, CELLS), fitting_queries(plan, name)

    def mine() -> None:
        for query in queries:
            warehouse.materialize(warehouse.connection, query)

    def peer() -> tuple[Any, Any]:
        with threadpool_limits(1, user_api="blas"):
            return PEERS[name](plan, name, cells_matrix(plan, name, cells))

    mine()
    check(warehouse, name, peer(), cells_matrix(plan, name, cells))
    ours, theirs = alternate(mine, peer, repeats)
    return Comparison(f"{name}, demo", 1.15, ours, theirs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=MODELS, default=MODELS)
    asked = parser.parse_args()
    plan = compile_demo(candidate_sources=[*MODELS, "popular"], ease_max_items=4000)
    with work_folder() as folder, opened(folder, "models") as warehouse:
        build_demo(
            warehouse,
            plan,
            [
                *(f"+sig_{name}_model" for name in MODELS if name not in FITS),
                "+cand_linear",
            ],
        )
        show([compare(plan, warehouse, name, asked.repeats) for name in asked.only])


if __name__ == "__main__":
    main()

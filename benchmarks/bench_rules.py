"""Pairs and their rules by sig_item_pairs and sig_rules, against FP-growth libraries.

    python benchmarks/bench_rules.py [--repeats 5] [--frame-repeats 1]

The demo's basket lines, pairs in at least 20 baskets, every rule of them. recsql's side
is the three models as the project renders them, pair counts first. The peers get lines
as arrays and run FP-growth with max_len 2, then association_rules: `rusket` (Rust)
through a SciPy matrix, its fastest way in, and through the sparse pandas frame that it
shares with `mlxtend`; `mlxtend` through the frame. Both sides run in turn and must find
the same pairs and as many rules. Target: 8 times faster than the peer, a ratio of at
most 0.125. Memory is not measured. 0 repeats skips a case. Needs the extra bench.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np
from common import (
    Comparison,
    arrays,
    build_demo,
    compile_demo,
    cost,
    opened,
    show,
    work_folder,
)

from recsql.compilation.compiler import Plan
from recsql.engine.warehouse import Warehouse

MINIMUM = 20
TARGET = 1 / 8
MODELS = ("sig_pair_counts", "sig_item_pairs", "sig_rules")


def rules_plan(baskets: int) -> Plan:
    """Compile the project so that a pair in MINIMUM baskets is enough for its rules."""
    return compile_demo(
        min_pair_count=MINIMUM,
        min_item_baskets=1,
        min_support=(MINIMUM - 0.5) / baskets,
        relaxed_support_share=1.0,
    )


def matrix(baskets: Any, items: Any) -> Any:
    """Return the lines as a sparse matrix of baskets and items."""
    from scipy.sparse import csr_matrix

    return csr_matrix((np.ones(len(baskets), dtype=bool), (baskets, items)))


def frame(baskets: Any, items: Any) -> Any:
    """Return the lines as a sparse frame with a column per item."""
    import pandas as pd

    return pd.DataFrame.sparse.from_spmatrix(matrix(baskets, items))


def mine(library: str, make: Callable[..., Any], lines: list[Any]) -> tuple[Any, Any]:
    """Return the frequent itemsets of one and two items, and their rules."""
    peer = import_module(library)
    total = int(lines[0].max()) + 1
    share = (MINIMUM - 0.5) / total
    given = make(*lines)
    found = peer.fpgrowth(given, min_support=share, max_len=2, use_colnames=False)
    return found, peer.association_rules(found, total, min_threshold=0.0)


def check(warehouse: Warehouse, peer: tuple[Any, Any]) -> int:
    """Stop unless both sides found the same pairs and rules; return how many rules."""
    itemsets, rules = peer
    theirs = {tuple(sorted(items)) for items in itemsets["itemsets"] if len(items) > 1}
    ours = warehouse.rows("select item_index, other_item_index from sig_item_pairs")
    assert theirs == set(ours)
    [(count,)] = warehouse.rows("select count(*) from sig_rules")
    assert count == len(rules) == 2 * len(ours)
    return int(count)


def compare(
    warehouse: Warehouse, name: str, peer: Callable[..., Any], repeats: int
) -> Comparison:
    """Time both sides on the warehouse's int_basket_items."""
    lines = arrays(warehouse, "select basket_index, item_index from int_basket_items")
    plan = rules_plan(int(lines[0].max()) + 1)

    def ours() -> None:
        for model in MODELS:
            warehouse.materialize(warehouse.connection, plan.models[model])

    ours()
    count = check(warehouse, peer(lines))
    pairs = [(cost(ours), cost(partial(peer, lines))) for _ in range(repeats)]
    mine, theirs = zip(*pairs, strict=True)
    return Comparison(f"{name}, {count:,} rules", TARGET, mine, theirs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--frame-repeats", type=int, default=1)
    asked = parser.parse_args()
    cases = (
        ("rusket, matrix", "rusket", matrix, asked.repeats),
        ("rusket, frame", "rusket", frame, asked.frame_repeats),
        ("mlxtend, frame", "mlxtend.frequent_patterns", frame, asked.frame_repeats),
    )
    with work_folder() as folder, opened(folder, "demo") as warehouse:
        build_demo(warehouse, rules_plan(MINIMUM), ["+sig_rules", "+int_basket_items"])
        show(
            [
                compare(warehouse, name, partial(mine, library, make), repeats)
                for name, library, make, repeats in cases
                if repeats
            ]
        )


if __name__ == "__main__":
    main()

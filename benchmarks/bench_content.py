"""Nearest items by text through SQL, against `implicit` called directly.

    python benchmarks/bench_content.py [--repeats 3]

The text of every sold demo product (all its catalogue columns), TF-IDF rows of length
1, the 100 nearest of each. recsql's side is the function nearest_rows inside a query
whose rows are stored as a table; the peer builds the CSR matrix and calls the kernel,
self included, ties as they fall. The scores are compared before anything is timed.
Target: at most 1.5 times the peer. Memory is the peak of a process that does one side's
work once.
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

from recsql.engine.warehouse import Warehouse

NEAREST = 100
TERMS = r"""
create or replace table bench_terms as
with
    sold as (
        select item_index, lower(concat_ws(
            ' ', brand, department, product_category, product_type, package_size
        )) as item_text
        from int_items
        inner join raw.products on int_items.item_id = products.product_id
        where event_count > 0
    ),
    found as (
        select item_index, unnest(
            regexp_extract_all(item_text, '[\p{L}\p{N}]+')
        ) as term
        from sold
    ),
    counted as (
        select item_index, term, count(*) as term_count from found group by all
    ),
    weighed as (
        select
            item_index,
            cast(dense_rank() over (order by term) - 1 as integer) as term_index,
            sqrt(term_count) * ln(
                (select count(*) + 1 from sold)
                / (count(*) over (partition by term) + 1)
            ) as weight
        from counted
    )
select
    item_index, term_index,
    weight / sqrt(sum(weight * weight) over (partition by item_index)) as weight
from weighed
"""
THROUGH_SQL = f"""
create or replace table bench_near as
select unnest(
    nearest_rows(
        list(item_index), list(term_index), list(weight),
        list(distinct item_index), {NEAREST}
    ),
    recursive := true
)
from bench_terms
"""


def near_directly(items: Any, terms: Any, weights: Any) -> Any:
    """Build the CSR matrix and call the kernel; each item is its own neighbour too."""
    from implicit.nearest_neighbours import all_pairs_knn
    from scipy.sparse import csr_matrix

    matrix = csr_matrix((weights, (terms, items)))
    return all_pairs_knn(matrix, NEAREST + 1, show_progress=False)


def check(warehouse: Warehouse, direct: Any) -> None:
    """Stop unless both sides found the same similarities for every item."""
    given = arrays(warehouse, "select row_index, score, near_rank from bench_near")
    items, similarity, rank = given
    best = -np.sort(-direct.data.reshape(-1, NEAREST + 1), axis=1)
    np.testing.assert_allclose(similarity, best[items, rank], atol=1e-9)
    assert len(items) == (best[:, 1:] > 0).sum(), "not the same number of rows"


def near_through_sql(folder: Path) -> None:
    with opened(folder, "demo") as warehouse:
        warehouse.rows(THROUGH_SQL)


def near_from_file(folder: Path) -> None:
    given = np.load(folder / "terms.npz")
    near_directly(given["items"], given["terms"], given["weights"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    with work_folder() as folder:
        with opened(folder, "demo") as warehouse:
            build_demo(warehouse, compile_demo(), ["+int_items"])
            warehouse.rows(TERMS)
            cells = arrays(warehouse, "from bench_terms")
            np.savez(
                folder / "terms.npz", items=cells[0], terms=cells[1], weights=cells[2]
            )
            warehouse.rows(THROUGH_SQL)
            check(warehouse, near_directly(*cells))
            ours, peer = alternate(
                lambda: warehouse.rows(THROUGH_SQL),
                lambda: near_directly(*cells),
                asked.repeats,
            )
        count = len(np.unique(cells[0]))
        title = f"top {NEAREST} by text, demo, {count:,} items"
        result = Comparison(title, 1.50, ours, peer)
        show(
            [
                replace(
                    result,
                    ours_gb=peak_gb(near_through_sql, folder),
                    peer_gb=peak_gb(near_from_file, folder),
                )
            ]
        )


if __name__ == "__main__":
    main()

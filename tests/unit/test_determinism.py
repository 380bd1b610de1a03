"""Every function of the seam gives the same bits, whatever else runs beside it.

Run as a program, as a kernel of BLAS is chosen once per process. With Haswell's (and
Zen's) every product depends on how many threads share it; with SkylakeX' none does.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Barrier
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from recsql.seam import udfs
from tests.rankers import trained
from tests.word_vectors import save_model

USERS, ITEMS, FACTORS = 300, 600, 64  # large enough for BLAS to share among threads
AT_ONCE = 8
CELLS = "users, items, weights"
MATRIX = "{'row_index': users, 'column_index': items, 'weight': weights::double[]}"
KINDS = "{'row_index': users, 'column_index': items, 'weight': [1.0 for i in items]}"
TURNED = "{'row_index': items, 'column_index': users, 'weight': weights::double[]}"
PAIRS = "{'user_index': users, 'item_index': items}"
ALS = (
    "{'factors': 64, 'regularization': 0.05, 'alpha': 5.0, 'iterations': 4, "
    "'seed': 42, 'device': 'cpu'}"
)
SCALES = "[1 + r % 7 for r in each_user]::double[]"
MEASURE = (
    f"{{'row_index': each_user, 'row_scale': {SCALES}, 'near_scale': {SCALES}, "
    "'denominator': 'product', 'shrinkage': 0.5}"
)
WORTHS = (
    "{'user_index': users, 'item_index': items, "
    "'place': [1 + i % 9 for i in items]::integer[], "
    "'chance': [w / 9 for w in weights]::double[], 'worth': weights::double[]}"
)
LIMITS = (
    "{'item_index': each_item, 'stock': [0.5 + i % 3 for i in each_item]::double[], "
    "'supplier_index': [i % 2 for i in each_item]::integer[]}"
)
RESAMPLES = "{'resamples': 200, 'seed': 42}"
GRAPHS = (
    (
        "graph",
        f"{MATRIX}, item_factors, {{'low_pass': 0.3, 'blur_steps': 1, "
        "'blur_time': 1.0, 'sharpen_steps': 1, 'sharpen_time': 0.5}",
    ),
    (
        "sar",
        f"{MATRIX}, null::float[][], "
        "{'similarity': 'jaccard', 'min_cooccurrence': 1}",
    ),
)
CALLS = {
    "allot": f"{WORTHS}, {LIMITS}, [9.0, 0.0]::double[], 5, 100000",
    "als_fit": f"{CELLS}, {ALS}",
    "als_fold_in": f"{CELLS}, item_factors, {ALS}",
    "svd_fold_in": f"{CELLS}, item_factors",
    "bpr_fit": f"{CELLS}, {{'factors': 64, 'learning_rate': 0.01, "
    "'regularization': 0.01, 'iterations': 4, 'seed': 42}",
    "lmf_fit": f"{CELLS}, {{'factors': 64, 'learning_rate': 1.0, "
    "'regularization': 0.6, 'negatives': 30, 'iterations': 2, 'seed': 42}",
    "svd_fit": f"{CELLS}, {{'factors': 64}}",
    "static_vectors": "['kg 7', 'type 1 kg', 'none'], model_folder",
    "ease_fit": f"{CELLS}, {{'regularization': 1.0, 'dropout': 0.3, "
    "'max_items': null, 'memory': '18.8 GiB'}",
    "frequencies_fit": f"{CELLS}, 64",
    **{f"{name}_top": f"{CELLS}, null, {given}, null, 10" for name, given in GRAPHS},
    **{f"{name}_terms": f"{CELLS}, {given}, {PAIRS}, 3" for name, given in GRAPHS},
    "linear_top": f"{CELLS}, null, item_weights, null, 10",
    "product_top": f"{MATRIX}, {TURNED}, {MATRIX}, null, 10",
    "top_items": f"each_user, user_factors, item_factors, {PAIRS}, null, 20",
    "diversify": f"[u // 50 for u in each_user], each_user, "
    f"[u % 50 + 1 for u in each_user], {MATRIX}, 0.3",
    "hold_back": "[u // 50 for u in each_user], each_user, "
    f"[u % 50 + 1 for u in each_user], {KINDS}, [3 for i in each_item]",
    "nearest_rows": "users, items, weights::double[], each_user, 10",
    "similar_rows": f"{MATRIX}, {MEASURE}, 10",
    "closest_rows": f"{MATRIX}, 10",
    "bootstrap_means": f"items, users, weights::double[], {RESAMPLES}",
    "bootstrap_ratios": "items, users, weights::double[], weights::double[], "
    f"{RESAMPLES}",
    "rank_score": "booster, names, each_user, each_user, user_factors",
    "linear_terms": f"{CELLS}, item_weights, {PAIRS}, 3",
    "factor_terms": f"{CELLS}, item_factors, {ALS}, {PAIRS}, 3",
    "normal_sf": "weights[1]::double",
    "normal_ppf": "weights[1]::double / 10",
    "student_sf": "weights[1]::double, 7.0::double",
    "student_ppf": "weights[1]::double / 10, 7.0::double",
    "chi_square_sf": "weights[1]::double, 3.0::double",
    "hypergeometric_sf": "3::double, 9::double, 5::double, 4::double",
}


@contextmanager
def lists() -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a warehouse with one row of lists: cells, factors, weights and a ranker."""
    chance = np.random.default_rng(3)
    places = chance.choice(USERS * ITEMS, 9000, replace=False).astype(np.int32)
    names = [f"feature_{number}" for number in range(FACTORS)]
    columns: dict[str, Any] = {
        "users": places // ITEMS,
        "items": places % ITEMS,
        "weights": 1 + 4 * chance.random(len(places), dtype=np.float32),
        "each_user": np.arange(USERS, dtype=np.int32),
        "each_item": np.arange(ITEMS, dtype=np.int32),
        "user_factors": [*chance.normal(size=(USERS, FACTORS)).astype(np.float32)],
        "item_factors": [*chance.normal(size=(ITEMS, FACTORS)).astype(np.float32)],
        "item_weights": [*chance.normal(size=(ITEMS, ITEMS)).astype(np.float32)],
        "names": names,
        "booster": trained(names).booster,
    }
    with TemporaryDirectory() as folder, duckdb.connect() as opened:
        save_model(Path(folder))
        columns["model_folder"] = folder
        table = pa.table({n: pa.array([column]) for n, column in columns.items()})
        udfs.register(opened)
        opened.register("columns", table)
        opened.execute("create table given as from columns")
        opened.unregister("columns")
        yield opened


def result(connection: duckdb.DuckDBPyConnection, name: str) -> bytes:
    """Return the bits of one call."""
    with connection.cursor() as cursor:
        found = cursor.execute(f"select {name}({CALLS[name]}) from given")
        return pickle.dumps(found.fetchall())


def differing() -> set[str]:
    """Return the functions that differ from themselves, eight of them at any time.

    BLAS starts with two threads, as on any machine that has two cores.
    """
    with lists() as connection:
        expected = {name: result(connection, name) for name in CALLS}
        barrier = Barrier(AT_ONCE)

        def work(worker: int) -> set[str]:
            names = [*CALLS]
            np.random.default_rng(worker).shuffle(names)
            barrier.wait()
            return {n for n in names if result(connection, n) != expected[n]}

        with threadpool_limits(2, user_api="blas"), ThreadPoolExecutor(AT_ONCE) as pool:
            return set().union(*pool.map(work, range(AT_ONCE)))


def test_every_function_has_a_case() -> None:
    assert set(CALLS) == {function.name for function in udfs.FUNCTIONS}


@pytest.mark.parametrize("kernel", ["", "Haswell"])
def test_functions_beside_each_other_give_the_same_bits(kernel: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.unit.test_determinism"],
        env={**os.environ, "OPENBLAS_CORETYPE": kernel},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    kernels, found = done.stdout.splitlines()
    if kernel.lower() not in kernels.lower():
        pytest.skip(f"this processor cannot run the BLAS kernel {kernel}")
    assert found == "differing: []"


if __name__ == "__main__":
    print({pool.get("architecture") for pool in threadpool_info()})
    print(f"differing: {sorted(differing())}")

"""A limit of memory for DuckDB and Python together: sizes, who is told, who waits."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

import recsql
from recsql.config.profile import Cluster
from recsql.config.project import builtin_root, load_project
from recsql.engine.runner import _Worker
from recsql.engine.warehouse import open_warehouse
from recsql.errors import InputError
from recsql.numerics import factorize
from recsql.publishing.published import open_version
from recsql.publishing.versions import FILE
from recsql.seam.memory import PYTHON_MEMORY, Room, bytes_of, divided

FIT = (
    "select als_fit([0, 1], [0, 1], [1.0, 1.0], {'factors': 3, 'regularization': 0.05, "
    "'alpha': 5.0, 'iterations': 4, 'seed': 42, 'device': 'cpu'})"
)


@pytest.mark.parametrize(
    "size", ["", " ", "2", "8000000000", "80%", "-1", "1.2.3GB", ".", "1,5GB", "5iB"]
)
def test_what_is_no_size_is_refused_in_one_line(size: str) -> None:
    expected = f'--memory-limit: "{size}" is no amount of memory: write e.g. 2GB.'
    with pytest.raises(InputError, match=re.escape(expected)):
        load_project(builtin_root()).with_memory_limit(size)
    with pytest.raises(recsql.RecsqlError, match=re.escape(expected)):
        recsql.load_project(builtin_root(), memory_limit=size)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ("2 gb", 2 * 10**9),
        ("2g", 2 * 10**9),
        (".5TiB", 2**39),
        ("1.GB", 10**9),
        ("953.6 MiB", int(953.6 * 2**20)),
        ("1 byte", 1),
    ],
)
def test_sizes_are_read_as_duckdb_writes_them(size: str, expected: int) -> None:
    assert bytes_of(size) == expected


@given(st.integers(1, 10**14), st.integers(0, 10**14))
def test_what_a_refusal_advises_is_enough(size: int, more: int) -> None:
    room, need = Room(size), size + 1 + more
    with (
        pytest.raises(ValueError, match="--memory-limit") as refused,
        room.taken("als_fit", need),
    ):
        pytest.fail("it began")
    (advice,) = re.findall(r"Allow --memory-limit (\S+?),", str(refused.value))
    if bytes_of(advice) >= 600 * 10**6:
        assert divided(advice)[PYTHON_MEMORY] >= need


def test_a_profile_with_another_name_for_the_limit_gives_way() -> None:
    project = load_project(builtin_root())
    settings = {"max_memory": "7GB", "Memory_Limit": "8GB", "threads": 1}
    project = replace(project, profile=replace(project.profile, settings=settings))
    limited = project.with_memory_limit("900MB").profile.settings
    with open_warehouse(None, limited) as warehouse:
        ((limit,),) = warehouse.rows("select current_setting('memory_limit')")
    assert limit == "381.4 MiB"  # two thirds of 600 MB
    assert limited["threads"] == 1


def test_readers_of_versions_open_them_within_the_limit(tmp_path: Path) -> None:
    """Every refresh after the first reads the version that is published."""
    with duckdb.connect(str(tmp_path / FILE)) as connection:
        connection.execute("create table rec_for_user as select 1 as user_id")
    project = load_project(builtin_root()).with_memory_limit("900MB")
    with open_version(project, tmp_path) as version:
        assert version.tables == ("rec_for_user",)
        limit = version.connection.execute("select current_setting('memory_limit')")
        assert limit.fetchall() == [("381.4 MiB",)]


def test_a_limit_for_spark_is_refused() -> None:
    project = load_project(builtin_root())
    cluster = Cluster("local[1]", None, None, "recsql", "parquet")
    profile = replace(project.profile, cluster=cluster, target="spark")
    with pytest.raises(InputError, match="target spark is Spark: set spark"):
        replace(project, profile=profile).with_memory_limit("2GB")


def test_who_waits_for_memory_gives_up_when_told_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """DuckDB alone would let it wait, and then work, before it stops."""
    monkeypatch.setattr(factorize, "als", lambda *_: pytest.fail("it began"))
    with (
        open_warehouse(None, {PYTHON_MEMORY: 1000}) as warehouse,
        ThreadPoolExecutor(1) as pool,
    ):
        room = warehouse.room
        assert room is not None
        worker = _Worker(warehouse.cursor(), room)
        with room.taken("another", 1000):
            query = pool.submit(worker.cursor.execute, FIT)
            for _ in range(100):  # as a scheduler does: it may not wait yet
                worker.interrupt()
                if wait([query], timeout=0.1).done:
                    break
            with pytest.raises(duckdb.Error, match=r"(?i)interrupt"):
                query.result(timeout=0)
        worker.close()
        assert room.used == 0


def test_a_function_that_fails_gives_its_memory_back() -> None:
    with open_warehouse(None, {PYTHON_MEMORY: 1000}) as warehouse:
        for _ in range(3):
            with pytest.raises(duckdb.Error, match="users but"):
                warehouse.connection.execute(
                    "select top_items([1, 2], [[1.0]], [[1.0]], {'user_index': [], "
                    "'item_index': []}, null, 3)"
                )
        assert warehouse.room is not None
        assert warehouse.room.used == 0


def test_of_many_rows_one_at_a_time_is_copied() -> None:
    """100 rows of 10 figures: 16,000 bytes of lists, and 160 of one of them."""
    means = (
        "select sum(len(bounds)) from (select bootstrap_means(list(0), list(i::int), "
        "list(i::double), {'resamples': 10, 'seed': 1}) as bounds "
        "from (select i // 10 as i, i % 100 as g from range(1000) t(i)) group by g)"
    )
    with open_warehouse(None, {PYTHON_MEMORY: 22_000, "threads": 1}) as warehouse:
        assert warehouse.rows(means) == [(100,)]
    with (
        open_warehouse(None, {PYTHON_MEMORY: 16_000, "threads": 1}) as warehouse,
        pytest.raises(recsql.RecsqlError, match="bootstrap_means needs about 1MB"),
    ):
        warehouse.rows(means)


def test_functions_of_numbers_never_wait() -> None:
    with open_warehouse(None, {PYTHON_MEMORY: 1}) as warehouse:
        assert warehouse.rows("select normal_sf(0.0)") == [(0.5,)]

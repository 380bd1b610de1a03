"""Files, ids, vars and templates that mean harm: nothing breaks and nothing leaks."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlglot import tokenize
from sqlglot.errors import TokenError

from recsql.compilation.compiler import require_vars
from recsql.compilation.render import Renderer
from recsql.config.project import Project, builtin_root, load_project
from recsql.engine.loader import load_table
from recsql.engine.text_tables import Options
from recsql.engine.warehouse import open_warehouse
from recsql.errors import InputError, ProjectError
from tests.integration.conftest import QUICK, Recsql
from tests.tries import tries
from tests.worlds import ALL_SWITCHES

BAD = "x'\"); drop table injected; --"
HEADER = b"user_id,item_id,event_at\n"
GOOD = b"%d,sku,2024-01-01 10:00:00\n"
WRONG = {
    "missing columns": b"%d,sku\n",
    "too many columns": b"%d,sku,2024-01-01 10:00:00,more\n",
    "invalid encoding": b"%d,\xff\xfe,2024-01-01 10:00:00\n",
}


def write_lines(path: Path, good: int, wrong: int) -> None:
    """Write a CSV whose every ninth line or so cannot be read, in turn by each kind."""
    kinds = list(WRONG.values())
    with path.open("wb") as file:
        file.write(HEADER)
        for line in range(good):
            file.write(GOOD % line)
            if line < wrong:
                file.write(kinds[line % len(kinds)] % line)


def test_malformed_lines_are_counted_and_the_rest_is_loaded(
    shop: Path, recsql: Recsql
) -> None:
    write_lines(shop / "bad.csv", 60_000, 6_000)
    load = ("load", "--project", shop, "other", shop / "bad.csv")
    strict = recsql(*load)
    assert strict.code == 2
    assert 'bad.csv line 3: 2 columns where the header has 3: "0,sku"' in strict.err
    assert "--max-malformed" in strict.err
    few = recsql(*load, "--max-malformed", "0.05")
    assert few.code == 2
    assert "9.09% of the lines cannot be read" in few.err
    done = recsql(*load, "--max-malformed", "0.1")
    assert (done.code, done.err) == (0, "")
    assert "loaded 60,000 rows" in done.out
    for kind in WRONG:
        assert f"2,000 {kind}" in done.out
    with duckdb.connect(str(shop / "warehouse/build.duckdb")) as file:
        kept = file.execute(
            "select reason, count(*), min(malformed_count), min(line_number) "
            "from raw.malformed_lines where table_name = 'other' group by reason"
        ).fetchall()
    assert sorted(kept) == [
        ("invalid encoding", 1000, 2000, 7),
        ("missing columns", 1000, 2000, 3),
        ("too many columns", 1000, 2000, 5),
    ]


def test_a_later_load_forgets_earlier_malformed_lines(
    shop: Path, recsql: Recsql
) -> None:
    for wrong in (3, 1):
        write_lines(shop / "bad.csv", 10, wrong)
        path = shop / "bad.csv"
        recsql("load", "--project", shop, "other", path, "--max-malformed", "1")
    with duckdb.connect(str(shop / "warehouse/build.duckdb")) as file:
        assert file.execute("from raw.malformed_lines").fetchall() == [
            ("other", str(shop / "bad.csv"), "missing columns", 3, "0,sku", 1)
        ]


@settings(
    max_examples=tries(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    data=st.one_of(
        st.binary(max_size=300),
        st.lists(
            st.sampled_from(
                [b",", b'"', b"\n", b"\r\n", b"\x00", b"a", b"1", b"\xff", b"'", b";"]
            ),
            max_size=60,
        ).map(b"".join),
    ),
    suffix=st.sampled_from([".csv", ".tsv", ".jsonl", ".parquet", ".arrow", ".csv.gz"]),
    most=st.sampled_from([0.0, 0.5, 1.0]),
)
def test_any_bytes_load_or_are_refused(
    tmp_path: Path, data: bytes, suffix: str, most: float
) -> None:
    """What stood in the table is there still where a file is refused."""
    path = tmp_path / f"any{suffix}"
    path.write_bytes(data)
    with open_warehouse(None, {}) as warehouse:
        warehouse.rows("create schema raw; create table raw.t as select 'before' as a")
        refusal, rows = "", 0
        try:
            rows = load_table(
                warehouse, "raw", "t", [str(path)], Options(max_malformed=most)
            ).rows
        except InputError as error:
            refusal = str(error)
        assert "\n" not in refusal
        if refusal:
            assert warehouse.rows("from raw.t") == [("before",)]
        else:
            assert warehouse.rows("select count(*) from raw.t") == [(rows,)]


def test_titles_of_ten_megabytes(shop: Path, recsql: Recsql) -> None:
    title = "<script>'" + "x" * 10_000_000
    (shop / "items.csv").write_text(f'item_id,title\n"sku-00 ""x""","{title}"\n')
    assert recsql("load", "--project", shop, "items", shop / "items.csv").code == 0
    mapped = "{items: {table: items, item_id: item_id, title: title}, " + QUICK + "}"
    done = recsql("run", "-s", "+rec_popular", "--project", shop, "--vars", mapped)
    assert (done.code, done.err) == (0, "")
    with duckdb.connect(str(shop / "warehouse/build.duckdb"), read_only=True) as file:
        longest = "select max(length(item_title)) from rec_popular"
        assert file.execute(longest).fetchall() == [(len(title),)]


@pytest.mark.parametrize(
    "text",
    [
        "{% include '/etc/hostname' %}",
        "{% import '/etc/hostname' as stolen %}{{ stolen }}",
        "{% extends '/etc/hostname' %}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ ref.__globals__ }}",
        "{{ var.__func__.__globals__['os'].system('true') }}",
        "{{ self.__init__.__globals__ }}",
        "{{ cycler.__init__.__globals__.os }}",
        "{{ config.__self__.project.root }}",
        "select * from '/etc/hostname'",
    ],
)
def test_templates_reach_no_file_and_no_python(
    shop: Path, recsql: Recsql, text: str
) -> None:
    (shop / "sql").mkdir(exist_ok=True)
    (shop / "sql" / "mine.sql").write_text(f"-- mine\n{text}\n")
    done = recsql("compile", "--project", shop)
    assert done.code == 2
    assert len(done.err.splitlines()) == 1
    assert "mine.sql" in done.err
    assert not list(shop.glob("target/**/mine.sql"))


def leaves(entry: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every place of a var, its own included."""
    keys: Any = ()
    if isinstance(entry, dict | list):
        keys = entry if isinstance(entry, dict) else range(len(entry))
    for key in keys:
        yield from leaves(entry[key], (*path, key))
    yield path


def replaced(entry: Any, path: tuple[Any, ...], given: Any) -> Any:
    if not path:
        return given
    changed = copy.copy(entry)
    changed[path[0]] = replaced(entry[path[0]], path[1:], given)
    return changed


def refusal(project: Project) -> str:
    """Return why the vars of a project are refused, or nothing."""
    try:
        require_vars(project)
    except ProjectError as error:
        return str(error)
    return ""


def kinds_of_token(sql: str) -> set[str]:
    """Return as what the hostile text comes in a statement."""
    try:
        tokens = tokenize(sql, read="duckdb")
    except TokenError:
        return {"no SQL"}
    return {token.token_type.name for token in tokens if "injected" in token.text}


@pytest.fixture(scope="module")
def switched() -> Project:
    return load_project(builtin_root(), {**ALL_SWITCHES, "as_of": "2024-01-01"})


@pytest.mark.slow
def test_no_var_becomes_sql(switched: Project) -> None:
    """Text that would end a statement is refused, or stays a text in quotes."""
    poisoned = {}
    for name, entry in switched.vars.items():
        taken = entry
        for path in leaves(entry):
            refused = refusal(switched.with_vars({name: replaced(entry, path, BAD)}))
            assert not refused or name in refused
            if path and not refused:
                taken = replaced(taken, path, BAD)
        if not refusal(switched.with_vars({name: BAD})):
            taken = BAD
        if taken != entry:
            poisoned[name] = taken
    assert len(poisoned) > 10
    found = set()
    for name, taken in poisoned.items():
        renderer = Renderer(switched.with_vars({name: taken}))
        for model in switched.models.values():
            try:
                sql = renderer.render(model).sql
            except ProjectError:
                continue
            if "injected" in sql:
                found |= {(name, kind) for kind in kinds_of_token(sql)}
    assert {kind for _, kind in found} == {"STRING", "IDENTIFIER"}, found


@settings(
    max_examples=tries(150),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_any_yaml_in_a_var_is_taken_or_refused(
    switched: Project, data: st.DataObject
) -> None:
    scalars = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=8),
        st.dates(),
    )
    anything = st.recursive(
        scalars,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(st.text(max_size=5), inner, max_size=3),
        ),
        max_leaves=6,
    )
    name = data.draw(st.sampled_from(sorted(switched.vars)))
    path = data.draw(st.sampled_from(list(leaves(switched.vars[name]))))
    tried = replaced(switched.vars[name], path, data.draw(anything))
    assert "\n" not in refusal(switched.with_vars({name: tried}))

"""Compiled templates are kept for the next process, where nobody else can write."""

from __future__ import annotations

import marshal
from pathlib import Path

import pytest
from jinja2 import Environment, FunctionLoader

from recsql.compilation import templates
from recsql.compilation.compiler import compile_project
from recsql.compilation.lineage import _parsed_by_duckdb, parse, tables_read
from recsql.compilation.templates import TemplateCodes
from recsql.config import properties
from recsql.config.project import builtin_root, load_project
from recsql.config.properties import parse_yaml, remembered_yaml
from recsql.config.remembered import Remembered
from tests.worlds import ALL_SWITCHES


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "recsql"


def rendered(codes: TemplateCodes) -> str:
    """Render a template whose compiled code is kept."""
    loader = FunctionLoader(lambda name: ("{{ 1 + 1 }}", name, lambda: True))
    text = Environment(loader=loader, bytecode_cache=codes).get_template("a").render()
    codes._codes.keep()
    return text


def test_the_next_process_reads_what_this_one_compiled(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert rendered(TemplateCodes()) == "2"
    (file,) = cache.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    monkeypatch.setattr(Environment, "_generate", None)  # nothing is compiled now
    assert rendered(TemplateCodes()) == "2"


def test_a_snippet_is_compiled_once(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also for the next process; what it is told apart by are its names and vars."""
    codes, environment = TemplateCodes(), Environment(extensions=[templates.LineMarks])
    environment.globals["x"] = 1
    assert codes.template(environment, "{{ x }}").render() == "1"
    codes._codes.keep()
    monkeypatch.setattr(Environment, "_generate", None)  # nothing is compiled now
    environment.globals["x"] = 2
    for known in (codes, TemplateCodes()):
        assert known.template(environment, "{{ x }}").render() == "2"


@pytest.mark.parametrize("content", [b"", b"\x00", b"no codes", marshal.dumps([1])])
def test_a_damaged_file_is_replaced(cache: Path, content: bytes) -> None:
    rendered(TemplateCodes())
    (file,) = cache.iterdir()
    good = file.read_bytes()
    file.write_bytes(content)
    assert rendered(TemplateCodes()) == "2"
    assert file.read_bytes() == good


def test_a_file_that_others_may_write_is_not_read(cache: Path) -> None:
    rendered(TemplateCodes())
    (file,) = cache.iterdir()
    file.chmod(0o666)
    assert Remembered("templates", templates._makers)._read() == {}


@pytest.mark.parametrize(
    "text", ["a: [1, {b: null}]", "c: &x {d: 2.5}\ne: *x", "f: 2024-01-02", "", "- g"]
)
def test_yaml_that_is_remembered_says_what_it_said(
    cache: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """A copy each time: whoever changes what was said changes it for nobody else."""
    for _ in range(3):
        monkeypatch.setattr(properties, "TEXTS", Remembered("yaml", properties._makers))
        for _ in range(2):
            said = remembered_yaml(text)
            assert said == parse_yaml(text)
            if isinstance(said, dict):
                said["z"] = 1
        properties.TEXTS.keep()


def test_no_cache_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert rendered(TemplateCodes()) == "2"


def test_duckdb_and_sqlglot_read_the_same_tables() -> None:
    given = {**ALL_SWITCHES, "as_of": "2017-12-04"}
    models = compile_project(load_project(builtin_root(), given)).models
    assert len(models) > 200
    for compiled in models.values():
        assert _parsed_by_duckdb(compiled.sql) == tables_read(parse(compiled))


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("with a as (select 1) select * from a", set()),
        ("with a as (select * from b) select * from a, s.a", {"b", "s.a"}),
        ('from "My T" where x in (select y from "S 1"."t""2")', {"My T", "S 1.t2"}),
        (
            'select * from origin.raw.t, "my file"."s".u',
            {"origin.raw.t", "my file.s.u"},
        ),
        ("from read_parquet('x')", set()),
        ("with t as (from d.s.t) from t, u", {"d.s.t", "u"}),
        ("select 1 from t semi join u using (i) union all from v", {"t", "u", "v"}),
        ("insert into t select 1", None),
        ("select 1; select 2", None),
        ("selec 1", None),
    ],
)
def test_tables_that_duckdb_reads(sql: str, tables: set[str] | None) -> None:
    assert _parsed_by_duckdb(sql) == tables

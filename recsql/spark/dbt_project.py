"""A dbt project of Spark SQL, which stock dbt-spark builds and tests.

Models are rendered: their vars are what they were when the project was written. Each
refresh builds them whole. Seeds are models of rows, as dbt-spark breaks off at an
apostrophe; data tests are singular tests, as dbt's own ask in DuckDB's words.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import yaml

from recsql.compilation.compiler import Plan
from recsql.compilation.render import Compiled, literal
from recsql.compilation.spark import Place, translate, translate_text
from recsql.config.files import write_beside
from recsql.engine.checks import plan_checks
from recsql.errors import InputError, Refusals, unwritable
from recsql.publishing.publish import texts_of
from recsql.spark.functions import spark_type, sql_value
from recsql.spark.tables import promised

LISTED = "recsql_files.txt"
READ = ("sql", "macros", "seeds", "tests", "queries")
REFS, RAW = "recsql_refs", "recsql_raw"
NAMED = re.compile(rf"`?({REFS}|{RAW})`?\.(?:`([^`]+)`|(\w+))")
JINJA = re.compile(r"\{(?=[{%#])")
STARTED = '{{ run_started_at.strftime("%Y-%m-%d %H:%M:%S.%f") }}'
PROFILE = {
    "target": "session",
    "outputs": {
        "session": {
            "type": "spark",
            "method": "session",
            "host": "none",
            "schema": "recsql",
            "threads": 1,
            "server_side_parameters": {
                "spark.sql.ansi.enabled": "true",
                "spark.sql.legacy.allowNonEmptyLocationInCTAS": "true",
                "spark.sql.session.timeZone": "UTC",
            },
        }
    },
}


@dataclass
class Written:
    """How much was written, and what does not translate."""

    models: int = 0
    tests: int = 0
    problems: list[str] = field(default_factory=list)


def write_project(plan: Plan, folder: Path) -> Written:
    """Write the plan's models, seeds and data tests as a dbt project.

    Of what was written before, what is no more goes; nothing else is touched.

    Raises:
        InputError: a file cannot be written, or the folder is another's.
    """
    written = Written()
    try:
        before = _written_before(plan, folder)
        files = dict(_files(plan, written))
        files[LISTED] = "\n".join(files) + "\n"
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            write_beside(folder / path, text)
        for path in before.difference(files):
            (folder / path).unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(f"compile: {folder}", error) from None
    return written


def _written_before(plan: Plan, folder: Path) -> set[str]:
    """Return what an earlier call wrote; refuse a folder that holds other files."""
    place = folder.resolve()
    for name in READ:
        if place.is_relative_to(plan.project.root / name):
            raise InputError(
                f"compile: --as dbt: {folder} is in {name}, which this project reads. "
                "Name a folder outside, such as target/spark_project."
            )
    if (place / LISTED).is_file():
        return set((place / LISTED).read_text(encoding="utf-8").splitlines())
    if place.is_dir() and any(place.iterdir()):
        raise InputError(
            f"compile: --as dbt: {folder} is not empty, and was not made so. Its "
            "dbt_project.yml and profiles.yml would be replaced: name a new folder."
        )
    return set()


def _files(plan: Plan, written: Written) -> Iterator[tuple[str, str]]:
    """Yield each file's path and text."""
    project = {
        "name": re.sub(r"\W", "_", plan.project.name),
        "version": "1.0",
        "config-version": 2,
        "profile": "recsql",
        "models": {"+materialized": "table", "+file_format": "parquet"},
    }
    yield "dbt_project.yml", _yml(project)
    yield "profiles.yml", _yml({"recsql": PROFILE})
    yield "models/schema.yml", _yml(_described(plan))
    for name in plan.graph.order:
        model = plan.models.get(name)
        if model is None:
            yield f"models/seeds/{name}.sql", _seed(plan.project.seeds[name])
            continue
        try:
            text = _model(plan, model)
        except Refusals as refused:
            written.problems += refused.problems
            continue
        written.models += 1
        yield f"models/{model.model.layer}/{name}.sql", text
    yield from _tests(plan, written)


def _model(plan: Plan, model: Compiled) -> str:
    """Return a model's Spark SQL, with its config and dbt's names for what it reads."""
    sql = promised(model, translate(model, _place(plan)))
    is_view = model.config.get("materialized") == "view"
    stored = "view" if is_view else "table"
    tags = json.dumps([*model.config.get("tags", [])])
    return f'{{{{ config(materialized="{stored}", tags={tags}) }}}}\n' + _named(
        plan, sql
    )


def _place(plan: Plan) -> Place:
    schemas = {"main": (REFS,), **{schema: (RAW,) for schema, _ in _raw_tables(plan)}}
    return Place(schemas, {"memory_limit": literal("1GB")})


def _named(plan: Plan, sql: str) -> str:
    """Return SQL as dbt renders it: what looks like Jinja is text, tables are refs."""
    schema_of = {table: schema for schema, table in _raw_tables(plan)}

    def named(seen: re.Match[str]) -> str:
        name = seen[2] or seen[3]
        if seen[1] == REFS:
            return f'{{{{ ref("{name}") }}}}'
        return f'{{{{ source("{schema_of[name]}", "{name}") }}}}'

    moment = str(plan.renderer.run_started_at.replace(tzinfo=None))
    text = NAMED.sub(named, JINJA.sub("{{ '{' }}", sql))
    text = text.replace(plan.renderer.invocation_id, "{{ invocation_id }}")
    return text.replace(moment, STARTED)


def _raw_tables(plan: Plan) -> list[tuple[str, str]]:
    """Return schema and name of every raw table that models read."""
    read = {source for model in plan.models.values() for source in model.sources}
    parts = (source.replace('"', "").split(".")[-2:] for source in sorted(read))
    return [(schema, table) for schema, table in parts]


def _tests(plan: Plan, written: Written) -> Iterator[tuple[str, str]]:
    """Yield the data tests: a file per model, as a job costs more than most tests.

    Its rows are the names of the tests that failed, and how many rows break each.
    """
    grouped: dict[tuple[str, str], list[str]] = defaultdict(list)
    nodes = {*plan.graph.order}
    for check in plan_checks(plan, plan.graph.order, nodes):
        try:
            sql = translate_text(check.sql, check.file, _place(plan))
        except Refusals as refused:
            written.problems += refused.problems
            continue
        written.tests += 1
        grouped[check.reads[0], check.severity].append(
            f"select {sql_value(check.name)} as test_name, count(*) as row_count\n"
            f"from (\n{sql}) as broken\nhaving count(*) > 0\n"
        )
    for (name, severity), parts in grouped.items():
        config = f'{{{{ config(severity="{severity}") }}}}\n'
        text = _named(plan, "union all\n".join(parts))
        yield f"tests/{name}_{severity}.sql", config + text


def _described(plan: Plan) -> dict[str, Any]:
    """Return the yml of models and raw tables: descriptions, types and contracts."""
    tables: dict[str, list[dict[str, str]]] = {}
    for schema, table in _raw_tables(plan):
        tables.setdefault(schema, []).append({"name": table})
    return {
        "version": 2,
        "sources": [
            {"name": schema, "schema": schema, "tables": listed}
            for schema, listed in tables.items()
        ],
        "models": [_properties(plan, name) for name in plan.graph.order],
    }


def _properties(plan: Plan, name: str) -> dict[str, Any]:
    known = plan.project.properties.get(name)
    texts = {key: _plain(text) for key, text in texts_of(plan, name).items()}
    model = plan.models.get(name)
    types: Mapping[str, str | None] = (
        model.contract.types if model and model.contract else {}
    )
    columns = [
        {
            "name": column.name,
            "description": texts[column.name],
            **({"data_type": spark_type(kind).lower()} if kind else {}),
        }
        for column in (known.columns.values() if known else ())
        for kind in [types.get(column.name)]
    ]
    entry: dict[str, Any] = {"name": name, "columns": columns}
    entry["description"] = texts.get("", "")
    if types and all(types.values()):
        entry["config"] = {"contract": {"enforced": True}}
    return entry


def _plain(text: str) -> str:
    return JINJA.sub("{{ '{' }}", " ".join(text.split()))


def _seed(path: Path) -> str:
    """Return the rows of a CSV as a query; DuckDB says the types of its columns."""
    with duckdb.connect(config={"threads": 1}) as connection:
        found = connection.execute(
            f"from read_csv({literal(str(path))}, header = true)"
        )
        columns = [(each[0], spark_type(str(each[1]))) for each in found.description]
        rows = found.fetchall()
    names = ", ".join(f"`{name}`" for name, _ in columns)
    casts = ",\n    ".join(
        f"cast(`{name}` as {kind}) as `{name}`" for name, kind in columns
    )
    held = rows or [(None,) * len(columns)]
    values = ",\n    ".join("(" + ", ".join(map(sql_value, row)) + ")" for row in held)
    text = f"select\n    {casts}\nfrom values\n    {values}\nas rows({names})\n"
    text += "" if rows else "where false\n"
    return '{{ config(materialized="table") }}\n' + JINJA.sub("{{ '{' }}", text)


def _yml(content: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(content), sort_keys=False, allow_unicode=True, width=100)

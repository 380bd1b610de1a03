"""Looking at a project without running it: listings, compiled files, column lineage."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from statistics import median

from recsql.compilation.compiler import Plan, compile_project
from recsql.compilation.layout import laid_out
from recsql.compilation.lineage import ColumnNode, column_lineage
from recsql.compilation.render import Compiled
from recsql.config.files import write_beside
from recsql.config.project import Project
from recsql.engine.warehouse import open_warehouse
from recsql.errors import Refusals, unwritable


def listing(plan: Plan, names: Sequence[str]) -> list[tuple[str, ...]]:
    """Return (name, layer, stored as, tags, origin) per node."""
    rows: list[tuple[str, ...]] = []
    for name in names:
        compiled = plan.models.get(name)
        if compiled is None:
            rows.append((name, "seeds", "seed", "", "recsql"))
            continue
        model = compiled.model
        origin = model.origin
        if model.replaces:
            origin += " (replaces the built-in model)"
        kind = str(compiled.config.get("materialized", "table"))
        tags = ", ".join(compiled.config.get("tags", []))
        rows.append((name, model.layer, kind, tags, origin))
    return rows


@dataclass(frozen=True)
class Written:
    """How many models were written, and why others could not be."""

    models: int
    problems: tuple[str, ...]
    calling: int = 0  # functions of recsql, which Spark must be given first


def tree(plan: Plan, names: Sequence[str]) -> list[tuple[str, str]]:
    """Return (folder or model, what it holds) as one reads them: folder by folder."""
    folders: dict[str, list[str]] = {}
    for name in names:
        if name in plan.models:
            folders.setdefault(plan.models[name].model.folder, []).append(name)
    place = {name: number for number, name in enumerate(plan.graph.order)}
    rows: list[tuple[str, str]] = []
    layers: dict[str, list[int]] = {}
    for folder, held in folders.items():
        layers.setdefault(folder.partition("/")[0], []).extend(place[n] for n in held)

    def first(folder: str) -> tuple[float, float]:
        layer = layers[folder.partition("/")[0]]
        return median(layer), median(place[n] for n in folders[folder])

    for folder in sorted(folders, key=first):
        head = heading(plan, folders[folder][0])
        held = _in_reading_order(folders[folder], head)
        count = f"{len(held)} model{'s' * (len(held) > 1)}"
        rows.append((f"sql/{folder}/", ": ".join([count, *head[:1]]).rstrip(".")))
        for name in held:
            told = plan.project.properties.get(name)
            what = " ".join(told.description.split()) if told else ""
            rows.append((f"  {name}", what.split(". ")[0].rstrip(".")))
    return rows


def heading(plan: Plan, name: str) -> list[str]:
    """Return what the yml of a model's folder begins with: contract, reading order."""
    folder = plan.models[name].model.path.parent
    path = folder / f"_{folder.name}.yml"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    above = takewhile(lambda line: line.startswith("#"), lines)
    text = "\n".join(above).replace("\n#  ", "").replace("# ", "")
    return text.splitlines()


def _in_reading_order(names: Sequence[str], head: Sequence[str]) -> list[str]:
    told = re.findall(r"\w+", " ".join(head))
    return sorted(names, key=lambda n: told.index(n) if n in told else len(told))


def write_compiled(
    plan: Plan, names: Sequence[str], folder: Path, dialect: str
) -> Written:
    """Write one file per model that the dialect has; say what it has not of others."""
    models = [plan.models[name] for name in names if name in plan.models]
    problems: list[str] = []
    calling = 0
    for compiled in models:
        try:
            text, calls = _in_dialect(compiled, dialect)
        except Refusals as refused:
            problems += refused.problems
            continue
        calling += calls
        target = folder / compiled.model.folder / f"{compiled.name}.sql"
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists() or target.read_bytes() != text.encode():
                write_beside(target, text)
        except OSError as error:
            raise unwritable(f"compile: {target}", error) from None
    told = {problem.partition(": Spark:")[0].partition(":")[0] for problem in problems}
    return Written(len(models) - len(told), tuple(problems), calling)


def _in_dialect(compiled: Compiled, dialect: str) -> tuple[str, bool]:
    """Return a model's SQL in a dialect, and whether it calls functions of recsql."""
    if dialect == "duckdb":
        return laid_out(compiled.sql), False
    from recsql.compilation import spark

    return spark.translate(compiled), not spark.is_sql_only(compiled)


def lineage_lines(project: Project, target: str) -> list[str]:
    """Return the lineage of `model.column` as an indented list, sources last."""
    plan = compile_project(project)
    known = raw_columns(project, plan)
    root = column_lineage(plan.models, plan.graph.order, target, known)
    lines: list[str] = []
    shown: set[ColumnNode] = set()

    def add(node: ColumnNode, depth: int) -> None:
        again = node in shown and node.parents
        lines.append(
            "  " * depth + f"{node.relation}.{node.column}" + (" ..." if again else "")
        )
        if not again:
            shown.add(node)
            for parent in node.parents:
                add(parent, depth + 1)

    add(root, 0)
    return lines


def raw_columns(project: Project, plan: Plan) -> dict[str, list[str]]:
    """Return the columns of raw tables and seeds: as loaded, else as described."""
    known: dict[str, list[str]] = {}
    for table in project.sources.values():
        parts = plan.renderer.source_parts(table)
        known[".".join(parts)] = [column.name for column in table.columns]
    path = project.profile.build_path
    if path.exists():
        with open_warehouse(path, {"access_mode": "read_only"}) as warehouse:
            raw = warehouse.rows(
                "select table_schema, table_name, list(column_name order by "
                "ordinal_position) from information_schema.columns "
                "where table_schema <> 'main' group by all"
            )
        known.update({f"{schema}.{name}": columns for schema, name, columns in raw})
    return known

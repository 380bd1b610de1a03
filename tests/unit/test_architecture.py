"""Which module may import which, and what `import recsql` may load."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import recsql
from recsql.config.project import builtin_root

PACKAGE = Path(recsql.__file__).parent
# From the bottom up: a module imports from its own package and those below it.
PACKAGES = [
    "redaction",
    "errors",
    "numerics",
    "seam",
    "texts",
    "dbt_plugin",
    "config",
    "compilation",
    "engine",
    "publishing",
    "spark",
    "operation",
    "evaluation",
    "questions",
    "serving",
    "tuning",
    "api",
    "terminal",
    "report",
    "demo",
    "cli",
    "__main__",
]
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py")
HEAVY = ("scipy", "implicit", "dbt", "duckdb", "numpy", "sqlglot", "rich", "pyarrow")
HEAVY += ("lightgbm", "optuna", "vl_convert", "pyspark")


def name_of(path: Path) -> str:
    """Return a file's module as its imports name it: `engine.runner`."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


def imported(path: Path) -> set[str]:
    """Return the modules of recsql that a file imports, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
            "recsql"
        ):
            module = (node.module or "").removeprefix("recsql").strip(".")
            found |= {module} | {f"{module}.{n.name}".strip(".") for n in node.names}
    return found & {name_of(path) for path in MODULES}


def package_of(module: str) -> str:
    return module.split(".")[0]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_point_down(path: Path) -> None:
    own = PACKAGES.index(package_of(name_of(path)))
    for name in imported(path):
        assert PACKAGES.index(package_of(name)) <= own, f"{name_of(path)}: {name}"


@pytest.mark.parametrize("package", PACKAGES)
def test_no_package_imports_in_circles(package: str) -> None:
    inside = {name_of(p): p for p in MODULES if package_of(name_of(p)) == package}
    uses = {name: imported(path) & set(inside) for name, path in inside.items()}
    assert set(TopologicalSorter(uses).static_order()) == set(inside)


@pytest.mark.parametrize("folder", sorted({p.parent for p in MODULES} - {PACKAGE}))
def test_every_package_says_what_lives_there(folder: Path) -> None:
    tree = ast.parse((folder / "__init__.py").read_text())
    assert ast.get_docstring(tree)
    assert len(tree.body) == 1, "a package's __init__ holds its description only"


def test_contributing_lists_the_packages_in_order() -> None:
    guide = (PACKAGE.parent / "CONTRIBUTING.md").read_text()
    packages = [name for name in PACKAGES if (PACKAGE / name).is_dir()]
    listed = re.findall(r"(?m)^\| `(\w+)` \| [^|]+ \|$", guide)
    assert listed == packages


def test_only_the_seam_knows_the_numerics() -> None:
    users = {
        name_of(path)
        for path in MODULES
        if any(package_of(name) == "numerics" for name in imported(path))
    }
    outside = {n for n in users if package_of(n) not in ("numerics", "seam")}
    # a ranker and a blend learn from several moments, which no one query can see, and a
    # service scores one visitor at a time, from arrays that it keeps
    assert outside == {
        "evaluation.mixing",
        "evaluation.training",
        "serving.arrays",
        "serving.narrowing",
        "serving.ranking",
        "serving.rights",
        "serving.scoring",
        "tuning.blending",
    }


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_files_are_small(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 300


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_functions_are_short(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            lines -= len((ast.get_docstring(node) or "").splitlines())
            assert lines <= 40, f"{node.name} has {lines} lines without its docstring"


@pytest.mark.parametrize("arguments", ["import recsql", "import recsql.cli.main"])
def test_import_is_light(arguments: str) -> None:
    code = f"{arguments}; import sys; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not set(HEAVY) & set(loaded)


def test_every_public_name_is_there() -> None:
    for name in dir(recsql):
        assert getattr(recsql, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'refesh'"):
        recsql.refesh  # noqa: B018


def test_python_calls_macros_by_names_that_there_are() -> None:
    files = (builtin_root() / "macros").rglob("*.sql")
    macros = {path.stem for path in files}
    for path in PACKAGE.rglob("*.py"):
        for called in re.findall(r"\{\{ (\w+)\(", path.read_text()):
            assert called in {*macros, "config", "ref", "source", "var"}, path

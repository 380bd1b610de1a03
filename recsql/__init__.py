"""recsql: a SQL-native recommender that lives inside the warehouse.

The public Python API, described in docs/python.ipynb. Each name loads its module at
first use, so that `import recsql` loads neither DuckDB nor scipy nor implicit nor dbt:

- `init_project(folder, preset)`: writes a small project of your own
- `load_project(folder, vars)`: a project on disk, as a `Project`
- `Project`: what it can do: load, build, refresh, test, table, recommend, explain,
  complete, backtest
- `Table`: rows that were read, as a data frame of pandas or polars or as Arrow
- `builtin_root()`: the folder of the models that ship with recsql
- `RecsqlError`: the base of every error raised on purpose
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recsql.api.projects import Project, init_project, load_project
    from recsql.api.tables import Table
    from recsql.config.project import builtin_root
    from recsql.errors import RecsqlError

__version__ = "0.2.0"
__all__ = [
    "Project",
    "RecsqlError",
    "Table",
    "builtin_root",
    "init_project",
    "load_project",
]

_HOMES = {
    "Project": "recsql.api.projects",
    "RecsqlError": "recsql.errors",
    "Table": "recsql.api.tables",
    "builtin_root": "recsql.config.project",
    "init_project": "recsql.api.projects",
    "load_project": "recsql.api.projects",
}


def __getattr__(name: str) -> Any:
    """Load a public name from the module it lives in."""
    if name not in _HOMES:
        raise AttributeError(f"module 'recsql' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])

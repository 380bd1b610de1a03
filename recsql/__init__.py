"""recsql: a SQL-native recommender that lives inside the warehouse.

The public Python API; each name loads its module at first use, so that `import recsql`
loads neither DuckDB nor scipy nor implicit nor dbt:

- `builtin_root()`: the folder of the models that ship with recsql
- `load_project(folder, vars)`: a project, ready for the functions below
- `build`, `refresh`, `run`, `test`: what the commands of the same name do
- `run_backtest(project, days, threads, listener)`: quality as of a past moment
- `RecsqlError`: the base of every error raised on purpose
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "RecsqlError": "recsql.errors",
    "builtin_root": "recsql.config.project",
    "Selection": "recsql.operation.pipeline",
    "build": "recsql.operation.pipeline",
    "load_project": "recsql.config.project",
    "refresh": "recsql.operation.pipeline",
    "run": "recsql.operation.pipeline",
    "run_backtest": "recsql.evaluation.backtest",
    "test": "recsql.operation.pipeline",
}


def __getattr__(name: str) -> Any:
    """Load a public name from the module it lives in."""
    if name not in _HOMES:
        raise AttributeError(f"module 'recsql' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*_HOMES, "__version__"])

"""dbt's own command line, in a session of Spark that has the functions of recsql.

    python -m recsql.spark.dbt build --project-dir DIR

Spark's SQL cannot declare functions of Python, so that whoever starts the session must;
what dbt-spark does with it is its own affair, and nothing of it is changed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from recsql.config.profile import Cluster, Profile
from recsql.errors import InputError, RecsqlError, install
from recsql.spark.session import open_session


def main(arguments: Sequence[str]) -> int:
    """Run dbt in a session; return its exit code.

    Raises:
        InputError: dbt-spark, Java or Spark are not as needed.
    """
    try:
        from dbt.adapters import spark  # noqa: F401
        from dbt.cli.main import dbtRunner
    except ImportError:
        raise InputError(f"dbt-spark is missing: {install('dbt-spark')}") from None
    master = os.environ.get("RECSQL_SPARK_MASTER", "local[2]")
    cluster = Cluster(master, None, None, "recsql", "parquet")
    place = Path(os.environ.get("RECSQL_WAREHOUSE", "warehouse"))  # as `load` has it
    profile = Profile(place / "build.duckdb", 1, {}, "spark", cluster)
    with open_session(profile):
        result = dbtRunner().invoke([*arguments])
    if result.exception is not None:
        return 2
    return 0 if result.success else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except RecsqlError as error:
        sys.stderr.write(f"Error: {error}\n")
        sys.exit(error.exit_code)

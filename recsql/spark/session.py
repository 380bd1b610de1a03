"""A Spark session, started or connected to, and checked before anything is built."""

from __future__ import annotations

import logging
import os
import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from recsql import __version__
from recsql.config.profile import Profile
from recsql.errors import InputError, WarehouseError, first_line, install
from recsql.spark import functions
from recsql.spark.failures import said

LEAST = (4, 1)  # the first with Arrow functions
LEAST_JAVA = 17
# What the translation relies on: timestamps without a zone, and errors, not NULL.
NEEDED = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.legacy.allowNonEmptyLocationInCTAS": "true",  # what a killed run left
}
QUIET_LOG = Path(__file__).with_name("quiet.properties")
QUIET = {
    "spark.log.level": "OFF",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}


@contextmanager
def open_session(profile: Profile) -> Iterator[Any]:
    """Start a session or connect to one; one that was there before is not stopped.

    Raises:
        InputError: Java, pyspark, Spark or the executors' Python are not as needed.
        WarehouseError: no session could be started.
    """
    cluster = profile.cluster
    assert cluster is not None
    sql = _pyspark()
    for name in ("py4j", "SQLQueryContextLogger"):  # errors are told, once, by us
        logging.getLogger(name).setLevel(logging.CRITICAL)
    if cluster.master is not None:
        _require_java()
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    before = sql.SparkSession.getActiveSession()
    session = before or _start(sql.SparkSession.builder, profile)
    try:
        _require_version(session.version)
        for name, setting in NEEDED.items():
            session.conf.set(name, setting)
        if cluster.catalog:
            _use(session, cluster.catalog)
        functions.register(session)
        _require_workers(session)
        yield session
    finally:
        if before is None:
            session.stop()


def _pyspark() -> Any:
    try:
        import pyspark
        from pyspark import sql
    except ImportError:
        raise InputError(f"Spark: pyspark is missing: {install('spark')}") from None
    _require_version(pyspark.__version__, "pyspark", install("spark"))
    return sql


def _start(builder: Any, profile: Profile) -> Any:
    cluster = profile.cluster
    assert cluster is not None
    settings = {k: str(v) for k, v in profile.settings.items()}
    if cluster.master is not None:
        settings = {**QUIET, **_local(profile), **settings}
        builder = builder.master(cluster.master)
    else:
        builder = builder.remote(cluster.remote)
    for name, setting in settings.items():
        builder = builder.config(name, setting)
    try:
        with warnings.catch_warnings():  # of what this pandas may do, which is not used
            warnings.simplefilter("ignore")
            return builder.getOrCreate()
    except ImportError as error:
        raise InputError(
            f"Spark: {cluster.remote}: Spark Connect is not installed here "
            f"({said(error)}): pip install 'pyspark[connect]'"
        ) from None
    except Exception as error:
        place = cluster.remote or cluster.master
        raise WarehouseError(f"Spark: {place}: no session: {said(error)}") from None


def _local(profile: Profile) -> dict[str, str]:
    """Return where a Spark of this machine keeps its tables and its catalog."""
    assert profile.cluster is not None
    if not (profile.cluster.master or "").startswith("local"):
        return {}
    home = profile.folder / "spark"
    home.mkdir(parents=True, exist_ok=True)
    known = f"jdbc:derby:;databaseName={home / 'metastore'};create=true"
    return {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.extraJavaOptions": f"-Dderby.stream.error.file={os.devnull} "
        f"-Dlog4j2.configurationFile={QUIET_LOG}",
        "spark.hadoop.javax.jdo.option.ConnectionURL": known,
        "spark.sql.catalogImplementation": "hive",
        "spark.sql.shuffle.partitions": "4",
        "spark.sql.warehouse.dir": str(home / "tables"),
    }


def _require_java() -> None:
    home = os.environ.get("JAVA_HOME")
    found = shutil.which(str(Path(home) / "bin/java") if home else "java")
    if found is None:
        where = f"in JAVA_HOME ({home})" if home else "on the PATH"
        raise InputError(
            f"Spark: there is no java {where}. Install Java {LEAST_JAVA} or later, or "
            "connect to a server: remote: sc://host:15002 in profiles.yml."
        )
    told = subprocess.run([found, "-version"], capture_output=True, text=True)
    version = re.search(r'version "(?:1\.)?(\d+)', told.stderr)
    if version and int(version[1]) < LEAST_JAVA:
        raise InputError(
            f"Spark: {found} is Java {version[1]}; Spark 4 needs {LEAST_JAVA} or later."
        )


def _require_version(version: str, what: str = "this", do: str = "") -> None:
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    if numbers < LEAST:
        raise InputError(
            f"Spark: {what} is {version}; recsql's functions need 4.1 or later (Arrow "
            f"functions). {do or 'Use a newer cluster'}."
        )


def _use(session: Any, catalog: str) -> None:
    try:
        session.catalog.setCurrentCatalog(catalog)
    except Exception as error:
        raise InputError(f"Spark: catalog {catalog}: {said(error)}") from None


def _require_workers(session: Any) -> None:
    """Refuse executors whose Python could not run a function of the seam."""
    try:
        (row,) = session.sql(f"select {functions.PROBE}(0)").collect()
    except Exception as error:
        missing = re.search(r"No module named '([\w.]+)'|(PyArrow)", str(error))
        what = (missing[1] or "pyarrow") + " is missing" if missing else said(error)
        raise InputError(
            f"Spark: the Python of its executors cannot run recsql's functions: {what}."
            " Install pyarrow and recsql-recommender there (PYSPARK_PYTHON names it)."
        ) from None
    if row[0] != __version__:
        raise InputError(
            f"Spark: its executors have recsql {row[0]}, here is {__version__}. "
            f"{first_line('Install one version in both places.')}"
        )

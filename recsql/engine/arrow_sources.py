"""Delta tables and databases as streams of Arrow batches."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from recsql.errors import InputError, first_line, install

LOG = "_delta_log"
DRIVERS = {
    "postgresql": "adbc_driver_postgresql",
    "postgres": "adbc_driver_postgresql",
    "sqlite": "adbc_driver_sqlite",
}


def is_delta(patterns: Sequence[str]) -> bool:
    """Say whether a Delta table is named: the folder that holds its log."""
    return len(patterns) == 1 and (Path(patterns[0]) / LOG).is_dir()


def require_whole_tables(files: Sequence[str]) -> None:
    """Refuse files that are only parts of a Delta, Iceberg or Hudi table.

    Raises:
        InputError: says which table they are of, and what to do.
    """
    for folder in dict.fromkeys(p for f in files for p in Path(f).absolute().parents):
        if (folder / LOG).is_dir() or folder.name == LOG:
            table = folder.parent if folder.name == LOG else folder
            raise InputError(
                f"load: {files[0]} is a part of the Delta table {table}: some of its "
                "rows may be deleted or replaced. Load the table by its folder: "
                f"recsql load NAME {table}"
            )
        if (folder / ".hoodie").is_dir() or glob.glob(
            f"{glob.escape(str(folder))}/metadata/*.metadata.json"
        ):
            raise InputError(
                f"load: {files[0]} is a part of the table {folder}, whose metadata "
                "says which rows count. Export the table to Parquet, and load that."
            )


def open_delta(path: str, version: int | None) -> Any:
    """Return a reader of a Delta table as of a version, the latest by default.

    Raises:
        InputError: the extra is missing, there is no such version, or the table uses
            what the reader does not know.
    """
    try:
        from deltalake import DeltaTable
    except ImportError:
        raise InputError(
            f"load: reading Delta tables needs: {install('delta')}"
        ) from None
    try:
        table = DeltaTable(path, version=version)
        return table.to_pyarrow_dataset().scanner().to_reader()
    except Exception as error:
        what = f" version {version}" if version is not None else ""
        raise InputError(
            f"load: {path}{what}: cannot be read as a Delta table: {first_line(error)}"
        ) from None


@contextmanager
def open_query(url: str, query: str) -> Iterator[Any]:
    """Open a reader of what a query returns; the database is not changed.

    Args:
        url: `postgresql://user@host/database` or `sqlite:///path`.
        query: one statement that returns rows.

    Raises:
        InputError: the driver, the database or the query fails; no password is told.
    """
    try:
        with (
            closing(_connect(url)) as connection,
            closing(connection.cursor()) as cursor,
        ):
            if not url.startswith("sqlite"):
                cursor.execute("set transaction read only")
            cursor.execute(query)
            yield cursor.fetch_record_batch()
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            f"load: {hidden(url, url)}: {hidden(url, first_line(error))}"
        ) from None


def _connect(url: str) -> Any:
    import importlib

    scheme = url.partition(":")[0].lower()
    if scheme not in DRIVERS:
        raise InputError(
            f'load: --from: "{scheme}" is no known kind of database. Known: '
            "postgresql://user@host/database, sqlite:///path."
        )
    try:
        driver = importlib.import_module(f"{DRIVERS[scheme]}.dbapi")
    except ImportError:
        raise InputError(
            f"load: --from needs a driver: {install('databases')}"
        ) from None
    return driver.connect(_sqlite(url) if scheme == "sqlite" else url)


def _sqlite(url: str) -> str:
    """Return SQLite's own name of a file that is opened for reading only."""
    path = unquote(url.removeprefix("sqlite:"))
    path = (
        path[3:] if path.startswith("///") else path
    )  # ///x is relative, ////x is not
    if not Path(path).is_file():
        raise InputError(f"load: --from: there is no file {path}.")
    return f"{Path(path).absolute().as_uri()}?mode=ro"


def hidden(url: str, text: str) -> str:
    """Return a text without the password of a URL.

    >>> hidden("postgresql://me:s3cret@db/shop", "s3cret is wrong")
    '*** is wrong'
    """
    given = urlsplit(url).password
    words = [given, unquote(given)] if given else []
    words += [
        part[9:] for part in urlsplit(url).query.split("&") if part[:9] == "password="
    ]
    for word in filter(None, words):
        text = text.replace(word, "***")
    return text

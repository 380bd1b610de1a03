"""What is left of a user in files: those that recsql wrote, and those it only names."""

from __future__ import annotations

import mmap
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import duckdb

from recsql.compilation.render import literal
from recsql.config.files import LIST, note_written, written
from recsql.config.project import Project
from recsql.engine.fingerprints import remove
from recsql.engine.warehouse import translated
from recsql.errors import InUse, WarehouseError, reason

FRESH = ".rewritten"
SCRATCH_KIND, REPORT, DATABASE = "scratch", "report", "database"
SPILLED = ("duckdb_temp_storage*", "duckdb_temp_block*")
SKIPPED = {".git", ".venv", "node_modules", "__pycache__"}
DUCKDB = (".duckdb", ".wal", ".parquet", ".gz", ".zst")


def rewrite(path: Path) -> None:
    """Copy a DuckDB file into a new one, without the bytes of what was deleted.

    A link is followed; mode and owner stay, and so does the storage version.

    Raises:
        WarehouseError: it cannot be written; the file is as it was.
    """
    target = path.resolve()
    fresh = target.with_name(target.name + FRESH)
    fresh.unlink(missing_ok=True)
    before = target.stat()
    try:
        with translated(f"rewrite {path}"):
            _copy(target, fresh)
        os.chown(fresh, before.st_uid, before.st_gid)
        fresh.chmod(before.st_mode & 0o7777)
        with fresh.open("rb") as file:
            os.fsync(file.fileno())
        fresh.replace(target)
    except OSError as error:
        raise WarehouseError(f"rewrite {path}: {reason(error.strerror)}.") from None
    finally:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)


def _copy(known: Path, fresh: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"attach {literal(str(known))} as known")
        connection.execute("force checkpoint known")  # no log of changes stays behind
        ((tags,),) = connection.execute(
            "select tags from duckdb_databases() where database_name = 'known'"
        ).fetchall()
        version = str(tags.get("storage_version", "latest")).rstrip("+")
        option = f"storage_version {literal(version)}"
        connection.execute(f"attach {literal(str(fresh))} as fresh ({option})")
        connection.execute("copy from database known to fresh")
        connection.execute("detach known")
        connection.execute("detach fresh")


def remove_written(project: Project) -> list[str]:
    """Remove scratch files, reports and what DuckDB spilled; return what to tell.

    Only what is on the list of what recsql wrote, and, of reports, as it wrote it.

    Raises:
        InUse: a backtest is at work in a scratch file.
    """
    folder = project.profile.folder
    told = []
    for path, kind, checksum in written(folder):
        if kind == SCRATCH_KIND:
            _remove_scratch(path)
        elif kind == REPORT and path.is_file():
            if sha256(path.read_bytes()).hexdigest() == checksum:
                path.unlink()
                told.append(f"removed {path}: write it anew (recsql report)")
            else:
                told.append(f"left {path}: a report that was changed since; delete it")
    spill = project.profile.settings.get("temp_directory")
    if spill:
        for pattern in SPILLED:
            for path in Path(str(spill)).glob(pattern):
                path.unlink()
    _shorten(project)
    return told


def _remove_scratch(path: Path) -> None:
    if path.is_symlink() or not path.exists():
        return
    try:
        with duckdb.connect(str(path)):
            pass
    except duckdb.IOException as error:
        if "lock" in str(error):
            raise InUse(f"{path}: a backtest is at work there. Wait for it.") from None
    except duckdb.Error:
        pass  # it was killed while it wrote
    remove(path)


def _shorten(project: Project) -> None:
    """List anew what is still there."""
    folder = project.profile.folder
    kept = [(path, kind) for path, kind, _ in written(folder) if path.exists()]
    (folder / LIST).unlink(missing_ok=True)
    for path, kind in kept:
        note_written(folder, path, kind)


def naming_files(project: Project, user: str) -> Iterator[Path]:
    """Yield files of the project, not tables, whose bytes name the user.

    An id of a few letters or digits is in many files by chance: for those none.
    """
    if len(user) < (7 if user.isdigit() else 4):
        return
    forms = {
        user,
        user.replace("\\", "\\\\").replace('"', '\\"'),
        user.replace('"', '""'),
    }
    texts = "|".join(re.escape(form) for form in sorted(forms))
    pattern = re.compile(rf"(?<![\w-])(?:{texts})(?![\w-])".encode())
    for root in {project.root, project.profile.folder.resolve()}:
        for path in _files(root):
            with (
                suppress(OSError, ValueError),  # gone by now, not to be read, or empty
                path.open("rb") as file,
                mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
            ):
                if pattern.search(content):
                    yield path


def _files(root: Path) -> Iterator[Path]:
    for folder, names, files in os.walk(root):
        names[:] = sorted(set(names) - SKIPPED)
        for name in sorted(files):
            path = Path(folder) / name
            if path.is_file() and path.suffix not in DUCKDB and not path.is_symlink():
                yield path

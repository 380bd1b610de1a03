"""Who may read what recsql writes: vars file_mode and file_group.

Tables hold personal histories, so that by default nobody but their owner reads them.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from recsql.config.project import Project
from recsql.errors import ProjectError, WarehouseError

MODE = re.compile(r"0?[0-7]{3}")
OWNER = 0o600  # who writes a file can read and write it


@dataclass(frozen=True)
class Access:
    """The mode of files, and the group they belong to; None: that of who writes.

    `entry` is how messages name the var that says the group.
    """

    mode: int
    group: str | None
    entry: str

    @property
    def folder_mode(self) -> int:
        """Return the mode of folders: who may read files may enter."""
        return self.mode | (self.mode & 0o444) >> 2

    @property
    def umask(self) -> int:
        """Return what new files and folders go without."""
        return 0o777 & ~self.folder_mode

    def give(self, paths: Iterable[Path], taken: int = 0) -> None:
        """Set group and mode of files and folders, of files without some bits.

        Raises:
            WarehouseError: there is no such group, or one may not give to it.
        """
        for path in paths:
            try:
                if self.group is not None:
                    shutil.chown(path, group=_group(self.group))
                is_folder = path.is_dir()
                path.chmod(self.folder_mode if is_folder else self.mode & ~taken)
            except LookupError:
                raise WarehouseError(
                    f'{self.entry}: there is no group "{self.group}" here.'
                ) from None

    def let_in(self, folder: Path) -> None:
        """Let the group enter a folder that may hold files of others, too."""
        if self.group is not None:
            mode = folder.stat().st_mode & 0o7777
            self.give([folder])
            folder.chmod(mode | self.folder_mode)


def _group(name: str) -> str | int:
    """Return a group as a name, or as its number."""
    return int(name) if name.isdecimal() else name


def access_of(project: Project) -> Access:
    """Return what the vars say.

    Raises:
        ProjectError: the mode is none, or keeps its owner out.
    """
    text, group = str(project.vars["file_mode"]), project.vars["file_group"]
    if not MODE.fullmatch(text) or int(text, 8) & OWNER != OWNER:
        raise ProjectError(
            f"{project.entry('file_mode')}: {text!r} is no mode that lets the owner "
            'read and write. Use for example "600" or "640", in quotes.'
        )
    return Access(
        mode=int(text, 8) & 0o666,
        group=None if group is None else str(group),
        entry=project.entry("file_group"),
    )


def keep_private(project: Project) -> None:
    """Let this process make files for those who may read them, and nobody else.

    A build file that others could read (of an older version, of dbt) is closed to them.
    """
    access, build = access_of(project), project.profile.build
    os.umask(access.umask)
    if build.is_file() and build.stat().st_uid == os.geteuid():
        with suppress(OSError):  # a file system that may not be written
            access.give([build])

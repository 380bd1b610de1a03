"""`init` and `eject`: a project of the user's own, and built-in models to edit."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from recsql.config.files import write_beside
from recsql.config.project import (
    NAME,
    PROJECT_FILE,
    Project,
    builtin_root,
    load_project,
)
from recsql.config.reference import schema_text
from recsql.errors import InputError, did_you_mean, unwritable

PRESETS = Path(__file__).parent / "presets"
SCHEMA = ".vars.schema.json"
MODELINE = f"# yaml-language-server: $schema={SCHEMA}\n"  # editors check and complete
DEFAULT_PRESET = "own-tables"


def presets() -> list[str]:
    """Return the names of the presets."""
    return sorted(path.parent.name for path in PRESETS.glob(f"*/{PROJECT_FILE}"))


def init_project(folder: Path, preset: str) -> list[str]:
    """Write a project into a folder and return the commands that come next.

    Raises:
        InputError: the preset is unknown, or a project is there already.
    """
    known = presets()
    if preset not in known:
        hint = did_you_mean(preset, known) or f" Known: {', '.join(known)}."
        raise InputError(f'init: unknown preset "{preset}".{hint}')
    if (folder / PROJECT_FILE).exists():
        raise InputError(f"init: {folder / PROJECT_FILE} exists; nothing written.")
    name = re.sub(r"[^a-z0-9_]+", "_", folder.resolve().name.lower()).strip("_")
    name = name if NAME.fullmatch(name) else f"shop_{name}".rstrip("_")
    if name == "recsql":
        name = "my_recsql"
    try:
        (folder / "sql").mkdir(parents=True, exist_ok=True)
        shutil.copyfile(builtin_root() / "profiles.yml", folder / "profiles.yml")
        write_beside(folder / ".gitignore", "/warehouse/\n/target/\n")
        schema = schema_text(load_project(builtin_root()))
        write_beside(folder / SCHEMA, schema + "\n")
        sources = sorted((PRESETS / preset).rglob("*.*"))
        # the file that makes it a project comes last: then all of it is there
        for source in sorted(sources, key=lambda path: path.name == PROJECT_FILE):
            target = folder / source.relative_to(PRESETS / preset)
            target.parent.mkdir(parents=True, exist_ok=True)
            text = source.read_text(encoding="utf-8").replace("PROJECT_NAME", name)
            head = MODELINE if source.name == PROJECT_FILE else ""
            write_beside(target, head + text)
    except OSError as error:
        raise unwritable(f"init: {folder}", error) from None
    text = (folder / PROJECT_FILE).read_text(encoding="utf-8")
    return [line[4:] for line in text.split("\n") if line.startswith("# $ ")]


def eject(project: Project, name: str) -> Path:
    """Copy a built-in model or seed into the user's project, where it then counts.

    Raises:
        InputError: there is no such model or seed, or the project has its own already.
    """
    model = project.models.get(name)
    source = model.path if model else project.seeds.get(name)
    if source is None:
        hint = did_you_mean(name, {*project.models, *project.seeds})
        raise InputError(f'eject: unknown model or seed "{name}".{hint}')
    if not (project.root / PROJECT_FILE).exists():
        raise InputError(f"eject: {project.root} holds no project. Run: recsql init")
    if source.is_relative_to(project.root):
        raise InputError(f"eject: {project.relative(source)} is yours already.")
    folder = f"sql/{model.folder}" if model else "seeds"
    target = project.root / folder / source.name
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_beside(target, model.sql if model else source.read_text("utf-8"))
    except OSError as error:
        raise unwritable(f"eject: {target}", error) from None
    return target

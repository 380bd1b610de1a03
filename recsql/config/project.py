"""A project on disk, read into frozen dataclasses.

Two folders make a project: the built-in one, which ships with the package, and the
user's. Vars merge (the user's win) and a model of the same name in the user's `sql/`
replaces the built-in one. Where recsql's own checkout is the project, both are one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from recsql.config import properties
from recsql.config.profile import Profile, read_profile
from recsql.config.properties import ModelProperties, SourceTable, UnitTest
from recsql.errors import ProjectError, did_you_mean

PROJECT_FILE = "dbt_project.yml"
PATHS = ("model-paths", "macro-paths", "seed-paths", "test-paths", "analysis-paths")
CHECKOUT = "recsql/config/vars.yml"  # where that is, recsql itself is the project
NAME = re.compile(r"[a-z][a-z0-9_]*")
DOCS_BLOCK = re.compile(r"{%\s*docs\s+(\w+)\s*%}(.*?){%\s*enddocs\s*%}", re.S)


@dataclass(frozen=True)
class Model:
    """One `.sql` file under a model path."""

    name: str
    path: Path
    sql: str
    folder: str
    origin: str
    config: Mapping[str, Any] = field(default_factory=dict)
    replaces: Path | None = None

    @property
    def layer(self) -> str:
        """Return the folder of `sql/` that it is in, whatever room of it."""
        return self.folder.partition("/")[0]


@dataclass(frozen=True)
class Project:
    """Everything that is known before a model is rendered."""

    root: Path
    name: str
    vars: Mapping[str, Any]
    own_vars: frozenset[str]
    given_vars: frozenset[str]
    default_vars: Mapping[str, Any]
    models: Mapping[str, Model]
    macros: Mapping[str, Path]
    seeds: Mapping[str, Path]
    singular_tests: Mapping[str, Path]
    queries: Mapping[str, Path]
    properties: Mapping[str, ModelProperties]
    sources: Mapping[tuple[str, str], SourceTable]
    unit_tests: tuple[UnitTest, ...]
    docs: Mapping[str, str]
    profile: Profile

    def with_vars(self, changed: Mapping[str, Any]) -> Project:
        """Return the project with some vars changed; unknown names are refused."""
        for name in changed:
            if name not in self.vars:
                hint = did_you_mean(name, self.vars)
                raise ProjectError(f'--vars: unknown var "{name}".{hint}')
        return replace(self, vars={**self.vars, **changed})

    def with_memory_limit(self, size: str) -> Project:
        """Return the project with a limit for DuckDB and Python together, e.g. 2GB."""
        return replace(self, profile=self.profile.with_memory_limit(size))

    def entry(self, place: str) -> str:
        """Return an entry of vars as messages name it: after where the var was set."""
        given = place.partition(":")[0] in self.given_vars
        return f"{'--vars' if given else f'{PROJECT_FILE}: vars'}: {place}"

    def relative(self, path: Path) -> str:
        """Return a path the way messages show it: relative to its project folder."""
        for root in (self.root, builtin_root()):
            if path.is_relative_to(root):
                return str(path.relative_to(root))
        return str(path)


def builtin_root() -> Path:
    """Return the folder of the built-in project: in the wheel, else the checkout."""
    packaged = Path(__file__).parents[1] / "_project"
    return packaged if packaged.exists() else packaged.parents[1]


def load_project(
    root: Path | str,
    vars_given: Mapping[str, Any] | None = None,
    target: str | None = None,
) -> Project:
    """Read the built-in project and the user's in `root`, for a target of profiles.yml.

    Raises:
        ProjectError: there is no project, or it cannot be read.
    """
    root = Path(root).resolve()
    if not (root / PROJECT_FILE).is_file():
        raise ProjectError(
            f"{root} holds no project (no {PROJECT_FILE}). Name its folder with "
            "--project, or make one: recsql init shop"
        )
    is_own = root == builtin_root() or (root / CHECKOUT).is_file()
    folders = [root] if is_own else [builtin_root(), root]
    return _read(folders, root, vars_given, target)


def demo_project(
    root: Path,
    vars_given: Mapping[str, Any] | None = None,
    target: str | None = None,
) -> Project:
    """Read the project in `root`; where there is none, make one that sets nothing."""
    with suppress(FileExistsError), (root / PROJECT_FILE).open("x") as file:
        file.write("name: demo\nversion: 1.0.0\nprofile: recsql\n")
    return load_project(root, vars_given, target)


def _read(
    folders: list[Path],
    root: Path,
    vars_given: Mapping[str, Any] | None,
    target: str | None,
) -> Project:
    settings = [_read_settings(folder / PROJECT_FILE) for folder in folders]
    if len({setting["name"] for setting in settings}) < len(settings):
        name = settings[0]["name"]
        raise ProjectError(
            f"{root / PROJECT_FILE}: name: {name} is what the built-in project is "
            "called. Choose another."
        )
    both = zip(folders, settings, strict=True)
    paths = [f / path for f, s in both for path in s.get("model-paths", ["sql"])]
    described = [properties.read_folder(path) for path in paths]
    own = settings[-1].get("vars") or {}
    default_vars = settings[0].get("vars") or {}
    _require_runnable(root, settings[0]["name"], own)
    project = Project(
        root=root,
        name=settings[-1]["name"],
        vars={**default_vars, **own},
        own_vars=frozenset({**(own if len(folders) > 1 else {}), **(vars_given or {})}),
        given_vars=frozenset(vars_given or ()),
        default_vars=default_vars,
        models=_all_models(folders, settings),
        macros=_files(folders, settings, "macro-paths", "macros", "*.sql"),
        seeds=_files(folders, settings, "seed-paths", "seeds", "*.csv"),
        singular_tests=_files(folders, settings, "test-paths", "tests/dbt", "*.sql"),
        queries=_files(folders, settings, "analysis-paths", "queries", "*.sql"),
        properties={k: v for group in described for k, v in group.models.items()},
        sources={k: v for group in described for k, v in group.sources.items()},
        unit_tests=tuple(test for group in described for test in group.unit_tests),
        docs=_docs(folders, settings),
        profile=read_profile(
            [root, builtin_root()], settings[-1].get("profile", "recsql"), target
        ),
    )
    return project.with_vars(vars_given or {})


def _require_runnable(root: Path, package: str, own: Mapping[str, Any]) -> None:
    """Refuse a dbt project that has recsql as a package: its models are dbt's alone."""
    if isinstance(own.get(package), dict):
        raise ProjectError(
            f"{root / PROJECT_FILE}: vars: {package}: this is a dbt project with "
            f"{package} as a package: dbt alone runs it, and gives its tables to "
            "readers (docs/dbt.md, Readers while dbt builds)."
        )


def _read_settings(path: Path) -> dict[str, Any]:
    settings = properties.read_yaml(path)
    name = settings.get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise ProjectError(
            f"{path}: name: {name!r} is not a project name. "
            "Use lower-case letters, digits and underscores."
        )
    for key in ("vars", "models"):
        if not isinstance(settings.get(key) or {}, dict):
            raise ProjectError(f"{path}: {key}: must be a mapping of names to values.")
    for key in PATHS:
        given = settings.get(key, [])
        if not (isinstance(given, list) and all(isinstance(p, str) for p in given)):
            raise ProjectError(f"{path}: {key}: must be a list of folders.")
    return settings


def _all_models(
    folders: list[Path], settings: list[dict[str, Any]]
) -> dict[str, Model]:
    models: dict[str, Model] = {}
    for folder, setting in zip(folders, settings, strict=True):
        for model in _read_models(folder, setting):
            known = models.get(model.name)
            if known is None:
                models[model.name] = model
                continue
            if known.origin == model.origin:
                raise ProjectError(
                    f'two models are called "{model.name}": {known.path} and '
                    f"{model.path}. Rename one."
                )
            models[model.name] = replace(
                model,
                replaces=known.path,
                folder=model.folder or known.folder,
                config=_merged(known.config, model.config),
            )
    return models


def _read_models(root: Path, settings: Mapping[str, Any]) -> list[Model]:
    configs = (settings.get("models") or {}).get(settings["name"]) or {}
    models = []
    for folder in settings.get("model-paths", ["sql"]):
        for path in sorted((root / folder).rglob("*.sql")):
            parts = path.relative_to(root / folder).parts[:-1]
            models.append(
                Model(
                    name=path.stem,
                    path=path,
                    sql=_read_text(path),
                    folder="/".join(parts),
                    origin=settings["name"],
                    config=_folder_config(configs, (*parts, path.stem)),
                )
            )
    return models


def _folder_config(
    configs: Mapping[str, Any], parts: tuple[str, ...]
) -> dict[str, Any]:
    """Merge the `+key: value` settings from the project level down to the model."""
    merged: dict[str, Any] = {}
    level: Any = configs
    for part in (None, *parts):
        level = level if part is None else level.get(part)
        level = level if isinstance(level, dict) else {}
        here = {key[1:]: level[key] for key in level if str(key).startswith("+")}
        merged = _merged(merged, here)
    return merged


def _merged(config: Mapping[str, Any], nearer: Mapping[str, Any]) -> dict[str, Any]:
    """Return both; the nearer counts, but tags add up, as in dbt."""
    tags = [tag for c in (config, nearer) for tag in as_list(c.get("tags") or [])]
    return {**config, **nearer, **({"tags": tags} if tags else {})}


def as_list(setting: Any) -> list[Any]:
    """Return the setting, or a list of it alone.

    >>> as_list("public"), as_list(["public"])
    (['public'], ['public'])
    """
    return list(setting) if isinstance(setting, list | tuple) else [setting]


def _files(
    folders: list[Path],
    settings: list[dict[str, Any]],
    key: str,
    default: str,
    glob: str,
) -> dict[str, Path]:
    both = zip(folders, settings, strict=True)
    subs = [folder / sub for folder, s in both for sub in s.get(key, [default])]
    return {path.stem: path for sub in subs for path in sorted(sub.rglob(glob))}


def _docs(folders: list[Path], settings: list[dict[str, Any]]) -> dict[str, str]:
    files = _files(folders, settings, "model-paths", "sql", "*.md")
    return {
        name: " ".join(text.split())
        for path in files.values()
        for name, text in DOCS_BLOCK.findall(_read_text(path))
    }


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ProjectError(f"{path}: cannot be read as UTF-8 text: {error}") from None

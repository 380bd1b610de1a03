"""profiles.yml: where the warehouse lies and how much of the machine it may use."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import TemplateError

from recsql.config.properties import read_yaml
from recsql.errors import ProjectError, did_you_mean

# schema, plugins and retries are dbt's own affair: recsql builds in schema main
KEYS = (
    *("type", "path", "threads", "settings", "config_options"),
    *("schema", "plugins", "retries"),
)


@dataclass(frozen=True)
class Profile:
    """The chosen output of profiles.yml; paths are absolute.

    `settings` are those of the connection and of each cursor, which recsql sets once.
    """

    build_path: Path
    threads: int
    settings: Mapping[str, Any]

    @property
    def folder(self) -> Path:
        """Return the folder that holds the build, published and scratch files."""
        return self.build_path.parent

    @property
    def published_path(self) -> Path:
        """Return the file that readers open."""
        return self.folder / "recsql.duckdb"


def read_profile(folders: list[Path], name: str) -> Profile:
    """Read the first profiles.yml found; relative paths start at the first folder."""
    path = next(f / "profiles.yml" for f in folders if (f / "profiles.yml").exists())
    content = read_yaml(path)
    try:
        profile = content.get(name) or content["recsql"]
        output = _render(profile["outputs"][profile["target"]])
        _require_known(path, output)
        build = folders[0] / output["path"]
        settings = dict(output.get("config_options") or {})
        settings |= dict(output.get("settings") or {})
        threads = int(output.get("threads", 2))
        if threads < 1:
            raise ValueError(f"threads: {threads} is no number from 1 on")
    except (KeyError, TypeError, ValueError, OverflowError, TemplateError) as error:
        raise ProjectError(
            f"{path}: profile {name!r} needs target, outputs and a path ({error!r})."
        ) from None
    if "temp_directory" in settings:
        settings["temp_directory"] = str(folders[0] / settings["temp_directory"])
    return Profile(build, threads, settings)


def _require_known(path: Path, output: Mapping[str, Any]) -> None:
    """Refuse what dbt-duckdb would do with an output and recsql would not."""
    for key in output:
        if key not in KEYS and output[key]:
            raise ProjectError(
                f'{path}: outputs: "{key}" is not known to recsql.'
                f"{did_you_mean(key, KEYS)} Known: {', '.join(KEYS)}. Bring tables of "
                "databases and lakes in by: recsql load (docs/data.md)."
            )


def _render(node: Any) -> Any:
    """Render the strings of a yml tree with dbt's `env_var(name, default)`."""
    if isinstance(node, dict):
        return {key: _render(child) for key, child in node.items()}
    if isinstance(node, str) and "{{" in node:
        from jinja2.sandbox import SandboxedEnvironment

        template = SandboxedEnvironment().from_string(node)
        return template.render(env_var=os.environ.get)
    return node

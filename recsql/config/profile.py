"""profiles.yml: where the warehouse lies and how much of the machine it may use.

An output is a DuckDB file, or a Spark cluster (`type: spark`, docs/spark.md).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from jinja2 import TemplateError

from recsql.config.properties import read_yaml
from recsql.errors import InputError, ProjectError, did_you_mean
from recsql.seam.memory import divided, without_limits

# schema, plugins and retries are dbt's own affair: recsql builds in schema main
KEYS = (
    *("type", "path", "threads", "settings", "config_options"),
    *("schema", "plugins", "retries"),
)
SPARK_KEYS = (
    *("type", "master", "remote", "catalog", "schema", "format", "path"),
    *("threads", "settings"),
)
DBT_SPARK_KEYS = (
    *("method", "host", "port", "token", "cluster", "user", "driver", "endpoint"),
    *("connect_retries", "connect_timeout", "server_side_parameters"),
)
PLAIN = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Cluster:
    """The Spark of an output: where it is, and where in its catalog tables go.

    Attributes:
        master: starts a session: local[2], yarn, k8s://...; or
        remote: is a Spark Connect server: sc://host:15002.
        catalog: the catalog; None: the session's own.
        schema: what readers read; builds and versions are in schemas beside it.
        form: of tables: parquet, delta, iceberg ...
    """

    master: str | None
    remote: str | None
    catalog: str | None
    schema: str
    form: str


@dataclass(frozen=True)
class Profile:
    """The chosen output of profiles.yml; paths are absolute.

    `settings` are those of the connection and of each cursor, which recsql sets once.
    `target` is the output's name; `cluster` says that it is Spark.
    """

    build: Path
    threads: int
    settings: Mapping[str, Any]
    target: str = "build"
    cluster: Cluster | None = None

    @property
    def build_path(self) -> Path:
        """Return the DuckDB file that models are built in.

        Raises:
            InputError: there is none, as the target is Spark.
        """
        if self.cluster is not None:
            raise InputError(
                f"target {self.target} is Spark, and this works on a DuckDB file. "
                "Choose another --target; docs/spark.md says what runs on Spark."
            )
        return self.build

    @property
    def folder(self) -> Path:
        """Return the folder that holds the build, published and scratch files."""
        return self.build.parent

    @property
    def published_path(self) -> Path:
        """Return the file that readers open."""
        return self.build_path.parent / "recsql.duckdb"

    def with_memory_limit(self, size: str) -> Profile:
        """Return the profile with a limit for DuckDB and Python together, e.g. 2GB.

        Raises:
            InputError: it is no size, too little, or the target is Spark.
        """
        if self.cluster is not None:
            raise InputError(
                f"--memory-limit is for this machine; target {self.target} is Spark: "
                "set spark.executor.memory in profiles.yml."
            )
        return replace(
            self, settings={**without_limits(self.settings), **divided(size)}
        )


def read_profile(folders: list[Path], name: str, target: str | None = None) -> Profile:
    """Read the first profiles.yml found; relative paths start at the first folder.

    Args:
        folders: where it may lie.
        name: of the profile.
        target: of its outputs; by default the one that it names itself.
    """
    path = next(f / "profiles.yml" for f in folders if (f / "profiles.yml").exists())
    content = read_yaml(path)
    try:
        profile = content.get(name) or content["recsql"]
        chosen = target or profile["target"]
        if chosen not in profile["outputs"]:
            hint = did_you_mean(str(chosen), map(str, profile["outputs"]))
            known = ", ".join(map(str, profile["outputs"]))
            raise ProjectError(
                f'{path}: there is no target "{chosen}".{hint} Known: {known}.'
            )
        output = _render(profile["outputs"][chosen])
        if output.get("type") == "spark":
            return _on_spark(path, folders[0], str(chosen), output)
        _require_known(path, output)
        build = folders[0] / output["path"]
        settings = dict(output.get("config_options") or {})
        settings |= dict(output.get("settings") or {})
        threads = _threads(output)
    except (KeyError, TypeError, ValueError, OverflowError, TemplateError) as error:
        raise ProjectError(
            f"{path}: profile {name!r} needs target, outputs and a path ({error!r})."
        ) from None
    if "temp_directory" in settings:
        settings["temp_directory"] = str(folders[0] / settings["temp_directory"])
    return Profile(build, threads, settings, str(chosen))


def _threads(output: Mapping[str, Any]) -> int:
    threads = int(output.get("threads", 2))
    if threads < 1:
        raise ValueError(f"threads: {threads} is no number from 1 on")
    return threads


def _on_spark(
    path: Path, root: Path, target: str, output: Mapping[str, Any]
) -> Profile:
    """Read an output of type spark; what dbt-spark alone reads may stand in it."""
    where = f"{path}: outputs: {target}"
    for key in output:
        if key not in SPARK_KEYS and key not in DBT_SPARK_KEYS:
            raise ProjectError(
                f'{where}: "{key}" is not known to recsql.'
                f"{did_you_mean(key, SPARK_KEYS)} Known: {', '.join(SPARK_KEYS)}."
            )
    master, remote = output.get("master"), output.get("remote")
    if (master is None) == (remote is None):
        raise ProjectError(
            f"{where}: name a master (local[2], yarn, k8s://...) or a remote "
            "(sc://host:15002), one of the two."
        )
    schema = str(output.get("schema", "recsql"))
    if not PLAIN.fullmatch(schema):
        raise ProjectError(
            f"{where}: schema: {schema!r}: use lower-case letters, digits and "
            "underscores."
        )
    cluster = Cluster(
        master=master,
        remote=remote,
        catalog=output.get("catalog"),
        schema=schema,
        form=str(output.get("format", "parquet")),
    )
    build = root / str(output.get("path", "warehouse")) / "build.duckdb"
    settings = dict(output.get("settings") or {})
    return Profile(build, _threads(output), settings, target, cluster)


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

"""Vars that exclude each other, and the words a project gives vars to choose from."""

from __future__ import annotations

import csv
import re

from recsql.config.project import Project
from recsql.errors import ProjectError, did_you_mean, first_line
from recsql.redaction import has_secret

STORAGE = re.compile(r"v\d+\.\d+\.\d+|latest")
RESERVED = ("main", "temp", "information_schema", "pg_catalog", "recsql")
OFFSET = re.compile(r":\d\d.*[+-](?!00(:?00)?$)\d\d(:?\d\d)?$")


def require_settings(project: Project) -> None:
    """Refuse vars that contradict each other.

    Raises:
        ProjectError: names the vars, what was seen and what to do.
    """
    given = project.vars
    if None not in (given["decay_days"], given["half_life_days"]):
        names = ("decay_days", "half_life_days")
        own, other = sorted(names, key=lambda name: name not in project.own_vars)
        raise ProjectError(
            f"{project.entry(own)} and {other} say the same in two ways; set one of "
            "them to null."
        )
    for name in ("database", "postgres", "redis", "kafka"):
        if name in given["publish_also"] and not given[f"publish_{name}"]:
            raise ProjectError(
                f"{project.entry('publish_also')} lists {name}: say where, in "
                f"publish_{name}."
            )
        if has_secret(str(given[f"publish_{name}"])):
            raise ProjectError(
                f"{project.entry(f'publish_{name}')} says a password or token, for "
                "which vars are no place. Leave it out, and set in the environment: "
                "PGPASSWORD (or use ~/.pgpass), motherduck_token, MYSQL_PWD, "
                "REDISCLI_AUTH; for Kafka a file that RECSQL_KAFKA_CONFIG names."
            )
    if not STORAGE.fullmatch(str(given["publish_storage_version"])):
        raise ProjectError(
            f"{project.entry('publish_storage_version')}: "
            f"{given['publish_storage_version']!r} is no version of DuckDB. "
            "Use for example v1.0.0, or latest."
        )
    for name in ("as_of", "show_at", "fold_in_after"):
        if OFFSET.search(str(given[name])):
            raise ProjectError(
                f"{project.entry(name)}: {given[name]} has an offset. Give the moment "
                "in UTC, without one."
            )


def require_known(project: Project) -> None:
    """Refuse a schema that is not to be had, unknown levels, and what is no pattern.

    Raises:
        ProjectError: names the var, what was seen and what it may be.
    """
    import duckdb

    schema = str(project.vars["raw_schema"])
    if schema.lower() in RESERVED:
        raise ProjectError(
            f"{project.entry('raw_schema')}: schema {schema} is kept by DuckDB or "
            "recsql. Choose another, such as raw."
        )
    levels = ["item", "category", *(project.vars["items"].get("attributes") or ())]
    for place, pair in enumerate(project.vars["rule_levels"], 1):
        entry = project.entry(f"rule_levels: entry {place}")
        if len(pair) != 2:
            raise ProjectError(f"{entry}: it is two levels. Seen: {len(pair)}.")
        for level in pair:
            if level not in levels:
                hint = did_you_mean(level, levels)
                raise ProjectError(
                    f'{entry}: there is no level "{level}".'
                    + (hint or f" There are: {', '.join(levels)}.")
                )
    try:
        pattern = project.vars["not_item_pattern"]
        duckdb.execute("select regexp_matches('', ?)", [pattern]).fetchall()
    except duckdb.Error as error:
        raise ProjectError(
            f"{project.entry('not_item_pattern')}: {pattern}: it is no regular "
            f"expression: {first_line(error).partition(': ')[2]}."
        ) from None


def choices_of(project: Project, choices: tuple[str, ...] | str) -> tuple[str, ...]:
    """Return the words that a var may be, in this project where that matters."""
    if not isinstance(choices, str):
        return choices
    if choices == "sources":
        return candidate_sources(project)
    if choices == "lists":
        layer = "recommendations"
        lists = (name for name, m in project.models.items() if m.layer == layer)
        return ("all", *sorted(lists))
    return tuple(_rows(project, choices.removeprefix("seed ")))


def candidate_sources(project: Project) -> tuple[str, ...]:
    """Return the sources that the project has a model of.

    cand_trending has source trending. A family of sources, such as cand_linear, lists
    them in its yml: accepted_values of its candidate_source.
    """
    names: set[str] = set()
    for name in project.models:
        if name.startswith("cand_") and name != "cand_all":
            names |= {*(family_of(project, name) or (name.removeprefix("cand_"),))}
    return tuple(sorted(names))


def family_of(project: Project, model: str) -> tuple[str, ...]:
    """Return the sources of a model that has several, none of another."""
    described = project.properties.get(model)
    for test in described.tests if described else ():
        if (test.column, test.kind) == ("candidate_source", "accepted_values"):
            return tuple(test.arguments["values"])
    return ()


def metric_definitions(project: Project) -> dict[str, dict[str, str]]:
    """Return the rows of seed metric_definitions by metric."""
    return _rows(project, "metric_definitions")


def experiment_kinds(project: Project) -> dict[str, str]:
    """Return proportion, mean or ratio for each metric of experiments."""
    rows = _rows(project, "experiment_metrics")
    return {metric: row["kind"] for metric, row in rows.items()}


def _rows(project: Project, seed: str) -> dict[str, dict[str, str]]:
    """Return the rows of a seed by their first column."""
    with project.seeds[seed].open(encoding="utf-8", newline="") as file:
        return {next(iter(row.values())): row for row in csv.DictReader(file)}


def rising_metrics(project: Project) -> frozenset[str]:
    """Return the metrics of which more is better."""
    metrics = metric_definitions(project).items()
    return frozenset(n for n, row in metrics if row["higher_is_better"] == "true")


def metric_label(metric: str, k: int) -> str:
    """Return a metric as people write it; k is 0 where no list is cut.

    >>> metric_label("ndcg", 10), metric_label("rmse", 0)
    ('ndcg@10', 'rmse')
    """
    return f"{metric}@{k}" if k else metric

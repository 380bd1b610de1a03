"""Vars that exclude each other, and the words a project gives vars to choose from."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from recsql.config.project import Project
from recsql.errors import ProjectError, did_you_mean, first_line
from recsql.redaction import has_secret

STORAGE = re.compile(r"v\d+\.\d+\.\d+|latest")
RESERVED = ("main", "temp", "information_schema", "pg_catalog", "recsql")
TYPES_OF_EVENTS = (
    "decay_days",
    "half_life_days",
    "order_event_types",
    "cart_event_types",
    "uncart_event_types",
    "returned_event_types",
    "event_words",
)
ID_TYPE = re.compile(
    r"(?i)u?(tiny|small|big|huge)?int(eger)?|int(1|2|4|8|128)|long|short|uuid|"
    r"(varchar|char|text|string)(\(\d+\))?"
)
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
    for name in ("user_id_type", "item_id_type"):
        kind = project.vars[name]
        if kind and not ID_TYPE.fullmatch(str(kind)):
            raise ProjectError(
                f"{project.entry(name)}: ids are integers, text or UUIDs, such as "
                f"bigint, varchar or uuid. Seen: {kind}."
            )
    try:
        pattern = project.vars["not_item_pattern"]
        duckdb.execute("select regexp_matches('', ?)", [pattern]).fetchall()
    except duckdb.Error as error:
        raise ProjectError(
            f"{project.entry('not_item_pattern')}: {pattern}: it is no regular "
            f"expression: {first_line(error).partition(': ')[2]}."
        ) from None


def require_types(project: Project) -> None:
    """Refuse settings that are said of types of events that weigh nothing.

    Raises:
        ProjectError: names the var, the type and those that there are.
    """
    returns = project.vars["return_event_types"]
    known = [*project.vars["event_weights"], *returns]
    for name in TYPES_OF_EVENTS:
        given = project.vars[name]
        if name not in project.own_vars or not isinstance(given, list | dict):
            continue
        for kind in given:
            if kind not in known:
                hint = did_you_mean(str(kind), known)
                raise ProjectError(
                    f'{project.entry(name)}: no event of type "{kind}" counts: '
                    f"event_weights lists {', '.join(map(str, known))}.{hint}"
                )
    for kind in returns:
        if kind in project.vars["order_event_types"]:
            raise ProjectError(
                f'{project.entry("return_event_types")}: "{kind}" is in '
                "order_event_types, too. Events of a type are taken or given back."
            )


def require_embedding(project: Project) -> None:
    """Refuse a source embedding that would have no vectors.

    Raises:
        ProjectError: names the var, and what it needs.
    """
    given = project.vars
    kind, listed = given["embed"], given["candidate_sources"]
    if "embedding" not in listed or kind in (None, "lsa"):
        return
    if kind == "mapped":
        if given["items"].get("embedding") is None:
            raise ProjectError(
                f"{project.entry('embed')}: mapped: var items maps no embedding. "
                "Add one, such as embedding: vector, or let embed be lsa."
            )
    elif kind == "static":
        folder = given["embed_folder"]
        if folder is None or not Path(folder).is_absolute():
            hint = f" Write {Path(folder).absolute()}?" if folder else ""
            raise ProjectError(
                f"{project.entry('embed_folder')}: embed: static needs the whole path "
                f"of a folder with a model. Seen: {folder or 'nothing'}.{hint}"
            )
    elif kind not in listed:
        raise ProjectError(
            f"{project.entry('embed')}: {kind}: var candidate_sources does not list "
            f'it, so nothing learns its factors. Add "{kind}" there.'
        )


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

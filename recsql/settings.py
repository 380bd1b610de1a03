"""Vars that are one of a few words or exclude each other, checked before rendering."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from typing import Any

from recsql.errors import ProjectError, did_you_mean, either
from recsql.project import Project

SIMILARITIES = (
    *("cosine", "tfidf", "bm25"),
    *("jaccard", "lift", "conditional", "asymmetric"),
)
CHOICES: dict[str, tuple[str | None, ...]] = {
    "content_weighting": ("tfidf", "bm25"),
    "eval_segments": ("orders", "region", "user group"),  # any number of them
    "eval_split": ("time", "last_n", "random", "users", "column"),
    "ease_weights": ("decayed", "binary"),
    "graph_filter_weights": ("decayed", "binary"),
    "svd_weights": ("decayed", "binary"),
    "popularity": ("users", "window", "decayed", "trending"),
    "knn_similarity": SIMILARITIES,
    "knn_truncation": ("source", "target"),
    "publish_also": ("parquet", "database", "postgres"),  # any number of them
    "repeated_lines": ("exact", "sum", "latest"),
    "sar_similarity": ("jaccard", "lift", "count"),
    "user_knn_similarity": SIMILARITIES,
    "weight_column": (None, "rating", "quantity", "amount"),
    "weight_scale": ("raw", "log", "binary", "threshold"),
    "similar_items": ("als", "feature_als", "bpr", "lmf", "svd"),  # any number of them
    "zero_amounts": ("keep", "reject"),
}

RUNNER_VARS = frozenset(  # read by the runner, by no model
    {
        *("keep_versions", "parquet_partitions", "parquet_row_group_rows"),
        *("metrics_file", "on_failure", "on_publish"),
        *("publish_also", "publish_database", "publish_postgres", "publish_schema"),
        *("report_items", "report_users"),
    }
)


def require_settings(project: Project) -> None:
    """Refuse a var that no model can use.

    Raises:
        ProjectError: names the var, what was seen and what it may be.
    """
    metrics = _metrics(project)
    evaluation = {"eval_metrics": metrics, "eval_compared_metrics": metrics}
    for name, choices in {**CHOICES, **evaluation}.items():
        given = project.vars[name]
        for seen in given if isinstance(given, list) else [given]:
            if seen in choices:
                continue
            words = [str(choice) for choice in choices if choice is not None]
            hint = did_you_mean(str(seen), words) or f" It may be {either(choices)}."
            raise ProjectError(f'vars: {name}: there is no "{seen}".{hint}')
    if None not in (project.vars["decay_days"], project.vars["half_life_days"]):
        raise ProjectError(
            "vars: decay_days and half_life_days say the same in two ways; set one of "
            "them to null."
        )
    _require_publishing(project.vars)


def _require_publishing(given: Mapping[str, Any]) -> None:
    for name in ("keep_versions", "parquet_row_group_rows"):
        if type(given[name]) is not int or given[name] < 1:
            raise ProjectError(f"vars: {name}: {given[name]!r} is no number from 1 on.")
    for name in ("database", "postgres"):
        if name in given["publish_also"] and not given[f"publish_{name}"]:
            raise ProjectError(
                f"vars: publish_also lists {name}: say where, in publish_{name}."
            )


def _metrics(project: Project) -> tuple[str, ...]:
    """Return the names that seed metric_definitions explains."""
    with project.seeds["metric_definitions"].open(encoding="utf-8", newline="") as file:
        return tuple(row["metric"] for row in csv.DictReader(file))

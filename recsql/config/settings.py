"""Vars that are one of a few words or exclude each other, checked before rendering."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from typing import Any

from recsql.config.project import Project
from recsql.errors import ProjectError, did_you_mean, either

SIMILARITIES = (
    *("cosine", "tfidf", "bm25"),
    *("jaccard", "lift", "conditional", "asymmetric"),
)
CHOICES: dict[str, tuple[str | None, ...]] = {
    "content_weighting": ("tfidf", "bm25"),
    "eval_segments": ("orders", "region", "user group"),  # any number of them
    "eval_truth": ("all", "listable"),
    "eval_split": ("time", "last_n", "random", "users", "column"),
    "ease_weights": ("decayed", "binary"),
    "graph_filter_weights": ("decayed", "binary"),
    "svd_weights": ("decayed", "binary"),
    "popularity": ("users", "window", "decayed", "trending"),
    "knn_similarity": SIMILARITIES,
    "knn_truncation": ("source", "target"),
    "publish_also": ("parquet", "database", "postgres"),  # any number of them
    "rating_models": ("baseline", "item_knn"),  # any number of them
    "repeated_lines": ("exact", "sum", "latest"),
    "sar_similarity": ("jaccard", "lift", "count"),
    "user_knn_similarity": SIMILARITIES,
    "weight_column": (None, "rating", "quantity", "amount"),
    "weight_scale": ("raw", "log", "binary", "threshold"),
    "similar_items": ("als", "feature_als", "bpr", "lmf", "svd"),  # any number of them
    "zero_amounts": ("keep", "reject"),
}

MEASURES = ("event_type", "item_popularity", "weight", "factor_norm", "list_overlap")
TABLES = ("events", "items", "exposures")
LIMITED = {
    **dict.fromkeys(("drift_warn", "drift_fail"), MEASURES),
    **dict.fromkeys(("freshness_warn", "freshness_fail"), TABLES),  # or events.view ...
}

OFFSET = re.compile(r":\d\d.*[+-](?!00(:?00)?$)\d\d(:?\d\d)?$")
SQL_TYPE = re.compile(r"[A-Za-z]\w*(\([\d, ]+\))?")

RUNNER_VARS = frozenset(  # read by the runners, by no model
    {
        *("keep_refreshes", "keep_versions", "max_extra_share"),
        *("parquet_partitions", "parquet_row_group_rows"),
        *("metrics_file", "on_failure", "on_publish"),
        *("publish_also", "publish_database", "publish_postgres", "publish_schema"),
        *("user_id_type", "item_id_type"),
        *("report_items", "report_users"),
    }
)


def require_settings(project: Project) -> None:
    """Refuse a var that no model can use.

    Raises:
        ProjectError: names the var, what was seen and what it may be.
    """
    metrics = tuple(metric_definitions(project))
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
    for name in ("user_id_type", "item_id_type"):
        given = project.vars[name]
        if given is not None and not SQL_TYPE.fullmatch(str(given)):
            raise ProjectError(
                f"vars: {name}: {given!r} is no SQL type. Use for example bigint, "
                "varchar or uuid."
            )
    _require_monitoring(project.vars)
    for name in ("as_of", "fold_in_after"):
        if OFFSET.search(str(project.vars[name])):
            raise ProjectError(
                f"vars: {name}: {project.vars[name]} has an offset. Give the moment in "
                "UTC, without one."
            )


def _require_monitoring(given: Mapping[str, Any]) -> None:
    for name, known in LIMITED.items():
        for key, limit in given[name].items():
            if key.split(".")[0] not in known or not isinstance(limit, int | float):
                raise ProjectError(
                    f"vars: {name}: {key}: {limit!r} is no limit. It takes numbers of "
                    f"{either(known)}."
                )
    if not 0 < given["drift_persistence"] < 1:
        raise ProjectError("vars: drift_persistence must lie between 0 and 1.")
    moved = given["refit_drift"]
    if moved is not None and not 0 < moved <= 1:
        raise ProjectError(f"vars: refit_drift: {moved!r} is no share above 0.")
    clip = given["eval_policy_clip"]
    if clip is not None and not clip > 0:
        raise ProjectError(f"vars: eval_policy_clip: {clip!r} must be above 0.")


def _require_publishing(given: Mapping[str, Any]) -> None:
    whole = ("keep_refreshes", "drift_depth", "drift_users", "refit_every")
    for name in ("keep_versions", "parquet_row_group_rows", *whole):
        if type(given[name]) is not int or given[name] < 1:
            raise ProjectError(f"vars: {name}: {given[name]!r} is no number from 1 on.")
    for name in ("database", "postgres"):
        if name in given["publish_also"] and not given[f"publish_{name}"]:
            raise ProjectError(
                f"vars: publish_also lists {name}: say where, in publish_{name}."
            )


def metric_definitions(project: Project) -> dict[str, dict[str, str]]:
    """Return the rows of seed metric_definitions by metric."""
    with project.seeds["metric_definitions"].open(encoding="utf-8", newline="") as file:
        return {row["metric"]: row for row in csv.DictReader(file)}


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

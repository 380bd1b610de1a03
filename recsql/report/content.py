"""What the page of `recsql report` says: headline, figures, findings, choices."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from graphlib import CycleError, TopologicalSorter
from itertools import groupby
from math import inf
from typing import Any

from recsql.report.data import Answers, Model, Part
from recsql.report.findings import KINDS, findings, kinds_of, measured, thresholds
from recsql.report.summary import changes, headline, lights, to_do
from recsql.terminal.advice import advice_of

SECTIONS = {
    "quality": "Quality",
    "orders": "By orders",
    "tradeoffs": "Trade-offs",
    "sources": "Sources",
    "popularity": "Popularity",
    "experiments": "Experiments",
    "policies": "Policies",
    "runs": "Over time",
    "versions": "Versions",
    "drift": "Drift",
    "users": "Users",
    "items": "Items",
    "models": "Models",
    "about": "About",
}
ESTIMATORS = [("snips", "SNIPS, steadier"), ("ips", "IPS, right on average")]
DRIFT = (
    ("psi", "How much counts differ", "Population stability index; 0: not at all."),
    ("rbo", "How much lists are the same", "Rank-biased overlap; 1: wholly."),
)
FACTS = {
    "version": "version",
    "published_at": "published at (UTC)",
    "run_id": "run",
    "first_event_at": "first event",
    "last_event_at": "last event",
    "git_commit": "commit of the project",
    "recsql_version": "recsql",
    "duckdb_version": "DuckDB",
}
NEWCOMERS = "new users"
RATINGS = "predicted ratings"
Row = dict[str, Any]


def content_of(answers: Answers) -> Mapping[str, Any]:
    """Return what the template shows, by name."""
    parts, manifest = answers.parts, answers.manifest
    experiments = groupby(
        parts["experiments"].dicts, lambda row: (row["experiment"], row["variant"])
    )
    drift = list(_drift(answers))
    policies = parts["policies"].dicts
    there = {**dict.fromkeys(SECTIONS, True), "drift": drift, "policies": policies}
    there["versions"] = answers.before is not None
    return {
        "project": answers.project.name,
        "parts": parts,
        "manifest": manifest,
        "build_is_read": answers.build_is_read,
        "sections": [s for s in SECTIONS.items() if there[s[0]]],
        "drift": drift,
        "policies": policies,
        "places": [(x, x) for x in dict.fromkeys(row["places"] for row in policies)],
        "estimators": ESTIMATORS,
        "refreshes": answers.parts.get("refreshes", Part()).dicts,
        "headline": headline(answers),
        "lights": lights(answers),
        "changes": list(changes(answers)),
        "to_do": list(to_do(answers)),
        "before": answers.before,
        "changed_tables": [r for r in parts["diff_tables"].dicts if r["difference"]],
        **_quality(answers),
        "surfaces": _by_surface(answers, "ranks"),
        "experiments": [(key, list(rows)) for key, rows in experiments],
        "user_count": len({row["user_id"] for row in parts["lists"].dicts}),
        "item_count": len({row["item_id"] for row in parts["pages"].dicts}),
        "models": answers.models,
        "layers": _layers(answers),
        "facts": [
            {"name": name, "value": manifest[key]} for key, name in FACTS.items()
        ],
        "tables": _tables(answers),
        "vars_text": json.dumps(manifest["vars"], indent=2, sort_keys=True),
        "written_at": datetime.now(UTC),
    }


def _quality(answers: Answers) -> Mapping[str, Any]:
    """Return what is said of backtests."""
    parts = answers.parts
    metrics = list(dict.fromkeys(row["metric"] for row in _ranked(answers)))
    main_metric = _main_metric(answers, metrics)
    kinds = kinds_of(answers)
    seen = {row["allow_repeat"] for row in parts["metrics"].dicts}
    names = {row["metric_name"] for row in parts["metrics"].dicts}
    return {
        "tiles": list(_tiles(answers, main_metric)),
        "measured": measured(answers),
        "findings": list(findings(answers)),
        "thresholds": list(thresholds(answers)),
        "advice": advice_of(answers.project, parts["suggestions"].dicts),
        "min_orders": answers.project.vars["personal_min_orders"],
        "formulas": [(n, text) for n, text in answers.formulas.items() if n in names],
        "metric_choices": [(metric, metric) for metric in metrics],
        "main_metric": main_metric,
        "kind_choices": [(kind, text) for kind, text in kinds.items() if kind in seen],
        "main_kind": next((kind for kind in kinds if kind in seen), ""),
        "metric_tables": list(_metric_tables(answers, metrics, main_metric)),
        "last_run": next(iter(parts["runs"].dicts), None),
        "order_rows": [
            row for row in parts["segments"].dicts if row["segment_kind"] == "orders"
        ],
    }


def _ranked(answers: Answers) -> list[Row]:
    """Return the figures, metrics in the order of var eval_metrics."""
    order = {name: i for i, name in enumerate(answers.project.vars["eval_metrics"])}
    return sorted(
        answers.parts["metrics"].dicts,
        key=lambda row: (row["k"] or inf, order.get(row["metric_name"], len(order))),
    )


def _main_metric(answers: Answers, metrics: Sequence[str]) -> str:
    """Return the metric that lists are compared by, at the largest k."""
    for name in answers.project.vars["eval_compared_metrics"]:
        for metric in reversed(metrics):
            if metric.partition("@")[0] == name:
                return metric
    return metrics[0] if metrics else ""


def _layers(answers: Answers) -> list[tuple[str, list[Model]]]:
    """Return the layers with their models, each below all layers that it reads."""
    layers = {model.name: model.layer for model in answers.models}
    reads: dict[str, set[str]] = {layer: set() for layer in ("seeds", *layers.values())}
    for model in answers.models:
        reads[model.layer] |= {layers[name] for name in model.parents} - {model.layer}
    try:
        order = list(TopologicalSorter(reads).static_order())
    except CycleError:  # a project's own folders may read each other
        order = list(reads)
    return [
        (layer, [model for model in answers.models if model.layer == layer])
        for layer in order
    ]


def _drift(answers: Answers) -> Iterator[tuple[str, str, str, list[Row]]]:
    """Yield the charts of drift, once there are two refreshes to compare."""
    rows = answers.parts.get("drift", Part()).dicts
    for statistic, title, text in DRIFT:
        own = [row for row in rows if row["statistic"] == statistic]
        if own:
            yield statistic, title, text, own


def _by_surface(answers: Answers, part: str) -> list[tuple[str, list[Row]]]:
    """Return the rows of each surface, surfaces in the order of their var."""
    rows = answers.parts[part].dicts
    names = [surface["name"] for surface in answers.project.vars["surfaces"]]
    found = [(name, [row for row in rows if row["surface"] == name]) for name in names]
    return [(name, own) for name, own in found if own]


def _tiles(answers: Answers, metric: str) -> Iterator[tuple[str, str, str]]:
    """Yield the figures on top: name, figure, and what it is of."""
    for row in answers.parts["metrics"].dicts:
        if row["metric"] == metric and row["is_surface"]:
            low, high = row["interval_low"], row["interval_high"]
            between = f"{low:.4f} to {high:.4f}, " if low is not None else ""
            text = f"{between}{KINDS[row['allow_repeat']]}"
            yield f"{metric}, {row['list_name']}", f"{row['metric_value']:.4f}", text
    for _, (row,) in _by_surface(answers, "surfaces"):
        share = f"{row['catalogue_coverage']:.1%} of the catalogue".replace("%", " %")
        yield f"Items on surface {row['surface']}", f"{row['item_count']:,}", share
    tables = answers.manifest["tables"]
    yield "Published rows", f"{sum(tables.values()):,}", f"in {len(tables)} tables"


def _metric_tables(
    answers: Answers, metrics: Sequence[str], main_metric: str
) -> Iterator[Row]:
    """Yield a table for each kind of items, and for predicted ratings.

    It has a line for each list, a cell per metric.
    """
    rows = _ranked(answers)
    names = kinds_of(answers)
    kinds = [(t, [r for r in rows if r["allow_repeat"] == k]) for k, t in names.items()]
    tables = [(title, [row for row in own if row["k"]]) for title, own in kinds]
    for title, own in (*tables, (RATINGS, [row for row in rows if not row["k"]])):
        cells: dict[str, dict[str, Row]] = {}
        for row in own:
            cells.setdefault(row["list_name"], {})[row["metric"]] = row
        used = [m for m in metrics if any(m in line for line in cells.values())]
        best = {m: _best(answers, m, cells.values()) for m in used}
        mains = {name: line.get(main_metric) for name, line in cells.items()}
        values = {name: main["metric_value"] for name, main in mains.items() if main}
        if used:
            yield {
                "title": title.capitalize(),
                "metrics": used,
                "lines": [
                    {
                        "name": name,
                        "is_surface": any(c["is_surface"] for c in line.values()),
                        "users": (mains[name] or next(iter(line.values())))[
                            "user_count"
                        ],
                        "cells": [_cell(line.get(m), best[m]) for m in used],
                    }
                    for name, line in sorted(
                        cells.items(), key=lambda c: (-values.get(c[0], -1), c[0])
                    )
                ],
            }


def _best(
    answers: Answers, metric: str, lines: Iterable[Mapping[str, Row]]
) -> float | None:
    """Return the best figure of a metric, that for new users apart."""
    cells = [line[metric] for line in lines if metric in line]
    figures = [c["metric_value"] for c in cells if c["list_name"] != NEWCOMERS]
    choose = max if cells[0]["metric_name"] in answers.rising else min
    return choose(figures, default=None)


def _cell(cell: Row | None, best: float | None) -> Row | None:
    if cell is None:
        return None
    is_known = cell["list_name"] != NEWCOMERS
    return {**cell, "is_best": is_known and cell["metric_value"] == best}


def _tables(answers: Answers) -> list[Row]:
    return [
        {
            "name": name,
            "rows": rows,
            "description": answers.descriptions[name].removeprefix("One row per "),
        }
        for name, rows in sorted(answers.manifest["tables"].items())
    ]

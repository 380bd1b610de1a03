"""What a backtest advises: gains with intervals, and the YAML to paste."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from recsql.config.project import Project
from recsql.config.settings import metric_label
from recsql.evaluation.results import Suggestion


def advice(project: Project, suggestions: Sequence[Suggestion]) -> list[str]:
    """Return a line per surface, and where something is clearly better, the YAML."""
    entries = {entry["name"]: entry for entry in project.vars["surfaces"]}
    known = [found for found in suggestions if found.surface in entries]
    lines = [_sentence(found, entries[found.surface]) for found in known]
    silent = [name for name in entries if name not in {f.surface for f in known}]
    if silent:
        lines.append(
            f"no alternative was measured to {', '.join(silent)}: what sources alone "
            "would show is not what rules, filters, caps or repeats leave"
        )
    clear = {found.surface: found for found in known if found.is_clear}
    if clear:
        lines += ["in dbt_project.yml:", *surfaces_yaml(project, clear)]
    return lines


def advice_of(project: Project, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the same for rows of query report_suggestions."""
    return advice(project, [Suggestion(**row) for row in rows]) if rows else []


def surfaces_yaml(project: Project, clear: Mapping[str, Suggestion]) -> list[str]:
    """Return var surfaces with what is clearly better, as lines of dbt_project.yml."""
    import yaml

    surfaces = [
        _changed(entry, clear[entry["name"]]) if entry["name"] in clear else entry
        for entry in project.vars["surfaces"]
    ]
    text = yaml.safe_dump(
        {"vars": {"surfaces": surfaces}},
        sort_keys=False,
        default_flow_style=None,
        width=88,
        allow_unicode=True,
    )
    return text.splitlines()


def _changed(entry: Mapping[str, Any], found: Suggestion) -> dict[str, Any]:
    others = [name for name in entry["personal"] if name != found.list_name]
    changed = {**entry, "personal": [found.list_name, *others]}
    for key in ("strategy", "weights", "blend_by"):
        changed.pop(key, None)
    return {**changed, "min_orders": found.min_orders}


def _sentence(found: Suggestion, entry: Mapping[str, Any]) -> str:
    label = metric_label(found.metric, found.k)
    orders = "order" if found.min_orders == 1 else "orders"
    what = f"{found.list_name} first from {found.min_orders} {orders} on"
    if entry["fallback"] and found.min_orders > 1:
        what += f", before that {entry['fallback'][0]}"
    figures = (
        f"{label} {found.surface_value:.4f} {found.gain:+.4f} "
        f"({found.low:+.4f} to {found.high:+.4f}, which holds for all "
        f"{found.alternatives} alternatives at once)"
    )
    if found.is_clear:
        return f"surface {found.surface}: show {what}: {figures}"
    return (
        f"surface {found.surface}: leave it; the best alternative is not clearly "
        f"better: {what}: {figures}"
    )


def unlistable(shares: Mapping[str, float]) -> str:
    """Say how much of what was taken no list could hold, and why; or nothing.

    >>> unlistable({"blocked for the user": 0.25, "of items that no model knew": 0.0})
    'no list could hold 25.0% of what was taken: 25.0% blocked for the user'
    """
    reasons: Iterable[str] = (
        f"{share:.1%} {reason}" for reason, share in shares.items() if share
    )
    total = sum(shares.values())
    if not total:
        return ""
    return f"no list could hold {total:.1%} of what was taken: {', '.join(reasons)}"

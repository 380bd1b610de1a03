"""What `recsql diff --base` says, for people, pull requests and programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from recsql.questions.gate import Gate
from recsql.questions.shows import Shown
from recsql.terminal.console import Console
from recsql.terminal.tables import cell

COLUMNS = ("table", "column", "change", "exposures")
METRICS = "Metrics of the lists, of the same users, with intervals of the difference"
Section = tuple[str, Sequence[str], Sequence[Sequence[Any]], str]


def sections(gate: Gate) -> Iterator[Section]:
    """Yield a title, columns, rows and what is said where there are none."""
    yield (
        "Models that changed, and who reads them",
        ("model", "change", "public tables", "exposures"),
        [(m.name, m.how, _some(m.tables), _some(m.readers)) for m in gate.models],
        "no model changed",
    )
    yield "Columns", COLUMNS, gate.columns, "all columns are as they were"
    if gate.metrics is None:
        nothing = "not measured: --last 0d, or no event is older than these days"
        yield "Metrics", (), (), nothing
    else:
        yield METRICS, gate.metrics.headers, gate.metrics.rows, "no surface in both"
    for title, shown, nothing in (
        ("Lists by surface", gate.surfaces, "no list in either"),
        ("Users whose lists changed most", gate.users, "no list changed"),
        ("Items in lists of one only", gate.items, "the same items are in lists"),
        ("The ten lists that changed most", gate.lists, "no list changed"),
    ):
        yield title, shown.headers, shown.rows, nothing


def verdict(gate: Gate) -> str:
    """Return the change in a sentence."""
    users = _sum(gate.surfaces, "changed_users"), _sum(gate.surfaces, "users")
    before, now = gate.seconds
    return (
        f"{len(gate.models)} models changed; {users[0]:,} of {users[1]:,} lists are "
        f"not as at {gate.base}; models took {now:.1f} s instead of {before:.1f} s and "
        f"hold {gate.rows[1]:,} rows instead of {gate.rows[0]:,}."
    )


def _sum(shown: Shown, column: str) -> int:
    place = shown.headers.index(column)
    return sum(row[place] for row in shown.rows)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more


def print_gate(console: Console, gate: Gate) -> None:
    """Print it as tables."""
    console.line(verdict(gate))
    for title, headers, rows, nothing in sections(gate):
        console.line()
        if rows:
            console.table(headers, rows, title)
        else:
            console.line(nothing)


def as_markdown(gate: Gate) -> str:
    """Return it as a comment of a pull request."""
    parts = [f"## recsql: this change against `{gate.base}`", verdict(gate)]
    parts += [f"- **limit passed**: {sentence}" for sentence in gate.broken]
    for title, headers, rows, nothing in sections(gate):
        if not rows:
            parts.append(f"{title}: {nothing}.")
            continue
        lines = [_row(headers), _row(["---"] * len(headers)), *map(_row, rows)]
        table = "\n".join(lines)
        summary = f"<summary>{title} ({len(rows)})</summary>"
        parts.append(f"<details>{summary}\n\n{table}\n\n</details>")
    return "\n\n".join(parts)


def _row(values: Sequence[Any]) -> str:
    cells = (cell(value).replace("|", "\\|").replace("<", "&lt;") for value in values)
    return f"| {' | '.join(cells)} |"


def as_json(gate: Gate) -> str:
    """Return it as one object."""
    content = {
        "base": gate.base,
        "verdict": verdict(gate),
        "limits_passed": gate.broken,
        "seconds": dict(zip(("base", "now"), gate.seconds, strict=True)),
        "rows": dict(zip(("base", "now"), gate.rows, strict=True)),
        "models": [vars(model) for model in gate.models],
        "columns": [dict(zip(COLUMNS, row, strict=True)) for row in gate.columns],
        "metrics": gate.metrics and gate.metrics.as_arrow().to_pylist(),
    }
    for name in ("surfaces", "users", "items", "lists"):
        content[name] = getattr(gate, name).as_arrow().to_pylist()
    return json.dumps(content, default=str, ensure_ascii=False)

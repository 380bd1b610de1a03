"""What `recsql diff` prints: how lists, users, items and tables changed."""

from __future__ import annotations

from recsql.questions.queries import Difference
from recsql.questions.shows import Shown
from recsql.terminal.console import Console


def print_difference(console: Console, found: Difference, depth: int) -> None:
    """Print what changed in four tables; what did not is said in a line."""
    older, newer = found.older, found.newer
    console.line(
        f"version {newer['version']} of {newer['published_at']} against version "
        f"{older['version']} of {older['published_at']}"
    )
    title = f"Lists, by their first {depth} places (overlap: 1 is unchanged)"
    surfaces, alike = _changed(found.surfaces)
    nothing = "no list changed" if alike else "no list in either version"
    _print(console, title, surfaces, nothing)
    if alike and surfaces.rows:
        console.line(f"unchanged: {', '.join(alike)}")
    _print(console, "Users whose lists changed most", found.users, "no list changed")
    title = "Items that are in lists of one version only"
    _print(console, title, found.items, "the same items are in lists")
    changed = [row for row in found.tables.rows if row[-1]]
    tables = Shown(found.tables.headers, tuple(changed))
    _print(console, "Tables", tables, "all tables have as many rows as before")


def _changed(surfaces: Shown) -> tuple[Shown, list[str]]:
    """Return the surfaces where a list came, went or changed, and the others' names."""
    counts = [
        surfaces.headers.index(f"{of}_users") for of in ("new", "lost", "changed")
    ]
    name = surfaces.headers.index("surface")
    rows = tuple(row for row in surfaces.rows if any(row[place] for place in counts))
    alike = [str(row[name]) for row in surfaces.rows if row not in rows]
    return Shown(surfaces.headers, rows), alike


def _print(console: Console, title: str, shown: Shown, nothing: str) -> None:
    console.line()
    if shown.rows:
        console.table(shown.headers, shown.rows, title)
    else:
        console.line(nothing)
